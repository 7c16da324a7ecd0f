"""What decides whether a block that was forecast before can be used."""

from models.forecast.walk_files import CODE, CODE_FILES, code_digest


def test_code_digest_changes_with_every_source_that_decides_what_is_forecast(tmp_path):
    paths = [
        *(tmp_path / folder / "one.py" for folder in CODE),
        *map(tmp_path.joinpath, CODE_FILES),
    ]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    digests = {code_digest(tmp_path)}
    for path in paths:
        path.write_text("A = 1")
        code_digest.cache_clear()
        digests.add(code_digest(tmp_path))
    assert len(digests) == 1 + len(paths)
    assert {"config", "data", "models/forecast", "models/compiled", "utils"} == set(CODE)

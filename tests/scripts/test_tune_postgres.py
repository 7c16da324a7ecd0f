"""scripts/tune.py on a PostgreSQL server: the password is used, and shown nowhere."""

from data.store import save_bars
from data.synthetic import synthetic_bars
from scripts import tuning
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.postgres import IN_URL, PASSWORD, running_server

SPACE = "only = true\n[env]\nlookback_window = { choices = [4, 8, 16] }\n"


def test_tune_on_a_server_shows_its_password_nowhere(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(tuning, "TUNING_DIR", tmp_path / "tuning")
    monkeypatch.setattr(tuning, "TRIALS_DIR", tmp_path / "trials")
    save_bars(synthetic_bars(3_600, "overreaction", seed=3), tmp_path / "b.parquet", {})
    (tmp_path / "search.toml").write_text(SPACE)
    words = ["--data", tmp_path / "b.parquet", "--search", tmp_path / "search.toml"]
    words += ["--algorithm", "DP", "--features", "rsi,roc", "--folds", 2, "--seeds", 0]
    with running_server() as url:
        outcome = run_script(capsys, "tune", *words, "--trials", 2, "--storage", url)
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        bare = url.replace(f":{IN_URL}", "")
        again = run_script(capsys, "tune", *words, "--trials", 3, "--storage", bare)
        monkeypatch.delenv("PGPASSWORD")
        refused = run_script(capsys, "tune", *words, "--trials", 3, "--storage", bare)
    assert outcome.exit_code == 0, outcome.err
    assert ":***@127.0.0.1" in outcome.out
    assert again.exit_code == 0, again.err
    assert "2 of 3 trials are there" in again.out
    assert_one_clear_line(refused, "cannot open `--storage postgresql", "no password supplied")
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    said = outcome.out + outcome.err + again.out + again.err + refused.err
    for secret in (PASSWORD, IN_URL):
        assert secret not in said
        assert secret.encode() not in written

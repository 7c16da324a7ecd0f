"""A finished fold on disk: one folder each, whole or not there, that is known again.

`model/` is a model directory as any other, `test_1/` and so on are the results of its test blocks,
`validation/` that of its validation rows, and `fold.json` says of which training it is.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backtest.fold_task import FoldJob, FoldOutcome
from backtest.result import BacktestResult
from backtest.result_files import read_result, result_files
from utils.errors import ArtifactError, ConfigError
from utils.files import sha256_of_bytes, write_directory_atomically
from utils.sealed_json import DIGEST, differences, digest_of, parsed_strictly, sealed_text

FOLD_FILE = "fold.json"
MODEL, VALIDATION, TEST = "model", "validation", "test_"
FILES, IDENTITY = "files", "identity"


def job_identity(job: FoldJob, bars_fingerprint: str) -> dict[str, Any]:
    """Return all that decides what comes of a job, as JSON values."""
    fold = job.fold
    rows = {"train": fold.train, "validation": fold.validation}
    identity = {
        "settings": job.settings.model_dump(mode="json"),
        "data_fingerprint": bars_fingerprint,
        "seed": job.seed,
        **{name: _bounds(span) for name, span in rows.items()},
        "tests": [_bounds(test) for test in fold.tests],
    }
    return dict(json.loads(json.dumps(identity)))


def write_outcome(folder: Path, outcome: FoldOutcome, identity: Mapping[str, Any]) -> None:
    """Write a finished fold into `folder`, in one step.

    Raises:
        ConfigError: If the folder exists with content or cannot be written.
    """
    files = _files_of(outcome)
    hashes = {name: sha256_of_bytes(content) for name, content in files.items()}
    content = {IDENTITY: identity, FILES: hashes, "number": outcome.number, "seed": outcome.seed}

    def fill(target: Path) -> None:
        for name, data in files.items():
            (target / name).parent.mkdir(exist_ok=True)
            (target / name).write_bytes(data)
        (target / FOLD_FILE).write_text(sealed_text(content), encoding="utf-8")

    write_directory_atomically(folder, fill)


def read_outcome(folder: Path, identity: Mapping[str, Any]) -> FoldOutcome:
    """Return a fold that was finished before.

    Args:
        folder: As `write_outcome` left it.
        identity: Of the job that is asked for.

    Raises:
        ArtifactError: If a file is missing, edited or damaged.
        ConfigError: If it is of another training; names the first thing that differs.
    """
    content = _described(folder)
    for name, stored, here in differences(content[IDENTITY], identity):
        raise ConfigError(
            f"`{folder}` is of another run: `{name}` was {_short(stored)} there, is {_short(here)} "
            f"here; give what it was, or choose another --out"
        )
    parts: dict[str, dict[str, bytes]] = {}
    for name, expected in content[FILES].items():
        part, file = name.split("/")
        parts.setdefault(part, {})[file] = _verified(folder, name, expected)
    tests = sorted((part for part in parts if part.startswith(TEST)), key=_number_of)
    return FoldOutcome(
        name=folder.name,
        number=content["number"],
        seed=content["seed"],
        validation=_read(parts, VALIDATION, folder) if VALIDATION in parts else None,
        results=tuple(_read(parts, test, folder) for test in tests),
        model=parts[MODEL],
    )


def _files_of(outcome: FoldOutcome) -> dict[str, bytes]:
    """Return all files of a fold by their paths in its folder."""
    results = {f"{TEST}{number}": one for number, one in enumerate(outcome.results, start=1)}
    if outcome.validation is not None:
        results[VALIDATION] = outcome.validation
    files = {f"{MODEL}/{name}": content for name, content in outcome.model.items()}
    for part, result in results.items():
        files |= {f"{part}/{name}": content for name, content in result_files(result).items()}
    return files


def _described(folder: Path) -> dict[str, Any]:
    where = folder / FOLD_FILE
    try:
        content = parsed_strictly(where.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(
            f"`{folder}` is no finished fold: `{FOLD_FILE}` cannot be read ({error}); remove it"
        ) from error
    if not isinstance(content, dict) or content.get(DIGEST) != digest_of(content):
        raise ArtifactError(f"`{where}` was edited or damaged; remove `{folder}`")
    return content


def _verified(folder: Path, name: str, expected: str) -> bytes:
    """Return the content of a file that has the listed hash."""
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"cannot read `{folder / name}`: {error.strerror}; remove `{folder}`"
        ) from error
    if sha256_of_bytes(content) != expected:
        raise ArtifactError(f"`{folder / name}` was changed or damaged; remove `{folder}`")
    return content


def _read(parts: Mapping[str, Mapping[str, bytes]], part: str, folder: Path) -> BacktestResult:
    return read_result(parts[part], str(folder / part))


def _number_of(part: str) -> int:
    return int(part.removeprefix(TEST))


def _bounds(span: slice | None) -> tuple[int, int] | None:
    return None if span is None else (span.start, span.stop)


def _short(value: Any) -> str:
    text = "not set" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."

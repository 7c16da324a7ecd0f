"""What a run of train.py was asked for, kept beside its checkpoints, so that it can be taken up.

Which weights it had is the checkpoints' business; here are settings, files and the bars'
fingerprint. Nothing of it is ever unpickled.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from config.settings import Settings, checked
from data.forecast_frame import content_fingerprint
from models.checkpoint import checkpoints_of, first_difference
from scripts.printing import OPTIONS, shown
from scripts.workflow import first_free
from utils.errors import ArtifactError, ConfigError, FuturesGymError
from utils.files import write_text_atomically
from utils.paths import CHECKPOINTS_DIR
from utils.provenance import code_provenance
from utils.sealed_json import DIGEST, digest_of, parsed_strictly, sealed_text

RUN_FILE = "run.json"
MAX_BYTES = 2**24
KEYS = frozenset(
    {
        "settings",
        "data",
        "other",
        "forecasts",
        "symbol",
        "out",
        "is_walk_forward",
        "has_tensorboard",
        "data_fingerprint",
        "code",
        DIGEST,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was asked for.

    Attributes:
        settings: All of them, resolved.
        data: The file of bars.
        other: The second market's.
        forecasts: Store of those that agents see.
        symbol: What the user asked to trade them as; None: as the file says.
        out: Where the model is to be saved.
        is_walk_forward: Whether fold by fold.
        has_tensorboard: Whether it is logged.
        data_fingerprint: Of the bars, and of the forecasts that are seen.
    """

    settings: Settings
    data: Path
    other: Path | None
    symbol: str | None
    out: Path
    is_walk_forward: bool
    has_tensorboard: bool
    data_fingerprint: str
    forecasts: Path | None = None


@contextmanager
def run_folder(run: Run) -> Iterator[Path]:
    """Make the folder of a new run's checkpoints, and remove it once the run has come to its end.

    It stays where the run was killed or interrupted, or failed after its first checkpoint.
    """
    folder = first_free(CHECKPOINTS_DIR / run.out.name)
    with removed_at_the_end(folder, run):
        write_run(folder, run)
        yield folder


def write_run(folder: Path, run: Run) -> None:
    """Keep in `folder` what was asked for."""
    write_text_atomically(folder / RUN_FILE, sealed_text(_content(run)))


@contextmanager
def removed_at_the_end(folder: Path, run: Run) -> Iterator[None]:
    """Remove a run's folder where the block ends well, or fails before anything is worth keeping.

    That is a checkpoint, or a finished fold.
    """
    try:
        yield
    except FuturesGymError:  # not an exit after a signal: that run can be taken up
        if not (_has_checkpoints(folder) or _has_folds(run)):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def read_run(folder: Path) -> Run:
    """Return what the run was asked for whose checkpoints lie in `folder`.

    Raises:
        ArtifactError: If that is no such folder, or what it says was edited or damaged.
    """
    where = folder / RUN_FILE
    if not where.is_file() or where.is_symlink() or where.stat().st_size > MAX_BYTES:
        raise ArtifactError(
            f"`--resume {folder}` is no folder of an unfinished run: it holds no `{RUN_FILE}`; "
            f"name one in `{shown(CHECKPOINTS_DIR)}`"
        )
    try:
        content = parsed_strictly(where.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"`{where}` is not valid JSON ({error}); train anew") from error
    if not isinstance(content, dict) or set(content) != KEYS:
        raise ArtifactError(f"`{where}` does not describe a run of train.py; train anew")
    if content[DIGEST] != digest_of(content):
        raise ArtifactError(f"`{where}` was edited or damaged; train anew")
    try:
        return _run_of(content, str(where))
    except (TypeError, ConfigError) as error:
        raise ArtifactError(f"`{where}`: {error}; train anew") from error


def check_settings(run: Run, folder: Path, asked: Settings) -> None:
    """Refuse options that contradict those of the run.

    Raises:
        ConfigError: Naming the first that does.
    """
    stored, here = (each.model_dump(mode="json") for each in (run.settings, asked))
    difference = first_difference(stored, here)
    if difference is None:
        return
    path, before, now = difference
    name = path.split(".")[-1]
    known_as = OPTIONS.get(name, name)
    raise ConfigError(
        f"`{known_as}` of the run in `{folder}` is {before!r}, asked for is {now!r}; leave the "
        f"option out, or train anew"
    )


def content_of(bars: pd.DataFrame, settings: Settings) -> str:
    """Return the fingerprint of what a run learns from: bars, and the forecasts that are seen."""
    return content_fingerprint(bars, settings.train.forecast_columns)


def check_bars(run: Run, bars: pd.DataFrame) -> None:
    """Refuse other bars or forecasts than those that the run began with.

    Raises:
        ConfigError: If their fingerprint differs.
    """
    found = content_of(bars, run.settings)
    if found != run.data_fingerprint:
        both = "" if run.forecasts is None else f" with `{shown(run.forecasts)}`"
        what = "the bars" if run.forecasts is None else "the bars and forecasts"
        raise ConfigError(
            f"`{shown(run.data)}`{both} does not hold {what} that the run began with: their "
            f"fingerprint must be {run.data_fingerprint[:12]}, was {found[:12]}; give them as they "
            f"were, or train anew"
        )


def _has_checkpoints(folder: Path) -> bool:
    inner = [path for path in folder.iterdir() if path.is_dir()]
    return any(checkpoints_of(each) for each in [folder, *inner])


def _has_folds(run: Run) -> bool:
    return run.is_walk_forward and run.out.is_dir() and any(run.out.iterdir())


def _content(run: Run) -> dict[str, Any]:
    return {
        "settings": run.settings.model_dump(mode="json"),
        "data": str(run.data.absolute()),
        "other": None if run.other is None else str(run.other.absolute()),
        "forecasts": None if run.forecasts is None else str(run.forecasts.absolute()),
        "symbol": run.symbol,
        "out": str(run.out.absolute()),
        "is_walk_forward": run.is_walk_forward,
        "has_tensorboard": run.has_tensorboard,
        "data_fingerprint": run.data_fingerprint,
        "code": code_provenance(),
    }


def _run_of(content: dict[str, Any], where: str) -> Run:
    return Run(
        settings=checked(Settings, content["settings"], where),
        data=Path(content["data"]),
        other=None if content["other"] is None else Path(content["other"]),
        forecasts=None if content["forecasts"] is None else Path(content["forecasts"]),
        symbol=content["symbol"],
        out=Path(content["out"]),
        is_walk_forward=content["is_walk_forward"],
        has_tensorboard=content["has_tensorboard"],
        data_fingerprint=content["data_fingerprint"],
    )

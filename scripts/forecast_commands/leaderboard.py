"""The command `forecast.py leaderboard`: every family walk-forward, beside the references."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from scripts.forecast_commands import options as opt

if TYPE_CHECKING:
    from models.forecast.leaderboard_line import LeaderboardLine

LINES = "leaderboard.json"


def leaderboard(
    data: opt.DataOption,
    families: Annotated[
        str | None,
        Option(
            help=f"Whom to compare, by commas: {opt.FAMILY_NAMES}.", show_default="all there are"
        ),
    ] = None,
    horizon: opt.HorizonOption = None,
    horizons: opt.HorizonsOption = None,
    features: opt.FeaturesOption = None,
    averages: opt.AveragesOption = None,
    train_sessions: opt.TrainSessionsOption = None,
    least_sessions: opt.LeastSessionsOption = None,
    refit_sessions: opt.RefitOption = None,
    seed: opt.SeedOption = None,
    workers: opt.WorkersOption = None,
    symbol: opt.SymbolOption = None,
    out: Annotated[
        Path | None,
        Option(help="Folder of the work; one begun is gone on with.", show_default="in var"),
    ] = None,
    as_json: opt.JsonOption = False,
) -> None:
    """Forecast DATA with every family, each block by what had learnt long before it, and score it.

    What was forecast is kept family by family and block by block: the same command again, or one
    of other families, does only what is missing.
    """
    given = dict(locals())
    from models.forecast.leaderboard import leaderboard as lines_of
    from models.forecast.leaderboard import promoted_family
    from scripts.ending import ending_cleanly
    from scripts.forecast_commands import walking
    from scripts.forecast_commands.loading import forecast_bars, work_folder
    from utils.files import canonical_json, write_text_atomically

    chosen = walking.families_asked(families)
    opt.forecast_settings(given, "MNQ")
    bars, traded = forecast_bars(data, symbol)
    settings = opt.forecast_settings(given, traded)
    folder = out or work_folder("leaderboard", data, settings)
    _check_own(folder)
    again = opt.same_command("leaderboard", given)
    with ending_cleanly(again, walking.BLOCKS_KEPT, is_quiet=as_json):
        walk = walking.return_walk(bars, settings, chosen, folder)
        walking.run_walk(walk, workers, is_quiet=as_json)
        lines = lines_of(walk)
    best = promoted_family(lines)
    found = {"lines": [line.as_dict() for line in lines], "promoted": best}
    full = [line.scores.as_dict() for line in lines]
    write_text_atomically(folder / LINES, canonical_json({**found, "scores": full}) + "\n")
    if as_json:
        walking.print_json_lines([*found["lines"], {"promoted": best, "default": settings.family}])
    else:
        _print(lines, best, settings.family)


def _check_own(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier leaderboard's work.

    Raises:
        ConfigError: Naming the first such thing.
    """
    from models.forecast.families import FAMILIES
    from utils.errors import ConfigError

    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"`--out {folder}` is a file; name a folder, new or an earlier one's")
    names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    strangers = [name for name in names if name not in {LINES, *FAMILIES} and name[0] != "."]
    if strangers:
        raise ConfigError(
            f"`--out {folder}` holds `{strangers[0]}`, which no leaderboard has made; choose a "
            "folder that is new, empty or an earlier leaderboard's"
        )


def _print(lines: Sequence["LeaderboardLine"], best: str | None, default: str) -> None:
    """Print a table per horizon, the verdicts, and which family is promoted."""
    from scripts.forecast_commands.tables import leaderboard_table, print_whole
    from scripts.printing import console

    for horizon in dict.fromkeys(line.horizon for line in lines):
        own = [line for line in lines if line.horizon == horizon]
        print_whole(leaderboard_table(own, console.width if console.is_terminal else None))
        for line in own:
            console.print(f"{line.family}, {horizon} bars: {line.words}", soft_wrap=True)
    console.print(_promotion(best, default))


def _promotion(best: str | None, default: str) -> str:
    if best is None:
        return (
            f"no family passes at every horizon: no significant gain; the default stays {default}"
        )
    if best == default:
        return f"promoted: {best}, which is the default already"
    return f"promoted: {best}; the default is {default} now"

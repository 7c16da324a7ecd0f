"""The command `features.py compute`: bars and features beside them, in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from scripts.features_commands.options import ModuleOption
from scripts.second_market import OtherOption

if TYPE_CHECKING:
    import pandas as pd

    from data.feature_set import FeatureSet

STORED_SUFFIX = ".parquet"

MAX_NAMED = 8
"""Columns that are named in full in one line."""


def compute(
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    out: Annotated[Path, Option(help="Parquet file to write.")],
    recipe: Annotated[
        str | None, Option(help="Recipes and features, comma-separated, e.g. momentum,atr.")
    ] = None,
    module: ModuleOption = None,
    other: OtherOption = None,
    symbol: Annotated[
        str | None, Option(help="What they are bars of, where the file does not say.")
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace OUT if it exists.")] = False,
) -> None:
    """Write the bars of DATA and the features of RECIPE, and all of a module's, to OUT.

    At bar t a feature uses bars <= t; rows in which it warms up are NaN. train.py takes the columns
    of a module by their names; live, where no file is, they cannot be computed.
    """
    from data.store import load_metadata, save_bars
    from scripts.features_commands.loading import checked_bars
    from scripts.printing import console, shown
    from scripts.second_market import OTHER_SYMBOL, beside, noted_symbol

    _check_out(out, [data] if other is None else [data, other], overwrite)
    features = _selected(recipe, module)
    bars, instrument = checked_bars(data, symbol)
    _check_length(data, len(bars), features)
    bars = beside(bars, features.specs, other)
    columns = _computed(features, bars)
    others = bars.drop(columns=[name for name in features.columns if name in bars.columns])
    notes = {"symbol": instrument.symbol, **load_metadata(data), "feature_set": features.hash}
    second = noted_symbol(other, data)
    save_bars(
        others.join(columns), out, notes if second is None else {**notes, OTHER_SYMBOL: second}
    )
    console.print(
        f"features: {len(features.names):,}, columns: {len(features.columns):,}, bars: "
        f"{len(bars):,}, of which the first {features.warm_up:,} warm up: {shown(out)}"
    )


def _check_out(out: Path, sources: list[Path], overwrite: bool) -> None:
    """Refuse, before any work, to write where something would be lost."""
    from utils.errors import ConfigError
    from utils.files import check_writable

    if out.resolve() in {source.resolve() for source in sources}:
        raise ConfigError(f"`--out {out}` is the file of bars itself; choose another name")
    if out.suffix != STORED_SUFFIX:
        raise ConfigError(f"`--out {out}` must end in {STORED_SUFFIX}, as what it holds")
    if out.exists() and not out.is_file():
        raise ConfigError(f"`--out {out}` is no ordinary file; choose another name")
    if out.exists() and not overwrite:
        raise ConfigError(f"`--out {out}` exists; add --overwrite, or choose another name")
    check_writable(out.parent, f"--out {out}")


def _selected(recipe: str | None, module: Path | None) -> "FeatureSet":
    """Return the features asked for, and all of the module's."""
    from data.feature_set import FeatureSet
    from data.features import FEATURES
    from data.user_features import load_user_features
    from utils.errors import ConfigError

    own = {} if module is None else load_user_features(module)
    asked = [] if recipe is None else [name.strip() for name in recipe.split(",")]
    names = [*asked, *(name for name in own if name not in asked)]
    if not names:
        raise ConfigError("say which features to compute: --recipe, e.g. mnq_default, or --module")
    return FeatureSet(names, table={**FEATURES, **own})


def _check_length(data: Path, n_bars: int, features: "FeatureSet") -> None:
    from utils.errors import DataError

    if n_bars <= features.warm_up:
        raise DataError(
            f"`{data}`: {n_bars:,} {'bar is' if n_bars == 1 else 'bars are'} too few, the features "
            f"need {features.warm_up:,} to warm up and one more; give more bars, or leave out what "
            "`features.py list` says warms up longest"
        )


def _computed(features: "FeatureSet", bars: "pd.DataFrame") -> "pd.DataFrame":
    """Return the columns, and say which of them tell nothing of these bars."""
    import pandas as pd

    from scripts.features_commands.loading import say_if_compiling
    from scripts.printing import console

    say_if_compiling(features)
    with console.status(f"computing {len(features.columns)} columns"):
        columns = pd.DataFrame(features.compute(bars), bars.index, features.columns)
    still = [str(name) for name in columns.columns[columns.min() == columns.max()]]
    if still:
        more = ", ..." if len(still) > MAX_NAMED else ""
        console.print(
            f"{len(still)} of {len(features.columns)} columns never change on these bars: "
            f"{', '.join(still[:MAX_NAMED])}{more}"
        )
    return columns

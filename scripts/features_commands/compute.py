"""The command `features.py compute`: bars and features beside them, in one file."""

from pathlib import Path
from typing import Annotated

from typer import Option

from scripts.features_commands.options import ModuleOption


def compute(
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    out: Annotated[Path, Option(help="Parquet file to write.")],
    recipe: Annotated[
        str | None, Option(help="Recipes and features, comma-separated, e.g. momentum,atr.")
    ] = None,
    module: ModuleOption = None,
    symbol: Annotated[str | None, Option(help="What they are bars of; the file may say.")] = None,
) -> None:
    """Write the bars of DATA and the features of RECIPE, and all of a module's, to OUT.

    At bar t a feature uses bars <= t; rows in which it warms up are NaN. train.py takes the columns
    of a module by their names; live, where no file is, they cannot be computed.
    """
    import pandas as pd

    from data.feature_set import FeatureSet
    from data.features import FEATURES
    from data.store import load_bars, load_metadata, save_bars
    from data.user_features import load_user_features
    from scripts.data_commands.common import instrument_of
    from scripts.printing import console, shown
    from utils.errors import ConfigError, DataError

    if out.resolve() == data.resolve():
        raise ConfigError(f"`--out {out}` is the file of bars itself; choose another name")
    own = {} if module is None else load_user_features(module)
    asked = [] if recipe is None else [name.strip() for name in recipe.split(",")]
    names = [*asked, *(name for name in own if name not in asked)]
    if not names:
        raise ConfigError("say which features to compute: --recipe, e.g. mnq_default, or --module")
    features = FeatureSet(names, table={**FEATURES, **own})
    notes = load_metadata(data)
    is_on_grid = notes.get("adjustment") != "ratio"
    bars = load_bars(data, instrument_of(data, symbol) if is_on_grid else None)
    if len(bars) <= features.warm_up:
        raise DataError(
            f"`{data}`: {len(bars):,} bars are too few, the features need {features.warm_up:,} to "
            "warm up and one more; give more bars, or leave out what `features.py list` says "
            "warms up longest"
        )
    with console.status(f"computing {len(features.columns)} columns"):
        columns = pd.DataFrame(features.compute(bars), bars.index, features.columns)
    others = bars.drop(columns=[name for name in features.columns if name in bars.columns])
    save_bars(others.join(columns), out, {**notes, "feature_set": features.hash})
    console.print(
        f"features: {len(features.names):,}, columns: {len(features.columns):,}, bars: "
        f"{len(bars):,}, of which the first {features.warm_up:,} warm up: {shown(out)}"
    )

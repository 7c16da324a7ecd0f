"""The option `--other`, alike in every script: the bars of a second market beside the first's.

How two frames are put side by side is left to data/second_frame.py; what is computed of the pair,
to data/indicators/second_market.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

if TYPE_CHECKING:
    import pandas as pd

    from data.indicators.spec import FeatureSpec
    from models.policy import TrainedPolicy

OtherOption = Annotated[
    Path | None, Option(help="Bars of a second market, e.g. ES beside NQ, for recipe `cross`.")
]

OTHER_SYMBOL = "other_symbol"
"""Where the notes of a file of both markets, and of a model that sees both, name the second."""


def beside(
    bars: "pd.DataFrame", specs: Sequence["FeatureSpec"], other: Path | None
) -> "pd.DataFrame":
    """Return `bars` with the columns of the second market, or as they are where there is none.

    Args:
        bars: Checked bars of the first market.
        specs: The features that are asked for.
        other: Parquet file of the second market's bars, of a size that divides the first's.

    Raises:
        ConfigError: If none of the features reads a second market.
        DataError: If the file cannot be read, or the two do not fit together.
    """
    from data.second_frame import align
    from scripts.printing import console, shown
    from utils.errors import ConfigError

    if other is None:
        return bars
    if not any(spec.needs_other for spec in specs):
        raise ConfigError(
            f"`--other {other}` is for features of two markets, and none of those asked for is: "
            "leave it out, or ask for some of recipe `cross` too"
        )
    both = align(bars, _bars_of(other))
    share = both["other_close"].notna().mean()
    console.print(
        f"beside {noted_symbol(other) or 'bars'} of {shown(other)}: {share:.1%} of the bars close "
        "with one of the second market",
        soft_wrap=True,
    )
    return both


def _bars_of(other: Path) -> "pd.DataFrame":
    """Return the second market's bars, on the tick grid of what its file notes, if it does."""
    from config.instruments import get_instrument
    from data.store import load_bars, load_metadata

    notes = load_metadata(other)
    symbol, is_on_grid = notes.get("symbol"), notes.get("adjustment") != "ratio"
    return load_bars(other, get_instrument(symbol) if symbol and is_on_grid else None)


def noted_symbol(other: Path | None, data: Path | None = None) -> str | None:
    """Return what the second market is noted as: by its own file, or by one of both markets."""
    from data.store import load_metadata

    if other is not None:
        return load_metadata(other).get("symbol")
    return None if data is None else load_metadata(data).get(OTHER_SYMBOL)


def check_same(
    agent: "TrainedPolicy", bars: "pd.DataFrame", other: Path | None, data: Path
) -> None:
    """Refuse bars without the second market that a model sees; warn where it is another one.

    Raises:
        ConfigError: If the model sees a second market, and neither `other` nor the bars bring one.
    """
    from data.second_frame import OTHER_COLUMNS
    from scripts.printing import console
    from utils.errors import ConfigError

    if not any(spec.needs_other for spec in agent.feature_set.specs):
        return
    trained = agent.provenance.get(OTHER_SYMBOL)
    if other is None and not set(OTHER_COLUMNS) <= set(bars.columns):
        which = "" if trained is None else f", {trained} in its training"
        raise ConfigError(
            f"the model sees a second market beside its own{which}: give its bars with --other FILE"
        )
    noted = noted_symbol(other, data)
    if None not in (trained, noted) and noted != trained:
        console.print(f"warning: the model was trained beside {trained}, this is {noted}")

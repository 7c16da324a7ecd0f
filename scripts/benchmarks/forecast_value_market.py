"""The markets on which agents with and without forecasts are compared, and who forecasts them.

Forecasts are out of fold, made walk-forward into a store. Bars before the first of them are left
out for every agent, so that those with and without forecasts learn from the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from config.forecast_settings import ForecastSettings
from config.instruments import get_instrument
from config.settings import DEFAULT_FEATURES
from data.forecast_columns import usual_columns
from data.forecast_store import ForecastStore, with_forecasts
from data.store import load_bars
from data.synthetic import synthetic_bars
from scripts.benchmarks.learning_market import (
    ACCOUNT,
    DECOYS,
    EDGE,
    MARTINGALE,
    PLANTED,
    TRAINING,
    UNSEEN,
    VALIDATION,
    LearningMarket,
    split_market,
    stops_of,
)

LINEAR, USUAL = "quantile_regression", ForecastSettings().family
"""The family that has a view of where prices go, and the one that is taken by default."""

FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMarket:
    """One comparison.

    Attributes:
        preset: Of the synthetic market; None for a file of bars.
        has_signals: Whether the agent sees the signals of the planted edge beside the decoys.
        families: Whose forecasts agents are given, one family at a time.
        has_plain: Whether agents without forecasts learn there too.
    """

    preset: str | None
    has_signals: bool = False
    families: tuple[str, ...] = (LINEAR,)
    has_plain: bool = True

    @property
    def features(self) -> tuple[str, ...]:
        """What an agent sees of the bars."""
        return (*(EDGE.signal_columns if self.has_signals else ()), *DECOYS)


MARKETS: dict[str, ValueMarket] = {
    "planted_seen": ValueMarket(preset=PLANTED, has_signals=True),
    "planted_hidden": ValueMarket(preset=PLANTED),
    "martingale": ValueMarket(preset=MARTINGALE, has_plain=False),
    FILE: ValueMarket(preset=None, families=(USUAL, LINEAR)),
}

HALF_LIVES = (4, 16)
"""Bars: of the averages of the signals that the forecaster is given, since it has no memory."""

AVERAGES = tuple(f"signal_average_{bars}" for bars in HALF_LIVES)

OF_SIGNALS = (*EDGE.signal_columns, *AVERAGES, "log_return", "time_sin", "time_cos")
"""What planted edges are forecast from, beside the volatility layer."""

LEAST_SESSIONS, REFIT_SESSIONS, LEAD = 40, 30, 11_500
"""Of synthetic markets: sessions before the first forecast and between trainings, and the bars that
the former are."""

QUICK_SESSIONS, QUICK_LEAD = 10, 3_220


def synthetic_settings(preset: str, family: str, seed: int, share: int) -> ForecastSettings:
    """Return how a synthetic market is forecast.

    Args:
        preset: PLANTED or MARTINGALE.
        family: Key of FAMILIES.
        seed: Of the market and of what the family draws.
        share: 1, or QUICK_SHARE.
    """
    return ForecastSettings(
        symbol=ACCOUNT.symbol,
        family=family,
        features=OF_SIGNALS if preset == PLANTED else DEFAULT_FEATURES,
        least_sessions=LEAST_SESSIONS if share == 1 else QUICK_SESSIONS,
        refit_sessions=REFIT_SESSIONS,
        seed=seed,
    )


def file_settings(family: str, share: int) -> ForecastSettings:
    """Return how a file of bars is forecast: as `scripts/forecast.py` does unless told."""
    usual = ForecastSettings(symbol=ACCOUNT.symbol, family=family)
    short = {"least_sessions": QUICK_SESSIONS, "refit_sessions": REFIT_SESSIONS}
    return usual if share == 1 else usual.model_copy(update=short)


def market_bars(preset: str, seed: int, share: int) -> pd.DataFrame:
    """Return all bars of a market, those that only forecasts learn from too.

    Args:
        preset: PLANTED, MARTINGALE, or a file of bars.
        seed: Of a synthetic market.
        share: 1, or QUICK_SHARE for a smoke test of a tenth of the bars, of a file the last ones.

    Raises:
        DataError: If the file cannot be read.
    """
    if preset not in {PLANTED, MARTINGALE}:
        bars = load_bars(Path(preset), get_instrument(ACCOUNT.symbol))
        return bars if share == 1 else bars.iloc[-(len(bars) // share + QUICK_LEAD) :]
    n_bars = (TRAINING + VALIDATION + UNSEEN) // share + (LEAD if share == 1 else QUICK_LEAD)
    bars = synthetic_bars(n_bars, preset, seed=seed, symbol=ACCOUNT.symbol)
    return bars if preset == MARTINGALE else with_averages(bars)


def with_averages(bars: pd.DataFrame) -> pd.DataFrame:
    """Return bars of a planted edge with the averages of its signals; row t uses rows <= t."""
    mean = bars[list(EDGE.signal_columns)].mean(axis=1)
    averages = [mean.ewm(halflife=half_life).mean() for half_life in HALF_LIVES]
    return bars.assign(**dict(zip(AVERAGES, averages, strict=True)))


def value_market(
    bars: pd.DataFrame, features: tuple[str, ...], stores: Sequence[Path], chosen: Path | None
) -> LearningMarket:
    """Return a market split as in the learning suite, with the forecasts of one store or none.

    Args:
        bars: Of `market_bars`.
        features: What the agent sees beside forecasts.
        stores: All that agents of this market are given, one at a time; bars before all of them
            have a forecast are left out.
        chosen: Whose forecasts are seen, by `usual_columns`; None shows none.

    Raises:
        DataError: If a store is missing, or of other bars.
    """
    first = max(pd.Timestamp(ForecastStore(store).blocks()[0].first) for store in stores)
    forecasts: tuple[str, ...] = ()
    if chosen is not None:
        forecasts = usual_columns(ForecastStore(chosen).terms.horizons)
        bars = with_forecasts(bars, chosen, forecasts)
    own = bars.loc[first:]
    return split_market(own, features, ACCOUNT, stops_of(len(own)), forecasts)

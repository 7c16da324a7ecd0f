"""Which stores and trainings the suite `forecast_value` is made of."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from config.instruments import get_instrument
from data.store import load_bars
from scripts.benchmarks.forecast_value_market import FILE, MARKETS
from scripts.benchmarks.forecast_value_task import PLAIN, StoreTask, ValueTask
from scripts.benchmarks.learning_market import ACCOUNT, QUICK_SHARE
from utils.files import sha256_of_file

SEEDS, QUICK_SEEDS = range(5), range(1)

TIMESTEPS = {"EPG": 400_000, "DP-ridge": 1}
"""Of each method's training: EPG takes about a minute, ridge what it takes."""

QUICK_TIMESTEPS = {"EPG": 20_480, "DP-ridge": 1}


def value_tasks(quick: bool, bars: Path | None = None) -> list[ValueTask]:
    """Return all trainings, market by market.

    Args:
        quick: A smoke test of one seed, on a tenth of the bars.
        bars: A file of bars to compare on too.

    Raises:
        DataError: If the file cannot be read or its bars break an invariant.
    """
    content = "" if bars is None else _content_of(bars)
    return [
        ValueTask(
            market=market,
            preset=preset,
            content=content if market == FILE else "",
            arm=arm,
            method=method,
            seed=seed,
            timesteps=timesteps,
            share=QUICK_SHARE if quick else 1,
        )
        for market, preset in _places(bars)
        for method, timesteps in (QUICK_TIMESTEPS if quick else TIMESTEPS).items()
        for seed in (QUICK_SEEDS if quick else SEEDS)
        for arm in arms_of(market)
    ]


def arms_of(market: str) -> tuple[str, ...]:
    """Return what is compared on a market: PLAIN where it learns there, then each family."""
    terms = MARKETS[market]
    return (*((PLAIN,) if terms.has_plain else ()), *terms.families)


def store_tasks(tasks: Sequence[ValueTask]) -> list[StoreTask]:
    """Return the stores that trainings need, each once."""
    return list(dict.fromkeys(store for task in tasks for store in task.stores.values()))


def _places(bars: Path | None) -> Iterator[tuple[str, str]]:
    """Yield each market and its preset, or the file."""
    for market, terms in MARKETS.items():
        if terms.preset is not None:
            yield market, terms.preset
        elif bars is not None:
            yield market, str(bars.resolve())


def _content_of(bars: Path) -> str:
    """Return the hash of a file whose bars can be used."""
    load_bars(bars, get_instrument(ACCOUNT.symbol))
    return sha256_of_file(bars)

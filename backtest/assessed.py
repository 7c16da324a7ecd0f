"""The record of what a back-test is worth, and what is asked for to make it.

How it is made is left to `assessment.py`, how it is shown to `assessment_tables.py`; what each
figure means, its formula and its source is in docs/significance.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backtest.comparisons import SeedDispersion
from backtest.deflation import Deflation
from backtest.overfitting import Overfitting
from backtest.random_traders import LEAST_TRADERS, RandomTraders
from backtest.reruns import Rerun
from backtest.resampling import BootstrapSettings, Interval
from backtest.superiority import Superiority
from backtest.trade_order import ShuffledDrawdowns
from backtest.trials import LoggedTrials
from utils.errors import ConfigError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentSettings:
    """How much work goes into an assessment.

    Attributes:
        n_resamples: Of sessions, and of trades where they are not too many, >= 100.
        confidence: Of intervals and of the minimum track record, from 0.5 up to below 1.
        n_traders: Random traders where bars are not too many, >= 100.

    Raises:
        ConfigError: If one is out of its bounds.
    """

    n_resamples: int = 1_000
    confidence: float = 0.95
    n_traders: int = 200

    def __post_init__(self) -> None:
        BootstrapSettings(n_resamples=self.n_resamples, confidence=self.confidence)
        if self.n_traders < LEAST_TRADERS or self.confidence < 0.5:
            raise ConfigError(
                f"an assessment needs `n_traders` >= {LEAST_TRADERS} and `confidence` >= 0.5, were "
                f"{self.n_traders} and {self.confidence}"
            )


DEFAULT_ASSESSMENT = AssessmentSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """What else came out of the same search, as session returns, (n_sessions,), by name.

    Attributes:
        variants: Others that might have been chosen instead, on the same sessions.
        seeds: The same training from several seeds, the chosen one among them.
    """

    variants: Mapping[str, Floats] = field(default_factory=dict)
    seeds: Mapping[str, Floats] = field(default_factory=dict)


NO_ALTERNATIVES = Alternatives()
NO_TRIALS = LoggedTrials(trials=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All figures of significance of one result; None where one could not be made.

    Attributes:
        name: Of the result.
        verdict: One line in words, without a full stop.
        confidence: Of the intervals.
        n_sessions: Length of the record.
        n_ambiguous: Bars whose result depends on the path policy.
        net_usd: Net profit, USD.
        intervals: `sharpe`, `total_return`, `max_drawdown`, `profit_factor` and `expectancy_usd`;
            ends are NaN where a record is too short.
        deflation: Probabilistic and deflated Sharpe, minimum track record, trials and looks.
        random: Traders without skill of the same turnover.
        baselines: By name: the test of "no better than this baseline".
        best_of_all: The test of "none of all variants is better than standing aside".
        overfitting: Of the choice among the variants.
        reruns: By figure, see `RERUNS`; one that could not be made has no entry.
        trade_order: Drawdowns of the same trades in other orders.
        seeds: How the seeds scatter.
        absent: Why a figure is None, or has no entry, by its name.
    """

    name: str
    verdict: str
    confidence: float
    n_sessions: int
    n_ambiguous: int
    net_usd: float
    intervals: Mapping[str, Interval]
    deflation: Deflation | None
    random: RandomTraders | None
    baselines: Mapping[str, Superiority] | None
    best_of_all: Superiority | None
    overfitting: Overfitting | None
    reruns: Mapping[str, tuple[Rerun, ...]]
    trade_order: ShuffledDrawdowns | None
    seeds: SeedDispersion | None
    absent: Mapping[str, str]

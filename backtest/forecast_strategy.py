"""Trade forecasts that stand in the bars: a preset's signals at a desk.

At each close the row's forecast is judged (models/forecast/signals.py). A signal becomes a market
order whose fill brings a stop and a target. The position is left when the horizon has passed, at
its stop or target, at a signal of the other side, and before the session ends, as forecasts do. A
signal of its own side, when the horizon has passed, keeps it for another.

Nothing is opened where fewer bars are left of the session than the horizon needs.
"""

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np

from backtest.desk_port import Desk, Series
from backtest.desk_session import DeskSession
from backtest.order_types import Order
from backtest.strategy import Strategy
from backtest.tables import Row, Table
from config.settings import EnvSettings
from config.signal_settings import SIGNALS, SignalSettings
from data.forecast_names import HEADS, LEVELS, fallback_column, quantile_column
from env.terms import terms_of
from models.forecast.atoms import atoms_of, mean_of
from models.forecast.family import Floats
from models.forecast.location import LocationEvidence
from models.forecast.payoff import costs_of
from models.forecast.signals import REFUSALS, RETURN, NoTrade, Prospect, Signal, decide
from models.forecast.sizing import Standing
from utils.errors import ConfigError
from utils.registry import lookup

LATE = "late"
"""The answer where too few bars are left of the session; no forecast is judged then."""

SIDES = {1: "long", -1: "short"}

MEANINGS: Mapping[str, str] = {
    "long": "a long position is worth while",
    "short": "a short position is worth while",
    LATE: "fewer bars are left of the session than the horizon needs",
    **{code.value: reason for code, reason in REFUSALS.items()},
}
"""By answer."""

Q05, Q95 = LEVELS.index(0.05), LEVELS.index(0.95)


def signal_account(preset: str) -> EnvSettings:
    """Return the account that a preset trades with: no stop of its own, its largest position.

    Raises:
        ConfigError: If there is no such preset.
    """
    settings = lookup(SIGNALS, preset, "signal preset")
    return EnvSettings(
        lookback_window=1,
        stop_loss_ticks=None,
        action_mode="contracts",
        max_position=settings.max_contracts,
    )


def signal_columns(horizon: int) -> tuple[str, ...]:
    """Return what the bars must have: quantiles, head by head, and at last the fallback's flag."""
    quantiles = (quantile_column(horizon, level, head) for head in HEADS for level in LEVELS)
    return (*quantiles, fallback_column(horizon))


class ForecastStrategy(Strategy):
    """Trade the forecasts of one horizon as a preset says.

    Attributes:
        name: What reports call it.
        counts: How many closes brought which answer: "long", "short", or the code of a refusal.
    """

    def __init__(self, preset: str, horizon: int = 12, account: EnvSettings | None = None):
        """Prepare.

        Args:
            preset: Key of SIGNALS.
            horizon: Bars ahead, >= 1; the bars must have its columns.
            account: What is paid and may be held, as the desk's; None: `signal_account(preset)`.

        Raises:
            ConfigError: If there is no such preset, or the horizon is below 1.
        """
        if horizon < 1:
            raise ConfigError(f"`horizon` must be >= 1 bar, was {horizon}")
        self.name = f"signals_{preset}_h{horizon}"
        self.counts: Counter[str] = Counter()
        self._settings: SignalSettings = lookup(SIGNALS, preset, "signal preset")
        self._horizon = horizon
        account = account or signal_account(preset)
        self._costs, self._max_position = costs_of(account), terms_of(account).max_position

    def on_start(self, desk: Desk) -> None:
        """Ask for the forecasts of the horizon, and know nothing of an earlier run.

        Raises:
            ConfigError: If the bars have no such columns, or the desk trades something else than
                the account that costs and sizes are reckoned for.
        """
        own = self._costs.instrument.symbol
        if desk.symbol != own:
            raise ConfigError(
                f"the desk must trade {own}, which costs and sizes are reckoned for, was "
                f"{desk.symbol}; give ForecastStrategy the account that the engine runs"
            )
        self.counts.clear()
        self._bars_to_hold = 0
        self._clock = DeskSession(desk.symbol)
        self._evidence = LocationEvidence(self._horizon, self._settings)
        *quantiles, fallback = signal_columns(self._horizon)
        self._fallback = desk.column(fallback)
        self._quantiles: list[Series] = [desk.column(name) for name in quantiles]

    def on_bar(self, desk: Desk) -> None:
        """Judge the forecast of the bar that has closed, and act."""
        self._clock.update(desk)
        prospect = self._prospect(desk)
        if desk.is_over:
            return
        is_early = self._clock.bars_left > self._horizon
        answer = self._judged(prospect, desk) if is_early else None
        self.counts[_word(answer)] += 1
        if desk.position != 0:
            self._manage(desk, answer)
        elif isinstance(answer, Signal):
            self._enter(desk, answer)

    def _prospect(self, desk: Desk) -> Prospect:
        """Return the row's forecast, with what its mean counts for by now."""
        values = np.array([series.now for series in self._quantiles])
        quantiles = values.reshape(len(HEADS), len(LEVELS))
        is_fallback = self._fallback.now == 1.0
        mean, spread = _location(quantiles[RETURN]) if not is_fallback else (math.nan, math.nan)
        shrink = self._evidence.update(self._clock.session, desk.close, mean, spread)
        return Prospect(quantiles=quantiles, is_fallback=is_fallback, shrink=shrink)

    def _judged(self, prospect: Prospect, desk: Desk) -> Signal | NoTrade:
        standing = Standing(
            price=desk.close,
            equity_usd=desk.equity_usd,
            costs=self._costs,
            max_position=self._max_position,
        )
        return decide(prospect, standing, self._settings)

    def _enter(self, desk: Desk, signal: Signal) -> None:
        """Hand in an order that is filled at the next open."""
        self._bars_to_hold = self._horizon
        desk.submit(
            Order(
                quantity=signal.side * signal.contracts,
                stop_loss_ticks=signal.stop_ticks,
                take_profit_ticks=signal.target_ticks,
                is_day=True,
            )
        )

    def _manage(self, desk: Desk, answer: Signal | NoTrade | None) -> None:
        """Leave the position where its time is up, or a signal of the other side has come."""
        side = answer.side if isinstance(answer, Signal) else 0
        is_own_side = side * desk.position > 0
        is_due = desk.bars_held + 1 >= self._bars_to_hold
        if is_due and is_own_side:
            self._bars_to_hold = desk.bars_held + 1 + self._horizon
        elif is_due or side * desk.position < 0 or self._clock.bars_left <= 1:
            desk.close_position()

    def table(self) -> Table:
        """Return how often each answer was given, as a table of a report."""
        total = max(sum(self.counts.values()), 1)
        rows = tuple(
            Row(word, (f"{count:,}", f"{count / total:.1%}", MEANINGS[word]))
            for word, count in self.counts.most_common()
        )
        return Table(
            heading="What the signals said at each close",
            columns=("Answer", "Closes", "Share", "Meaning"),
            rows=rows,
        )


def _location(quantiles: Floats) -> tuple[float, float]:
    """Return the mean of a forecast and its .95 less its .05 quantile, simple returns."""
    if math.isnan(quantiles[0]):
        return math.nan, math.nan
    spread = math.expm1(quantiles[Q95]) - math.expm1(quantiles[Q05])
    return float(mean_of(atoms_of(quantiles))), spread


def _word(answer: Signal | NoTrade | None) -> str:
    if answer is None:
        return LATE
    return SIDES[answer.side] if isinstance(answer, Signal) else answer.code.value

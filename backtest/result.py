"""What one back-test leaves behind: a frozen record, from which metrics and reports are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.metrics import AccountHistory, Metrics, TradeDetail, compute_metrics
from config.instruments import Instrument, get_instrument
from config.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class BacktestResult:
    """One policy's pass over one span of bars.

    Row 0 stands at the close of the first decision bar, before any fill; row i, i bars later. After
    a ruin the rows go on to the end of the span with the cash left, so that results compare.

    Attributes:
        name: The policy's name.
        timestamps: (n,) UTC open time of each bar, oldest first.
        trade_dates: (n,) datetime64[D], the trade date of each bar.
        equity: (n,) USD at each bar's close; row 0 is the initial capital.
        positions: (n,) signed contracts at each bar's close.
        fills: One row per fill, oldest first: time (open time of the bar it happened in), quantity
            (signed contracts), price (points), fee_usd, slippage_ticks (how much of the price that
            is, >= 0), slippage_usd, reason, order_id (0 of the account's own orders).
        trades: One row per round trip, by exit: entry_time, exit_time, direction (1 long, -1
            short), quantity (contracts entered, > 0), entry_price, exit_price (points, averages),
            gross_usd, fees_usd, net_usd, mae_ticks and mae_usd (<= 0: how far the price went
            against the average entry), mfe_ticks and mfe_usd (>= 0: in its favour), holding_bars
            (closes at which it was open), r_multiple (net_usd over what the first stop would have
            lost before costs; NaN without a stop), reason (of the exit).
        settings: The account and its costs.
        feature_columns: The features that the policy saw, and the forecasts after them.
        is_in_sample: Whether the policy was trained on any bar after row 0, or on later ones.
        was_liquidated: Whether the account was closed by force, at its ruin level or by a rule.
        denials: How many decisions were denied, wholly or in part, by the label of the reason.
        agreement: Mean share of an ensemble's members that were for what it decided; None where
            nobody else was asked.
        remarks: Sentences that a reader must see beside the numbers.
        decisions: (n - 1,) the choice taken at each close but the last, as the kernel knows it: one
            of env.actions.Action, or a signed target position in the other action modes; 0 after a
            ruin. None where a strategy handed in orders instead.
        orders: One row per order, cancellation or target that a strategy handed in, oldest first;
            empty where `decisions` say it all.
        n_ambiguous: Bars whose result depends on the path policy.
        positions_by_symbol: Of several instruments in one account, (n,) signed contracts of each;
            `positions` is then the sum of their sizes, `fills` and `trades` have a column `symbol`
            first, and `settings` are those of the first instrument. Empty for one instrument.
    """

    name: str
    timestamps: pd.DatetimeIndex
    trade_dates: NDArray[np.datetime64]
    equity: NDArray[np.float64]
    positions: NDArray[np.int64]
    fills: pd.DataFrame
    trades: pd.DataFrame
    settings: EnvSettings
    feature_columns: tuple[str, ...]
    is_in_sample: bool = False
    was_liquidated: bool = False
    denials: Mapping[str, int] = field(default_factory=dict)
    agreement: float | None = None
    remarks: tuple[str, ...] = ()
    decisions: NDArray[np.int64] | None = None
    orders: pd.DataFrame = field(default_factory=pd.DataFrame)
    n_ambiguous: int = 0
    positions_by_symbol: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    @property
    def instrument(self) -> Instrument:
        """What was traded."""
        return get_instrument(self.settings.symbol)

    @property
    def symbols(self) -> tuple[str, ...]:
        """All that was traded, by symbol; `instrument` is the first."""
        return tuple(self.positions_by_symbol) or (self.settings.symbol,)

    @property
    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Open time of the first decision bar and of the last bar, UTC."""
        return self.timestamps[0], self.timestamps[-1]

    @cached_property
    def metrics(self) -> Metrics:
        """Every metric of `backtest.metrics` by name; undefined ones are NaN."""
        points = (self.fills["quantity"].abs() * self.fills["price"]).to_numpy(dtype=np.float64)
        multiplier = self._of_each(self.fills, lambda instrument: instrument.multiplier)
        return compute_metrics(
            AccountHistory(
                equity=self.equity,
                positions=self.positions,
                trade_dates=self.trade_dates,
                trade_gross_usd=self.trades["gross_usd"].to_numpy(dtype=np.float64),
                trade_net_usd=self.trades["net_usd"].to_numpy(dtype=np.float64),
                fees_usd=float(self.fills["fee_usd"].sum()),
                traded_notional_usd=float((points * multiplier).sum()),
                was_liquidated=self.was_liquidated,
                slippage_usd=float(self.fills["slippage_usd"].sum()),
                detail=self._detail(),
            )
        )

    def _detail(self) -> TradeDetail:
        trades = self.trades
        net_usd = trades["net_usd"].to_numpy(dtype=np.float64)
        quantity = trades["quantity"].to_numpy(dtype=np.float64)
        tick_value_usd = self._of_each(trades, lambda instrument: instrument.tick_value_usd)
        return TradeDetail(
            net_ticks=net_usd / (quantity * tick_value_usd),
            r_multiple=trades["r_multiple"].to_numpy(dtype=np.float64),
            mae_usd=trades["mae_usd"].to_numpy(dtype=np.float64),
            mfe_usd=trades["mfe_usd"].to_numpy(dtype=np.float64),
            holding_bars=trades["holding_bars"].to_numpy(dtype=np.int64),
        )

    def _of_each(
        self, rows: pd.DataFrame, fact: Callable[[Instrument], float]
    ) -> NDArray[np.float64]:
        """Return a fact of the instrument of each row of fills or trades."""
        if not self.positions_by_symbol:
            return np.full(len(rows), fact(self.instrument))
        facts = {symbol: fact(get_instrument(symbol)) for symbol in self.positions_by_symbol}
        return np.array([facts[symbol] for symbol in rows["symbol"]], dtype=np.float64)

"""What a strategy sees and when, what becomes of one that raises or is ruined, and of a replay."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backtest.engine import BacktestEngine
from backtest.order_types import Order
from backtest.strategy import Strategy
from backtest.strategy_error import StrategyError
from config.settings import EnvSettings
from data.feature_set import FeatureSet
from data.synthetic import synthetic_bars
from tests.helpers.bars import make_bars
from tests.helpers.strategies import B0, FREE, Scripted, SmaCross, rolling_mean, run_script
from utils.errors import ConfigError, DataError

B1 = (20_001.0, 20_010.0, 19_999.0, 20_008.0)


@pytest.fixture(scope="module")
def bars():
    return synthetic_bars(3_000, seed=4)


def with_columns(frame):
    return frame.assign(view=np.arange(float(len(frame))))


class Watcher(Strategy):
    """Note what can be seen at each close."""

    name = "watcher"

    def on_start(self, desk):
        self.close = desk.column("close")
        self.view = desk.column("view")
        self.mean = desk.indicator(lambda close: rolling_mean(close, 3), "close")
        self.hourly = desk.feature("rsi_1h")
        self.notes = []

    def on_bar(self, desk):
        self.notes.append(
            (
                desk.close,
                self.close.now,
                self.close.ago(1),
                self.view.now,
                self.mean.now,
                self.hourly.now,
                tuple(self.close.last(2)),
                len(self.close),
            )
        )
        assert (desk.open, desk.high, desk.low) == tuple(
            desk.column(name).now for name in ("open", "high", "low")
        )
        assert desk.now == desk.bar_opened + np.timedelta64(5, "m")


def test_strategy_sees_the_bar_that_has_closed_and_none_after_it(bars):
    bars = with_columns(bars)
    watcher = Watcher()
    BacktestEngine(bars, start=bars.index[1_000]).run_with_strategy(watcher, FREE)
    close = bars["close"].to_numpy()
    assert len(watcher.notes) == 1_999
    for row in (1_000, 1_001, 2_998):
        seen = watcher.notes[row - 1_000]
        assert seen[:4] == (close[row], close[row], close[row - 1], row)
        assert seen[4] == pytest.approx(close[row - 2 : row + 1].mean())
        assert seen[6:] == ((close[row - 1], close[row]), row + 1)


def test_strategy_reads_a_feature_of_larger_bars_unscaled_and_as_it_stood(bars):
    bars = with_columns(bars)
    watcher = Watcher()
    BacktestEngine(bars, start=bars.index[1_000]).run_with_strategy(watcher, FREE)
    for row in (1_000, 1_555, 2_700):
        as_of_then = FeatureSet(["rsi_1h"]).compute(bars.iloc[: row + 1])[-1, 0]
        assert watcher.notes[row - 1_000][5] == as_of_then
    hourly = [note[5] for note in watcher.notes]
    assert 1_999 / 12 * 0.8 < len(set(hourly)) < 1_999 / 12 * 1.2  # changes once an hour


@pytest.mark.parametrize("change", ["poisoned", "cut"])
def test_strategy_fills_do_not_depend_on_later_bars(bars, change):
    later = bars.copy()
    later.iloc[2_000:, :4] = 1.0
    other = later if change == "poisoned" else bars.iloc[:2_000]
    end = bars.index[1_900]
    whole, changed = (
        BacktestEngine(frame, end=end).run_with_strategy(SmaCross(), FREE)
        for frame in (bars, other)
    )
    assert len(whole.trades) > 10
    assert whole.fills.equals(changed.fills)
    assert whole.equity.tobytes() == changed.equity.tobytes()


class Peeking(Strategy):
    """Ask for an indicator that knows what comes."""

    name = "peeking"

    def __init__(self, function):
        self._function = function

    def on_start(self, desk):
        desk.indicator(self._function, "close")


@pytest.mark.parametrize(
    "function",
    [
        lambda close: np.append(close[1:], close[-1]),
        lambda close: close - close.mean(),
        lambda close: (close - close.min()) / (close.max() - close.min()),
        lambda close: np.convolve(close, np.ones(5) / 5, mode="same"),
        lambda close: np.append(np.diff(close) > 25.0, False),
        lambda close: close == pd.Series(close).rolling(41, center=True, min_periods=1).min(),
    ],
)
def test_indicator_that_looks_ahead_is_refused_with_row_and_values(bars, function):
    with pytest.raises(DataError, match=r"looks ahead: at 20.* it is .* bars after 20.* with them"):
        BacktestEngine(bars).run_with_strategy(Peeking(function), FREE)


def test_indicator_of_the_wrong_length_is_refused(bars):
    with pytest.raises(
        DataError, match="one number per bar, 3000, was float64 of shape \\(2999,\\)"
    ):
        BacktestEngine(bars).run_with_strategy(Peeking(lambda close: close[1:]), FREE)


def test_strategy_that_asks_for_an_unknown_column_is_told_the_choices(bars):
    class Asking(Strategy):
        name = "asking"

        def on_start(self, desk):
            desk.column("closs")

    with pytest.raises(
        ConfigError, match="unknown column of the bars `closs`: did you mean `close`"
    ):
        BacktestEngine(bars).run_with_strategy(Asking(), FREE)


def test_series_refuses_the_future():
    script = {0: lambda desk: desk.column("close").ago(-1)}
    with pytest.raises(ConfigError, match="`n_bars` must be >= 0, the past, was -1"):
        run_script([B1], script)


def test_strategy_account_is_as_of_the_close():
    def look(desk):
        return (
            desk.position,
            desk.cash_usd,
            desk.unrealised_usd,
            desk.equity_usd,
            desk.bars_held,
        )

    script = {0: lambda desk: desk.buy(2), 1: look, 2: look}
    rows = [B1, (20_008.0, 20_012.0, 20_003.0, 20_005.0), B0]
    strategy, result = run_script(rows, script)
    # two at 20,001.25: 6.75 points x 2 contracts x 2 USD, less two commissions
    assert strategy.answers[1] == (2, 9_998.76, 27.0, 10_025.76, 0)
    assert strategy.answers[2] == (2, 9_998.76, 15.0, 10_013.76, 1)
    assert result.equity[:3].tolist() == [10_000.0, 10_025.76, 10_013.76]


def test_strategy_that_raises_is_named_and_its_result_kept():
    rows = [B1, (20_008.0, 20_012.0, 20_003.0, 20_005.0), B0]
    script = {
        0: lambda desk: desk.buy(stop_loss_ticks=200),
        2: lambda desk: 1 / 0,
    }
    strategy = Scripted(script)
    with pytest.raises(StrategyError) as caught:
        BacktestEngine(make_bars([B0, *rows])).run_with_strategy(strategy, FREE)
    text = str(caught.value)
    assert text.startswith("strategy `scripted` raised ZeroDivisionError in on_bar at the close of")
    assert "2024-01-01 23:10:00+00:00: division by zero (" in text
    assert "test_strategy.py" in text
    assert "working: sell 1 stop 19,951.25 MNQ; the result so far is kept" in text
    assert "\n" not in text
    assert "Traceback" in caught.value.trace
    result = caught.value.result
    assert result.equity.tolist() == [10_000.0, 10_012.88, 10_006.88]
    assert result.positions.tolist() == [0, 1, 1]
    assert len(result.fills) == 1


def test_strategy_that_raises_on_a_fill_is_named_with_that_method():
    class Falling(Scripted):
        def on_fill(self, desk, fill):
            raise KeyError("fill")

    with pytest.raises(StrategyError, match="raised KeyError in on_fill .* kept; correct the str"):
        BacktestEngine(make_bars([B0, B1, B1])).run_with_strategy(
            Falling({0: lambda desk: desk.buy()}), FREE
        )


def test_strategy_that_raises_at_its_start_has_no_result():
    class Falling(Strategy):
        name = "falling"

        def on_start(self, desk):
            raise ValueError("no")

    with pytest.raises(StrategyError, match="in on_start .*nothing was traded yet") as caught:
        BacktestEngine(make_bars([B0, B1])).run_with_strategy(Falling(), FREE)
    assert caught.value.result is None


def test_orders_after_a_ruin_are_denied_counted_and_remarked():
    crash = (14_000.0, 14_000.0, 14_000.0, 14_000.0)
    script = {0: lambda desk: desk.buy()}
    script |= {row: lambda desk: (desk.is_over, desk.buy()) for row in (2, 3)}
    strategy, result = run_script([B1, crash, crash, crash], script)
    # liquidated at the open of row 3: at its close the account is over
    assert strategy.answers[2][1].code == "forced_exit"
    is_over, answer = strategy.answers[3]
    assert is_over
    assert answer.code == "account_closed"
    assert result.was_liquidated
    assert result.denials == {"forced_exit": 1, "account_closed": 1}
    assert result.remarks == (
        "TOO LATE: 1 order of the strategy came after its account was over; all denied.",
    )
    assert len(result.equity) == 5


def test_orders_replayed_under_the_same_terms_are_the_same_and_dearer_ones_cost_more(bars):
    class Brackets(SmaCross):
        def on_bar(self, desk):
            if desk.position == 0 and self.fast.now > self.slow.now:
                desk.buy(limit=desk.close - 2, stop_loss_ticks=60, take_profit_ticks=60)
            elif desk.orders and desk.n_bars % 7 == 0:
                desk.cancel(desk.orders[0].order_id)
            elif desk.n_bars % 50 == 0:
                desk.submit(Order(quantity=-1, trail_ticks=30, is_reduce_only=True))

    engine = BacktestEngine(bars)
    result = engine.run_with_strategy(Brackets(), FREE)
    again = engine.replayed(result)
    assert len(result.trades) > 50
    assert {"cancel", "submit"} <= set(result.orders["instruction"])
    assert again.equity.tobytes() == result.equity.tobytes()
    assert again.fills.equals(result.fills)
    assert again.trades.equals(result.trades)
    assert again.denials == result.denials
    assert again.orders.equals(result.orders)
    dear = engine.replayed(result, commission_factor=2.0)
    assert dear.fills["fee_usd"].tolist() == pytest.approx([1.24] * len(dear.fills))
    olhc = engine.replayed(result, path_policy="ohlc")
    assert olhc.equity[-1] > result.equity[-1]  # some targets before stops


def test_orders_are_replayed_though_one_of_them_had_no_whole_size():
    def hand_in(desk):
        return (
            desk.buy(1.5),
            desk.submit(Order(quantity="two")),
            desk.buy(limit=float("nan")),
            desk.buy(),
        )

    strategy, result = run_script([B1, B1], {0: hand_in})
    assert [getattr(answer, "code", answer) for answer in strategy.answers[0]] == [
        "bad_size",
        "bad_size",
        "bad_price",
        1,
    ]
    again = BacktestEngine(make_bars([B0, B1, B1])).replayed(result)
    assert again.fills.equals(result.fills)
    assert again.denials == result.denials == {"bad_size": 2, "bad_price": 1}
    assert result.orders["quantity"].tolist() == [0, 0, 1, 1]


def test_cancellation_of_an_order_that_a_replay_denies_cancels_no_other():
    script = {
        0: lambda desk: (desk.buy(limit=19_000.0), desk.sell(limit=20_300.0)),
        1: lambda desk: desk.cancel(1),
    }
    _, result = run_script([B1, B1, (20_000.0, 20_400.0, 20_000.0, 20_400.0), B1], script)
    orders = result.orders
    orders.loc[0, "limit"] = np.inf  # as if it were denied now
    engine = BacktestEngine(make_bars([B0, B1, B1, (20_000.0, 20_400.0, 20_000.0, 20_400.0), B1]))
    again = engine.replayed(replace(result, orders=orders))
    assert again.denials == {"bad_price": 1}
    assert again.fills.drop(columns="order_id").equals(result.fills.drop(columns="order_id"))


def test_strategy_that_keeps_a_list_called_targets_is_asked_bar_by_bar(bars):
    class Aiming(Strategy):
        name = "aiming"

        def __init__(self):
            self.targets = []

        def on_bar(self, desk):
            self.targets.append(desk.close)

    strategy = Aiming()
    BacktestEngine(bars).run_with_strategy(strategy, FREE)
    assert len(strategy.targets) == len(bars) - 1


@pytest.mark.parametrize(
    ("members", "part"),
    [
        ({"on_bar": lambda self, desk: None}, "must have a `name`, a text, `Odd` has none"),
        ({"name": "odd"}, "it lacks on_start, on_bar, on_fill"),
        ({"name": "odd", "on_bar": lambda self, desk: None}, "it lacks on_start, on_fill; inherit"),
    ],
)
def test_what_is_no_strategy_is_refused_before_its_first_bar(bars, members, part):
    with pytest.raises(ConfigError, match=part):
        BacktestEngine(bars).run_with_strategy(type("Odd", (), members)(), FREE)


def test_targets_that_raise_get_one_line_with_the_place(bars):
    class Short:
        name = "short"

        def targets(self, bars):
            return bars["close"].to_numpy()[100] > bars["close"]

    line = r"`short` raised IndexError in targets of 61 bars: .*test_strategy.py:\d+ targets\)"
    with pytest.raises(StrategyError, match=line) as caught:
        BacktestEngine(bars).run_with_strategy(Short(), FREE)
    assert caught.value.result is None
    assert "IndexError" in caught.value.trace


def test_span_without_a_bar_to_trade_on_is_refused(bars):
    engine = BacktestEngine(bars, start=bars.index[-1])
    with pytest.raises(ConfigError, match="leave no bar to trade on"):
        engine.run_with_strategy(SmaCross(), EnvSettings())


def test_baselines_stand_beside_a_strategy_that_began_with_the_first_bar(bars):
    engine = BacktestEngine(bars)
    result = engine.run_with_strategy(SmaCross(), FREE)
    baselines = engine.run_baselines(like=result)
    assert len(baselines) >= 4
    assert all(each.timestamps.equals(result.timestamps) for each in baselines)
    assert result.metrics["n_trades"] == len(result.trades)

"""Several instruments in one account: money by hand, margin and ruin by the sum, other hours."""

import numpy as np
import pandas as pd
import pytest

from backtest.engine import BacktestEngine
from backtest.strategy import Strategy
from backtest.strategy_error import StrategyError
from backtest.together import Together
from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from models.baselines import BuyAndHold
from tests.backtest.test_parity import FREE as RICH
from tests.backtest.test_parity import RULES, bars_of
from tests.backtest.test_strategy_parity import RandomOrders
from tests.helpers.bars import make_bars
from tests.helpers.strategies import FREE, Scripted, SmaCross, SmaTargets
from utils.errors import ConfigError

B0 = (20_000.0, 20_002.0, 19_998.0, 20_000.0)
B1 = (20_001.0, 20_010.0, 19_999.0, 20_008.0)
B2 = (20_009.0, 20_012.0, 20_005.0, 20_006.0)
G0 = (2_000.0, 2_001.0, 1_999.0, 2_000.0)
G1 = (2_000.0, 2_002.0, 1_998.0, 1_999.0)
G2 = (1_998.0, 1_999.0, 1_996.0, 1_997.0)
DOLLAR = FREE.model_copy(update={"commission": 1.0, "action_mode": "contracts"})


def run_both(nasdaq, gold, script, **changes):
    """Return the strategy and its result over bars of MNQ and MGC (10 USD a point)."""
    strategy = Scripted(script)
    engine = BacktestEngine({"MNQ": make_bars(nasdaq), "MGC": make_bars(gold)})
    settings = DOLLAR.model_copy(update=changes)
    return strategy, engine.run_with_strategy(strategy, settings)


def in_both(desk):
    return desk.buy(), desk.book("MGC").sell()


def test_two_instruments_share_one_cash_and_one_equity():
    def look(desk):
        gold = desk.book("MGC")
        return (
            (desk.position, gold.position),
            (desk.cash_usd, gold.cash_usd),
            (desk.unrealised_usd, gold.unrealised_usd),
            (desk.equity_usd, gold.equity_usd),
        )

    strategy, result = run_both([B0, B1, B2], [G0, G1, G2], {0: in_both, 1: look})
    # MNQ bought at 20,001.25, closes at 20,008; MGC sold at 1,999.90, closes at 1,999.00
    assert strategy.answers[1] == ((1, -1), (9_998.0,) * 2, (13.5, 9.0), (10_020.5,) * 2)
    # closed at 20,005.75 and 1,997.10, both at the last close less a tick
    assert result.trades["symbol"].tolist() == ["MNQ", "MGC"]
    assert result.trades["net_usd"].tolist() == pytest.approx([9.0 - 2.0, 28.0 - 2.0])
    assert result.equity.tolist() == pytest.approx([10_000.0, 10_020.5, 10_033.0])
    assert result.positions.tolist() == [0, 2, 0]
    assert result.positions_by_symbol["MGC"].tolist() == [0, -1, 0]
    assert [fill.symbol for fill in strategy.fills] == ["MNQ", "MGC"] * 2
    traded = (20_001.25 + 20_005.75) * 2 + (1_999.9 + 1_997.1) * 10
    mean_equity = (10_000.0 + 10_020.5 + 10_033.0) / 3
    assert result.metrics["turnover"] == pytest.approx(traded / mean_equity * 252)
    assert result.metrics["exposure"] == 0.5


def test_equity_is_cash_and_all_that_is_open_at_every_close():
    def check(desk):
        open_usd = sum(desk.book(symbol).unrealised_usd for symbol in desk.symbols)
        assert desk.equity_usd == pytest.approx(desk.cash_usd + open_usd, abs=1e-9)
        if desk.n_bars % 40 == 0:
            desk.target(1 if desk.n_bars % 80 else -1)
        if desk.n_bars % 30 == 0:
            desk.book("MCL").target(2 if desk.n_bars % 60 else 0)

    frames = {
        "MNQ": synthetic_bars(1_500, seed=1),
        "MCL": synthetic_bars(1_500, seed=2, symbol="MCL"),
    }
    script = dict.fromkeys(range(1_500), check)
    result = BacktestEngine(frames).run_with_strategy(Scripted(script), DOLLAR)
    net = 10_000.0 + result.trades["net_usd"].sum()
    assert len(result.trades) > 60
    assert result.equity[-1] == pytest.approx(net, abs=1e-6)
    assert result.fills["fee_usd"].sum() == pytest.approx(result.trades["fees_usd"].sum())


@pytest.mark.parametrize("is_filled", [False, True])
def test_margin_of_one_instrument_is_missing_for_the_other(is_filled):
    def gold(desk):
        return desk.book("MGC").buy()

    script = {0: lambda desk: (desk.buy(), gold(desk))}
    if is_filled:
        script = {0: lambda desk: desk.buy(), 1: lambda desk: (desk.buy(0), gold(desk))}
    terms = {"margin": "overnight", "initial_balance": 4_900.0}
    strategy, result = run_both([B0, B1, B2], [G0, G1, G2], script, **terms)
    # 3,330 for the MNQ that is held or waits; 1,650 for the MGC is more than what is left
    assert strategy.answers[int(is_filled)][1].code == "margin"
    assert result.denials["margin"] == 1
    alone, _ = run_both([B0, B1], [G0, G1], {0: gold}, **terms)
    assert alone.answers[0] == 1


def test_ruin_is_by_the_sum_and_closes_both():
    fall = [B0, B1, (20_000.0, 20_000.0, 19_700.0, 19_700.0), (19_700.0,) * 4, (19_700.0,) * 4]
    slide = [G0, G1, (1_999.0, 1_999.0, 1_949.0, 1_949.0), (1_949.0,) * 4, (1_949.0,) * 4]

    def both(desk):
        return desk.buy(), desk.book("MGC").buy()

    script = {0: both, 3: lambda desk: (desk.is_over, desk.buy(), desk.book("MGC").buy())}
    # -602.50 and -511: neither alone is worth the 1,000 USD
    strategy, result = run_both(fall, slide, script, initial_balance=1_000.0)
    assert result.was_liquidated
    assert result.fills["reason"].tolist() == ["signal"] * 2 + ["liquidation"] * 2
    # at the open of bar 3, a tick worse: -603.00 and -512, and four commissions
    assert result.equity[-1] == pytest.approx(1_000.0 - 603.0 - 512.0 - 4.0)
    is_over, *answers = strategy.answers[3]
    assert is_over
    assert [answer.code for answer in answers] == ["account_closed"] * 2
    for rows, other, own in ((fall, [G0] * 5, "MNQ"), ([B0] * 5, slide, "MGC")):
        only = {0: lambda desk, own=own: desk.book(own).buy()}
        _, alone = run_both(rows, other, only, initial_balance=1_000.0)
        assert not alone.was_liquidated


@pytest.mark.parametrize("loser", ["MNQ", "MGC"])
def test_loss_that_the_other_makes_good_in_the_same_bar_is_no_ruin(loser):
    down = (20_000.0, 20_000.0, 19_400.0, 19_400.0)  # -1,202.50 USD
    up = (1_999.0, 2_060.0, 1_999.0, 2_060.0)  # +599 USD
    nasdaq, gold = [B0, B1, down, B0], [G0, G1, up, G0]
    script = {0: lambda desk: (desk.buy(), desk.book("MGC").buy())}
    if loser == "MGC":
        gold[2] = (1_999.0, 1_999.0, 1_879.0, 1_879.0)  # -1,211 USD
        nasdaq[2] = (20_000.0, 20_400.0, 20_000.0, 20_400.0)  # +797.50 USD
    _, result = run_both(nasdaq, gold, script, initial_balance=1_000.0)
    assert not result.was_liquidated
    assert 0.0 < result.equity[2] < 1_000.0


def test_daily_loss_is_of_the_whole_account():
    down = (20_000.0, 20_000.0, 19_900.0, 19_900.0)  # -202.50 USD
    slide = (1_999.0, 1_999.0, 1_989.0, 1_989.0)  # -111 USD
    rows = ([B0, B1, down, down], [G0, G1, slide, slide])
    script = {0: lambda desk: (desk.buy(), desk.book("MGC").buy())}
    _, result = run_both(*rows, script, daily_loss_limit=250.0)
    assert result.fills["reason"].tolist()[2:] == ["daily_loss"] * 2
    _, kept = run_both(*rows, script, daily_loss_limit=350.0)
    assert kept.fills["reason"].tolist()[2:] == ["end_of_data"] * 2


def test_maintenance_margin_is_of_all_positions():
    down = (20_000.0, 20_000.0, 19_900.0, 19_900.0)
    script = {0: lambda desk: (desk.buy(), desk.book("MGC").buy())}
    terms = {"margin": "overnight", "initial_balance": 4_990.0}
    # 3,027 + 1,500 are to be held; 4,990 - 202.50 - 0 less commission is enough, 300 less is not
    rows = [B0, B1, down, down]
    _, held = run_both(rows, [G0] * 4, script, **terms)
    assert held.fills["reason"].tolist()[2:] == ["end_of_data"] * 2
    slide = (2_000.0, 2_000.0, 1_970.0, 1_970.0)
    _, called = run_both(rows, [G0, G0, slide, slide], script, **terms)
    assert called.fills["reason"].tolist()[2:] == ["margin_call"] * 2


def test_strategy_is_asked_once_per_stamp_at_which_any_instrument_has_a_bar():
    notes = []

    class Noting(SmaCross):
        def on_start(self, desk):
            pass

        def on_bar(self, desk):
            gold = desk.book("MGC")
            notes.append((desk.has_bar, gold.has_bar, desk.close, gold.close))
            if len(notes) == 2:
                gold.buy()

    nasdaq = make_bars([B0, B1, B2, B0, B1])
    gold = make_bars([G0, G1, G2, G0, G1]).iloc[[0, 2, 3, 4]]
    result = BacktestEngine({"MNQ": nasdaq, "MGC": gold}).run_with_strategy(Noting(), DOLLAR)
    assert notes == [
        (True, True, 20_000.0, 2_000.0),
        (True, False, 20_008.0, 2_000.0),
        (True, True, 20_006.0, 1_997.0),
        (True, True, 20_000.0, 2_000.0),
    ]
    assert result.orders["time"].tolist() == [nasdaq.index[1]]
    assert result.fills["time"].tolist() == [nasdaq.index[2], nasdaq.index[4]]
    assert result.timestamps.equals(nasdaq.index)


def test_later_bars_of_one_instrument_do_not_reach_decisions_on_the_other():
    frames = {
        "MNQ": synthetic_bars(1_000, seed=1),
        "MES": synthetic_bars(1_000, seed=2, symbol="MES"),
    }

    class Following(SmaCross):
        def on_start(self, desk):
            super().on_start(desk.book("MES"))

    poisoned = {**frames, "MES": frames["MES"].copy()}
    poisoned["MES"].iloc[700:, :4] *= 0.5
    poisoned["MES"].iloc[700:, :4] = 1_000.0
    whole, changed = (
        BacktestEngine(each).run_with_strategy(Following(), DOLLAR) for each in (frames, poisoned)
    )
    assert np.array_equal(whole.equity[:701], changed.equity[:701])
    assert not np.array_equal(whole.equity, changed.equity)


@pytest.mark.parametrize("rules", RULES)
def test_one_instrument_in_a_shared_account_is_one_in_its_own(rules):
    settings = EnvSettings(**{**RICH, "max_position": 6, **RULES[rules][0]})
    bars = bars_of("synthetic")
    alone = BacktestEngine(bars).run_with_strategy(RandomOrders(1), settings)
    together = Together({"MNQ": bars}, None, None).run(RandomOrders(1), settings)
    assert together.equity.tobytes() == alone.equity.tobytes()
    assert together.fills.drop(columns="symbol").equals(alone.fills)
    assert together.trades.drop(columns="symbol").equals(alone.trades)
    assert together.orders.equals(alone.orders)
    assert (together.denials, together.n_ambiguous) == (alone.denials, alone.n_ambiguous)
    assert together.was_liquidated == alone.was_liquidated


def test_orders_of_several_instruments_are_replayed_at_other_costs():
    frames = {"MNQ": make_bars([B0, B1, B2]), "MGC": make_bars([G0, G1, G2])}
    engine = BacktestEngine(frames)
    result = engine.run_with_strategy(Scripted({0: in_both}), DOLLAR)
    assert engine.replayed(result).equity.tobytes() == result.equity.tobytes()
    dear = engine.replayed(result, commission_factor=3.0, slippage_factor=2.0)
    # 2 USD more for each of four fills; a tick more each: 0.50 and 1 USD, twice
    assert dear.equity[-1] == pytest.approx(result.equity[-1] - 8.0 - 3.0)


def test_strategy_that_raises_names_the_orders_of_all_instruments():
    def fail(desk):
        desk.book("MGC").buy(limit=1_990.0)
        raise RuntimeError("no more")

    with pytest.raises(StrategyError, match="working: buy 1 limit 1,990 MGC; the result") as caught:
        run_both([B0, B1, B2], [G0, G1, G2], {1: fail})
    assert len(caught.value.result.equity) == 2


@pytest.mark.parametrize(
    ("frames", "part"),
    [
        ({}, "was empty"),
        ({"MNQ": make_bars([B0, B1]), "MGX": make_bars([G0, G1])}, "unknown .* `MGX`"),
        (
            {"MNQ": make_bars([B0, B1]), "MGC": make_bars([G0, G1], step="15min")},
            "of one size, were MNQ 300 s, MGC 900 s",
        ),
        (
            {"MNQ": make_bars([B0, B1]), "MGC": make_bars([G0, G1], start="2024-03-01T00:00Z")},
            "MNQ has no bar after 2024-03-01",
        ),
    ],
)
def test_frames_that_cannot_be_traded_together_are_refused(frames, part):
    with pytest.raises(ConfigError, match=part):
        BacktestEngine(frames)


def test_engine_of_several_instruments_refuses_what_trades_one():
    engine = BacktestEngine({"MNQ": make_bars([B0, B1, B2]), "MGC": make_bars([G0, G1, G2])})
    with pytest.raises(ConfigError, match="the engine was given several"):
        engine.run_with_policy(BuyAndHold())
    with pytest.raises(ConfigError, match="targets of one instrument"):
        engine.run_with_strategy(SmaTargets(), DOLLAR)
    with pytest.raises(ConfigError, match="`MES`.*choices are MGC, MNQ"):
        engine.run_with_strategy(Scripted({0: lambda desk: desk.book("MES")}), DOLLAR)


def test_part_of_the_money_below_zero_is_no_margin_call_while_the_whole_is_not():
    down = (20_000.0, 20_000.0, 19_400.0, 19_400.0)  # -1,202.50 USD of 1,000
    up = (1_999.0, 2_060.0, 1_999.0, 2_060.0)  # +599 USD
    nasdaq = [B0, B1, down, (19_400.0,) * 4, (19_400.0,) * 4]
    gold = [G0, G1, up, (2_060.0,) * 4, (2_060.0,) * 4]
    script = {0: lambda desk: (desk.buy(), desk.book("MGC").buy())}
    _, result = run_both(nasdaq, gold, script, initial_balance=1_000.0)
    assert result.fills["reason"].tolist()[2:] == ["end_of_data"] * 2
    assert result.equity.tolist()[2:4] == pytest.approx([394.5, 394.5])


def test_session_of_the_money_begins_with_the_first_bar_of_any_instrument():
    class BuyBoth(Strategy):
        name = "buy_both"

        def on_bar(self, desk):
            if desk.n_bars == 1:
                desk.buy()
                desk.book("MGC").buy()

    flat, lower, lowest = (20_000.0,) * 4, (19_940.0,) * 4, (19_880.0,) * 4
    first = make_bars([flat, flat, lower, lower], start="2024-01-02T20:00Z")
    second = make_bars([lower, lower, lowest, lowest, lowest], start="2024-01-02T23:00Z")
    nasdaq = pd.concat([first, second])
    gold = make_bars([(2_000.0,) * 4] * 9).set_axis(nasdaq.index).iloc[[0, 1, 2, 3, 7, 8]]
    # MNQ loses 120 USD in each of two sessions; MGC has no bar until the second is half over
    engine = BacktestEngine({"MNQ": nasdaq, "MGC": gold})
    terms = DOLLAR.model_copy(update={"daily_loss_limit": 200.0})
    result = engine.run_with_strategy(BuyBoth(), terms)
    assert result.fills["reason"].tolist()[2:] == ["end_of_data"] * 2
    tight = DOLLAR.model_copy(update={"daily_loss_limit": 110.0})
    result = engine.run_with_strategy(BuyBoth(), tight)
    assert result.fills["reason"].tolist()[2:] == ["daily_loss"] * 2

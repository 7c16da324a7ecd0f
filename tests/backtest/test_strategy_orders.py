"""Orders from a desk: the golden cases of KERNEL.md as a strategy writes them, and denials."""

import math

import pytest

from backtest.order_types import Denied, Order
from tests.helpers.strategies import FREE, run_script
from utils.errors import ConfigError

B1 = (20_001.0, 20_010.0, 19_999.0, 20_008.0)
NEXT = (20_008.0, 20_012.0, 20_003.0, 20_005.0)


def fills_of(result):
    return list(zip(result.fills["quantity"], result.fills["price"], strict=True))


def test_market_round_trip_pays_golden_case_1():
    rows = [B1, (20_009.0, 20_012.0, 20_005.0, 20_006.0)]
    strategy, result = run_script(rows, {0: lambda desk: desk.buy(), 1: lambda desk: desk.sell()})
    assert fills_of(result) == [(1, 20_001.25), (-1, 20_008.75)]
    assert result.trades["net_usd"].tolist() == pytest.approx([13.76])
    assert strategy.answers == {0: 1, 1: 2}  # the ids of the orders
    assert [fill.order_id for fill in strategy.fills] == [1, 2]
    assert strategy.seen == [0, 1]  # nothing is asked at the last close
    assert result.positions.tolist() == [0, 1, 0]


FALL = (20_000.0, 20_001.0, 19_900.0, 19_900.0)
RISE = (20_000.0, 20_100.0, 19_999.0, 20_100.0)
UP_AND_DOWN = (20_000.0, 20_030.0, 19_900.0, 19_900.0)


@pytest.mark.parametrize("path", ["worst", "ohlc", "olhc", "adaptive"])
@pytest.mark.parametrize(
    ("order", "bar", "exit_price"),
    [
        (Order(quantity=1, stop_loss_ticks=120), FALL, 19_970.0),
        (Order(quantity=-1, stop_loss_ticks=120), RISE, 20_030.0),
        (Order(quantity=1, stop=20_020.0, stop_loss_ticks=120), UP_AND_DOWN, 19_990.0),
    ],
)
def test_stop_of_an_order_goes_before_the_accounts_farther_one(order, bar, exit_price, path):
    script = {0: lambda desk: desk.submit(order)}
    _, result = run_script([bar], script, stop_loss_ticks=200.0, path_policy=path)
    assert result.trades["exit_price"].tolist() == [exit_price]
    assert result.trades["net_usd"].tolist() == pytest.approx([-61.74])  # 120 ticks, 1, and fees


@pytest.mark.parametrize("path", ["worst", "ohlc", "olhc", "adaptive"])
@pytest.mark.parametrize(("side", "bar", "sign"), [(1, RISE, 1), (-1, FALL, -1)])
def test_target_of_an_order_goes_before_the_accounts_farther_one(side, bar, sign, path):
    order = Order(quantity=side, take_profit_ticks=20)
    script = {0: lambda desk: desk.submit(order)}
    _, result = run_script([bar], script, take_profit_ticks=40.0, path_policy=path)
    assert result.trades["exit_price"].tolist() == [20_000.0 + sign * 5.25]
    assert result.trades["net_usd"].tolist() == pytest.approx([8.76])


def test_reversal_is_one_order_of_golden_case_6():
    rows = [
        B1,
        (20_020.0, 20_025.0, 20_010.0, 20_015.0),
        (20_010.0, 20_012.0, 20_000.0, 20_005.0),
    ]
    script = {0: lambda desk: desk.buy(), 1: lambda desk: desk.sell(2), 2: lambda desk: desk.buy()}
    _, result = run_script(rows, script)
    assert result.trades["net_usd"].tolist() == pytest.approx([35.76, 17.76])


@pytest.mark.parametrize(
    ("row", "price", "net_usd", "reason"),
    [
        ((20_000.0, 20_000.0, 19_940.0, 19_945.0), 19_951.0, -101.74, "stop"),
        ((19_900.0, 19_960.0, 19_890.0, 19_950.0), 19_899.75, -204.24, "stop"),
        ((20_008.0, 20_060.0, 19_940.0, 20_050.0), 19_951.0, -101.74, "stop"),
        ((20_070.0, 20_080.0, 19_940.0, 19_950.0), 20_070.0, 136.26, "target"),
        ((20_008.0, 20_051.5, 20_000.0, 20_040.0), 20_051.25, 98.76, "target"),
    ],
)
def test_bracket_fills_as_golden_cases_2_to_5_and_12(row, price, net_usd, reason):
    entry = {0: lambda desk: desk.buy(stop_loss_ticks=200, take_profit_ticks=200)}
    strategy, result = run_script([B1, row, (19_950.0, 19_955.0, 19_940.0, 19_950.0)], entry)
    assert fills_of(result) == [(1, 20_001.25), (-1, price)]
    assert strategy.fills[1].reason == reason
    assert result.trades["net_usd"].tolist() == pytest.approx([net_usd])
    assert result.trades["r_multiple"].tolist() == pytest.approx([net_usd / 100.0])


def test_limit_waits_for_the_price_to_go_through_as_in_golden_case_8():
    rows = [
        (20_001.0, 20_004.0, 19_990.0, 19_995.0),
        (19_995.0, 19_996.0, 19_989.75, 19_992.0),
        (19_993.0, 20_000.0, 19_991.0, 19_999.0),
    ]
    script = {0: lambda desk: desk.buy(limit=19_990.0), 2: lambda desk: desk.sell()}
    _, result = run_script(rows, script)
    assert fills_of(result) == [(1, 19_990.0), (-1, 19_992.75)]
    assert result.trades["net_usd"].tolist() == pytest.approx([4.26])


def test_stop_limit_rests_as_a_limit_as_in_golden_case_10():
    rows = [
        (20_015.0, 20_020.0, 20_013.0, 20_018.0),
        (20_016.0, 20_017.0, 20_011.5, 20_014.0),
        (20_014.0, 20_016.0, 20_012.0, 20_015.0),
    ]
    script = {
        0: lambda desk: desk.buy(stop=20_010.0, limit=20_012.0),
        2: lambda desk: desk.close_position(),
    }
    _, result = run_script(rows, script)
    assert fills_of(result) == [(1, 20_012.0), (-1, 20_013.75)]


def test_trailing_stop_follows_the_high_and_never_falls_back():
    rows = [B1, (20_008.0, 20_040.0, 20_006.0, 20_038.0), (20_038.0, 20_039.0, 20_015.0, 20_016.0)]
    script = {
        0: lambda desk: desk.buy(),
        1: lambda desk: desk.submit(Order(quantity=-1, trail_ticks=80, is_reduce_only=True)),
    }
    _, result = run_script(rows, script)
    # it begins at 20,008 - 20, is at 20,040 - 20 after b2, and slips a tick in b3
    assert fills_of(result) == [(1, 20_001.25), (-1, 20_019.75)]


def test_orders_of_one_group_cancel_each_other():
    script = {
        0: lambda desk: [
            desk.submit(Order(quantity=1, stop=20_005.0, group=7)),
            desk.submit(Order(quantity=-1, stop=19_995.0, group=7)),
        ]
    }
    rows = [B1, (20_008.0, 20_009.0, 19_990.0, 19_991.0), NEXT]
    strategy, result = run_script(rows, script)
    assert fills_of(result)[0] == (1, 20_005.25)
    assert [fill.reason for fill in strategy.fills] == ["signal", "end_of_data"]


def test_prices_off_the_grid_become_those_of_the_smaller_loss():
    def place(desk):
        for quantity in (1, -1):
            desk.submit(Order(quantity=quantity, stop=20_000.1))
            desk.submit(Order(quantity=quantity, limit=20_000.1))
        return desk.orders

    strategy, _ = run_script([B1], {0: place})
    shown = [(one.quantity, one.stop, one.limit) for one in strategy.answers[0]]
    assert shown == [
        (1, 20_000.0, None),
        (1, None, 20_000.0),
        (-1, 20_000.25, None),
        (-1, None, 20_000.25),
    ]


def test_cancelled_order_does_not_fill_and_the_second_cancel_says_so():
    def place(desk):
        order_id = desk.buy(limit=19_999.5)
        return desk.cancel(order_id), desk.cancel(order_id), desk.orders

    strategy, result = run_script([B1], {0: place})
    assert strategy.answers[0] == (True, False, ())
    assert len(result.fills) == 0
    assert result.orders["instruction"].tolist() == ["submit", "cancel", "cancel"]


def test_target_replaces_the_market_orders_of_this_close():
    def change(desk):
        desk.buy(3)
        desk.target(2)
        return desk.target(-1)

    _, result = run_script([B1], {0: change})
    assert fills_of(result)[0] == (-1, 20_000.75)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Order(quantity=0), "bad_size"),
        (Order(quantity=1.5), "bad_size"),
        (Order(quantity=1, limit=math.nan), "bad_price"),
        (Order(quantity=1, stop=math.inf), "bad_price"),
        (Order(quantity=1, stop_loss_ticks=0), "bad_price"),
        (Order(quantity=1, take_profit_ticks=math.nan), "bad_price"),
        (Order(quantity=1, group=-1), "bad_price"),
        (Order(quantity=1, group=1.0), "bad_price"),
        (Order(quantity=-1, is_reduce_only=True), "reduce_only"),
        (Order(quantity=11), "position_cap"),
    ],
)
def test_order_that_cannot_be_is_a_denial_that_is_counted(order, code):
    strategy, result = run_script([B1], {0: lambda desk: desk.submit(order)})
    answer = strategy.answers[0]
    assert isinstance(answer, Denied)
    assert answer.code == code
    assert answer.reason
    assert result.denials == {code: 1}
    assert result.orders["denial"].tolist() == [code]
    assert len(result.fills) == 0


def test_margin_denies_what_the_equity_does_not_cover():
    strategy, result = run_script(
        [B1], {0: lambda desk: desk.buy(4)}, margin="overnight", action_mode="contracts"
    )
    assert strategy.answers[0].code == "margin"  # 4 x 3,330 of 10,000 USD
    assert result.denials == {"margin": 1}


def test_book_is_full_after_sixteen_orders():
    def place(desk):
        return [desk.submit(Order(quantity=1, limit=19_000.0, is_day=True)) for _ in range(17)]

    strategy, _ = run_script([B1], {0: place}, max_position=100)
    assert strategy.answers[0][:16] == list(range(1, 17))
    assert strategy.answers[0][16].code == "book_full"


def test_account_stop_works_beside_the_orders():
    rows = [B1, (20_000.0, 20_000.0, 19_940.0, 19_945.0)]
    settings = FREE.model_copy(update={"stop_loss_ticks": 200.0})
    _, result = run_script(rows, {0: lambda desk: desk.buy()}, settings)
    assert result.trades["net_usd"].tolist() == pytest.approx([-101.74])
    assert result.trades["r_multiple"].tolist() == pytest.approx([-1.0174])
    assert result.fills["order_id"].tolist() == [1, 0]


def test_buying_a_negative_quantity_is_refused():
    with pytest.raises(ConfigError, match="`quantity` of buy and sell has no sign, was -1"):
        run_script([B1], {0: lambda desk: desk.buy(-1)})


def test_r_multiple_is_of_the_nearer_of_the_stop_that_an_order_brings_and_the_own_one():
    script = {0: lambda desk: desk.buy(stop_loss_ticks=400.0)}
    drop = (20_008.0, 20_010.0, 19_900.0, 19_910.0)
    _, result = run_script([B1, drop], script, stop_loss_ticks=200.0)
    # the account's own 50 points are hit first, a tick of slippage and two commissions beside them
    assert result.trades["reason"].tolist() == ["stop"]
    assert result.trades["r_multiple"].tolist() == pytest.approx([-1.0174])

"""The drift of a day: live fills beside the kernel's, all of the difference explained, to the cent.

MNQ: a tick is 0.25 points and 0.50 USD, a contract costs 0.62 USD a side. MGC: a tick is 0.10
points and 1.00 USD, 0.87 a side. The kernel slips one tick.
"""

from datetime import date

import pandas as pd
import pytest

from config.settings import EnvSettings
from tests.helpers.bars import make_bars
from tests.helpers.drift import HandWrittenDay
from tests.helpers.session_markets import with_roll
from trading.drift_report import daily_drift
from trading.drift_text import report_text
from trading.journal_reader import JournalReader
from trading.order_identity import Role
from utils.errors import DataError

DAY = date(2024, 1, 2)
SETTINGS = EnvSettings(stop_loss_ticks=200.0, lookback_window=10, margin="none")
ROWS = [
    (20000, 20002, 19998, 20000),
    (20001, 20010, 19999, 20008),
    (20009, 20012, 20005, 20006),
    (20005, 20006, 20000, 20004),
    (20004, 20006, 20002, 20003),
]
KERNEL_NET = 5.76
"""Bought at 20001 and sold at 20005, a tick worse each: 7.00 less 1.24 of commission."""


def day_of(tmp_path, rows=ROWS, settings=SETTINGS, **fields):
    return HandWrittenDay(tmp_path / "sim.db", make_bars(rows, **fields), settings)


def parts(report):
    """Return price, commission, missed, extra and rest."""
    return (
        report.price_usd,
        report.commission_usd,
        report.missed_usd,
        report.extra_usd,
        report.rest_usd,
    )


def said(report):
    """Return kind, contracts, both labels and ticks of each row."""
    return [
        (
            row.kind,
            row.quantity,
            row.live and row.live.label,
            row.kernel and row.kernel.label,
            row.worse_ticks,
            row.bars_later,
        )
        for row in report.rows
    ]


def test_identical_fills_differ_by_nothing(tmp_path):
    day = day_of(tmp_path)
    day.trade(0, "buy", 1, 20001.25, 0.62)
    day.decide(1, "hold", 1)
    day.trade(2, "close", -1, 20004.75, 0.62)
    report = day.report(DAY)
    assert report.live.net_usd == pytest.approx(KERNEL_NET)
    assert report.kernel.net_usd == pytest.approx(KERNEL_NET)
    assert report.difference_usd == 0.0
    assert parts(report) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert said(report) == [
        ("matched", 1, "entry", "signal", 0, 0),
        ("matched", -1, "exit", "signal", 0, 0),
    ]
    assert (report.n_bars, report.n_decisions) == (5, 3)


def test_one_tick_worse_costs_the_tick_value(tmp_path):
    day = day_of(tmp_path)
    day.trade(0, "buy", 1, 20001.50, 0.62)
    day.trade(2, "close", -1, 20004.75, 0.62)
    report = day.report(DAY)
    assert report.difference_usd == -0.5
    assert parts(report) == (-0.5, 0.0, 0.0, 0.0, 0.0)
    assert report.rows[0].worse_ticks == 1


def test_one_tick_worse_costs_the_tick_value_of_a_short_in_gold(tmp_path):
    rows = [(2050.0, 2051.0, 2049.0, 2050.0)] * 3
    settings = SETTINGS.model_copy(update={"symbol": "MGC"})
    day = day_of(tmp_path, rows, settings)
    day.trade(0, "sell", -1, 2049.8, 0.80)  # the kernel at 2049.90, for 0.87
    report = day.report(DAY)
    # marked to 2050.00: -2.00 - 0.80; the kernel -1.00 - 0.87
    assert report.live.net_usd == pytest.approx(-2.80)
    assert report.kernel.net_usd == pytest.approx(-1.87)
    assert parts(report) == (-1.0, 0.07, 0.0, 0.0, 0.0)
    assert (report.live.position, report.kernel.position) == (-1, -1)


def test_better_price_and_smaller_commission_are_positive(tmp_path):
    day = day_of(tmp_path)
    day.trade(0, "buy", 1, 20000.75, 0.25)  # two ticks better, 0.37 cheaper
    report = day.report(DAY)
    assert parts(report) == (1.0, 0.37, 0.0, 0.0, 0.0)
    assert report.difference_usd == 1.37
    assert report.rows[0].worse_ticks == -2


def test_missed_entry_is_worth_what_the_kernel_made_of_it(tmp_path):
    day = day_of(tmp_path)
    decision = day.decide(0, "buy", 1)
    day.deny(decision, "data_stale")
    day.decide(2, "close", 0)
    report = day.report(DAY)
    assert report.live.net_usd == 0.0
    assert report.kernel.net_usd == pytest.approx(KERNEL_NET)
    # marked to 20003: bought +3.50 - 0.62 and sold +3.50 - 0.62
    assert [row.unmatched_usd for row in report.rows] == pytest.approx([-2.88, -2.88])
    assert parts(report) == (0.0, 0.0, -5.76, 0.0, 0.0)
    assert [row.note for row in report.rows] == ["denied: data_stale", "no order"]


def test_missed_entry_of_a_rejected_order_says_so(tmp_path):
    day = day_of(tmp_path)
    ref = day.order(day.decide(0, "buy", 1), "BUY")
    day.state(ref, "SENT")
    day.state(ref, "REJECTED")
    (row,) = day.report(DAY).rows
    assert (row.kind, row.note) == ("missed", "order REJECTED")


def test_extra_fill_of_a_person_flattening_is_a_close_of_the_same_trade(tmp_path):
    day = day_of(tmp_path)
    day.trade(0, "buy", 1, 20001.25, 0.62)
    flat = day.order("none", "SELL", Role.FLATTEN)
    day.fill(flat, 2, -1, 20010.00, 0.62)
    day.decide(2, "close", 0)
    report = day.report(DAY)
    assert said(report)[1] == ("matched", -1, "flatten", "signal", -21, -1)
    assert parts(report) == (10.5, 0.0, 0.0, 0.0, 0.0)


def test_extra_trade_is_marked_to_the_last_close(tmp_path):
    day = day_of(tmp_path)
    ref = day.order(day.decide(0, "hold", 0), "BUY")
    day.fill(ref, 1, 1, 20002.00, 0.62)
    report = day.report(DAY)
    assert said(report) == [("extra", 1, "entry", None, None, None)]
    assert parts(report) == (0.0, 0.0, 0.0, 1.38, 0.0)  # to 20003: 2.00 less 0.62
    assert (report.live.position, report.kernel.position) == (1, 0)


STOPPED = [
    (20000, 20002, 19998, 20000),
    (20001, 20010, 19999, 20008),
    (20008, 20009, 19951, 19960),  # the stop of an entry at 20001.25 is at 19951.25
    (19960, 19962, 19950, 19955),
    (19955, 19956, 19954, 19955),
]


def test_stop_filled_one_bar_later_is_late_and_not_missing(tmp_path):
    day = day_of(tmp_path, STOPPED)
    decision = day.decide(0, "buy", 1)
    day.fill(day.order(decision, "BUY"), 1, 1, 20001.25, 0.62)
    stop = day.order(decision, "SELL", Role.STOP, kind="STP", stop_price=19951.25)
    day.fill(stop, 3, -1, 19950.50, 0.62)
    report = day.report(DAY)
    # the kernel: at the trigger, slipped by a tick, 19951.00 in bar 2
    assert said(report)[1] == ("matched", -1, "stop", "stop", 2, 1)
    assert parts(report) == (-1.0, 0.0, 0.0, 0.0, 0.0)


def test_stop_that_was_not_hit_live_pairs_with_the_exit_that_closed_the_trade(tmp_path):
    day = day_of(tmp_path, STOPPED)
    day.trade(0, "buy", 1, 20001.25, 0.62)
    day.trade(3, "close", -1, 19954.75, 0.62)
    report = day.report(DAY)
    assert said(report)[1] == ("matched", -1, "exit", "stop", -15, 2)
    assert parts(report) == (7.5, 0.0, 0.0, 0.0, 0.0)


def test_two_fills_for_one_of_the_kernel_are_two_rows(tmp_path):
    settings = SETTINGS.model_copy(update={"max_position": 2})
    day = day_of(tmp_path, settings=settings)
    ref = day.order(day.decide(0, "buy", 2), "BUY", quantity=2)
    day.fill(ref, 1, 1, 20001.25, 0.62)
    day.fill(ref, 1, 1, 20002.00, 0.62, second=2)
    report = day.report(DAY)
    assert said(report) == [
        ("matched", 1, "entry", "signal", 0, 0),
        ("matched", 1, "entry", "signal", 3, 0),
    ]
    assert parts(report) == (-1.5, 0.0, 0.0, 0.0, 0.0)
    assert (report.live.n_fills, report.kernel.n_fills) == (2, 1)


def test_partial_fill_misses_the_rest(tmp_path):
    settings = SETTINGS.model_copy(update={"max_position": 3})
    day = day_of(tmp_path, settings=settings)
    ref = day.order(day.decide(0, "buy", 3), "BUY", quantity=3)
    day.fill(ref, 1, 2, 20001.25, 1.24)
    day.state(ref, "CANCELLED")
    report = day.report(DAY)
    assert said(report) == [
        ("matched", 2, "entry", "signal", 0, 0),
        ("missed", 1, None, "signal", None, None),
    ]
    # one contract from 20001.25 to 20003: 3.50 less 0.62
    assert parts(report) == (0.0, 0.0, -2.88, 0.0, 0.0)
    assert report.rows[1].note == "order CANCELLED"


def test_reversal_in_one_fill_pairs_with_a_reversal_in_two(tmp_path):
    day = day_of(tmp_path)
    day.trade(0, "buy", 1, 20001.25, 0.62)
    ref = day.order(day.decide(2, "sell", -1), "SELL", quantity=2)
    day.fill(ref, 3, -1, 20004.75, 0.62)
    day.fill(ref, 3, -1, 20004.50, 0.62, second=2)
    report = day.report(DAY)
    assert [(row.quantity, row.worse_ticks) for row in report.rows] == [(1, 0), (-1, 0), (-1, 1)]
    assert parts(report) == (-0.5, 0.0, 0.0, 0.0, 0.0)
    assert (report.live.position, report.kernel.position) == (-1, -1)


def test_commission_that_was_not_reported_is_the_usual_one_and_said(tmp_path):
    day = day_of(tmp_path)
    ref = day.order(day.decide(0, "buy", 1), "BUY")
    exec_id = day.fill(ref, 1, 1, 20001.25, None)
    day.charge(exec_id, 1e9)  # IB's way of saying that it has none
    day.charge(exec_id, 0.5, currency="CAD")
    report = day.report(DAY)
    assert parts(report) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert "1 fills whose commission was not reported" in "\n".join(report.remarks)


def test_target_positions_are_replayed_and_unasked_ones_change_nothing(tmp_path):
    settings = SETTINGS.model_copy(update={"action_mode": "contracts", "max_position": 2})
    day = day_of(tmp_path, settings=settings)
    ref = day.order(day.decide(0, "target +2", 2), "BUY", quantity=2)
    day.state(ref, "LOST")
    day.decide(1, "target +0", 0, reason="the policy did not answer in time")
    report = day.report(DAY)
    assert (report.live.position, report.kernel.position) == (0, 2)
    assert report.rest_usd == 0.0


@pytest.mark.parametrize(("mode", "action"), [("contracts", "buy"), ("discrete", "target +1"),
                                              ("discrete", "dance")])  # fmt: skip
def test_action_of_another_mode_is_refused(tmp_path, mode, action):
    day = day_of(tmp_path, settings=SETTINGS.model_copy(update={"action_mode": mode}))
    day.decide(0, action, 1)
    with pytest.raises(DataError, match=f"says `{action.replace('+', '.')}`, which is no action"):
        day.report(DAY)


def test_fills_of_strangers_are_told_and_not_compared(tmp_path):
    day = day_of(tmp_path)
    day.fill("by hand", 1, 1, 20001.25, 0.62)
    report = day.report(DAY)
    assert (report.rows, report.live.net_usd) == ((), 0.0)
    assert "1 fills in the account that are of no order of ours" in "\n".join(report.remarks)


def test_decided_fill_with_a_clock_behind_counts_to_the_bar_after_its_decision(tmp_path):
    day = day_of(tmp_path)
    ref = day.order(day.decide(0, "buy", 1), "BUY")
    day.fill(ref, 1, 1, 20001.25, 0.62, second=-2)
    report = day.report(DAY)
    assert said(report) == [("matched", 1, "entry", "signal", 0, 0)]


def test_text_says_difference_parts_rows_and_remarks(tmp_path):
    day = day_of(tmp_path)
    day.trade(0, "buy", 1, 20001.50, 0.62)
    text = report_text(day.report(DAY))
    assert text[0] == (
        "drift of MNQ on 2024-01-02: -0.50 USD = price -0.50, commission +0.00, missed +0.00, "
        "extra +0.00, rest +0.00"
    )
    assert text[1] == (
        "trader: net +2.38 USD, commission 0.62 USD, 1 fills of 1 contracts, position +1"
    )
    assert text[3] == (
        "01-01 23:05:01  BUY 1  entry  20001.5  signal  20001.25  +1  -0.50  matched"
    )
    assert text[4].startswith("note: 271 of 276 bars of the day are not there")


def test_bars_of_another_day_are_refused(tmp_path):
    day = day_of(tmp_path)
    with pytest.raises(DataError, match="0 are of trading day 2024-01-03"):
        day.report(date(2024, 1, 3))


def test_no_bars_at_all_are_refused(tmp_path):
    path = day_of(tmp_path).write()
    with JournalReader.open(path) as reader, pytest.raises(DataError, match="of 0 bars 0 are of"):
        daily_drift(reader, [], SETTINGS, DAY)


BEFORE = [(20000.0, 20001.0, 19999.0, 20000.0)] * 3


def two_days(tmp_path, rows=ROWS, settings=SETTINGS):
    """Return three bars at the end of 2023-12-29, then those of 2024-01-02."""
    evening = make_bars(BEFORE, start="2023-12-29T21:45:00Z")
    return HandWrittenDay(tmp_path / "sim.db", pd.concat([evening, make_bars(rows)]), settings)


def test_position_of_the_day_before_is_carried_with_its_stop(tmp_path):
    day = two_days(tmp_path, STOPPED)
    decision = day.decide(0, "buy", 1)
    day.fill(day.order(decision, "BUY"), 1, 1, 20000.75, 0.62)  # two ticks worse than the kernel
    stop = day.order(decision, "SELL", Role.STOP, kind="STP", stop_price=19950.75)
    day.fill(stop, 6, -1, 19950.25, 0.62)
    report = day.report(DAY)
    # the stop is at 19950.75, and bar 5 went to 19951 only: both in bar 6, slipped by a tick
    assert said(report) == [("matched", -1, "stop", "stop", 1, 0)]
    assert parts(report) == (-0.5, 0.0, 0.0, 0.0, 0.0)
    # marked at 20000 the evening before: (19950.25 - 20000) x 2 - 0.62
    assert report.live.net_usd == pytest.approx(-100.12)


def test_difference_of_the_day_before_is_not_counted_again(tmp_path):
    day = two_days(tmp_path)
    day.decide(0, "buy", 1)  # missed: the kernel of that day was long, the trader flat
    assert day.report(date(2023, 12, 29)).difference_usd != 0.0
    report = day.report(DAY)
    assert (report.rows, report.difference_usd) == ((), 0.0)


def test_decision_at_the_last_close_before_the_day_is_filled_at_its_first_open(tmp_path):
    day = two_days(tmp_path)
    decision = day.decide(2, "buy", 1)
    day.fill(day.order(decision, "BUY"), 3, 1, 20000.75, 0.62)  # 20000 + a tick in the kernel
    report = day.report(DAY)
    assert said(report) == [("matched", 1, "entry", "signal", 2, 0)]
    assert report.rest_usd == 0.0


def test_fills_before_the_first_bar_give_the_position_to_begin_with(tmp_path):
    day = two_days(tmp_path)
    day.trade(0, "buy", 1, 20000.25, 0.62)
    day.frame = day.frame.iloc[3:]  # the bars of that evening are not there any more
    day.trade(1, "close", -1, 20008.75, 0.62)
    report = day.report(DAY)
    assert said(report) == [("matched", -1, "exit", "signal", 0, 0)]
    assert (report.live.position, report.rest_usd, report.difference_usd) == (0, 0.0, 0.0)


def test_losses_of_earlier_days_do_not_lock_the_day(tmp_path):
    settings = SETTINGS.model_copy(update={"daily_loss_limit": 100.0, "stop_loss_ticks": None})
    day = two_days(tmp_path, settings=settings)
    day.trade(0, "buy", 1, 20100.00, 0.62)
    ref = day.order(day.decide(1, "close"), "SELL", Role.EXIT)
    day.fill(ref, 2, -1, 20000.00, 0.62)  # lost 200 USD
    day.frame = day.frame.iloc[3:]
    day.trade(0, "buy", 1, 20001.25, 0.62)
    report = day.report(DAY)
    assert said(report) == [("matched", 1, "entry", "signal", 0, 0)]


def test_adopted_position_is_an_extra_fill_that_cost_nothing(tmp_path):
    day = day_of(tmp_path)
    day.adopt(2, 20000.10, 0)  # an average price: 80000.4 ticks, rounded
    report = day.report(DAY)
    assert said(report) == [("extra", 2, "adopted", None, None, None)]
    assert parts(report) == (0.0, 0.0, 0.0, 12.0, 0.0)  # two contracts from 20000 to 20003


def test_adopted_position_without_a_price_counts_from_the_last_close(tmp_path):
    day = day_of(tmp_path)
    day.adopt(1, None, 1)
    report = day.report(DAY)
    assert report.extra_usd == -10.0  # from 20008 to 20003


def test_forced_exit_is_the_kernels_own_and_pairs_with_the_traders(tmp_path):
    settings = SETTINGS.model_copy(update={"daily_loss_limit": 20.0})
    rows = [*ROWS[:1], (20001, 20002, 19985, 19986), (19986, 19987, 19985, 19986), ROWS[4]]
    day = day_of(tmp_path, rows, settings)
    day.trade(0, "buy", 1, 20001.25, 0.62)
    ref = day.order(day.decide(1, "hold", 0, reason="daily_loss"), "SELL", Role.EXIT)
    day.fill(ref, 2, -1, 19985.50, 0.62)  # the kernel at 19985.75
    report = day.report(DAY)
    assert said(report)[1] == ("matched", -1, "exit", "daily_loss", 1, 0)
    assert parts(report) == (-0.5, 0.0, 0.0, 0.0, 0.0)
    assert not [remark for remark in report.remarks if "wanted another one" in remark]


def test_kernel_that_wants_another_position_from_the_same_one_is_remarked(tmp_path):
    day = day_of(tmp_path)
    day.decide(0, "buy", 2)  # the trader's account may hold two, this model's one
    (remark,) = [each for each in day.report(DAY).remarks if "wanted another one" in each]
    assert "first 23:05 UTC, +1 for +2" in remark


def test_position_over_a_roll_is_valued_in_the_new_contract(tmp_path):
    settings = SETTINGS.model_copy(update={"roll": "charge"})
    day = two_days(tmp_path, settings=settings)
    day.frame = with_roll(day.frame, "2024-01-01T23:00", 150.0)
    day.trade(0, "buy", 1, 20000.25, 0.62)
    rolled = day.decide(2, "hold", 1)
    # the kernel sells the old at 20000 and buys the new at 20150, a tick worse each
    day.fill(day.order(rolled, "SELL", Role.EXIT), 3, -1, 19999.75, 0.62)
    day.fill(day.order(rolled, "BUY"), 3, 1, 20150.75, 0.62, second=2)
    day.trade(5, "close", -1, 20154.75, 0.62)
    report = day.report(DAY)
    assert said(report) == [
        ("matched", -1, "exit", "roll", 0, 0),
        ("matched", 1, "entry", "roll", 2, 0),
        ("matched", -1, "exit", "signal", 0, 0),
    ]
    assert parts(report) == (-1.0, 0.0, 0.0, 0.0, 0.0)
    # marked at 20000: -0.25 x 2, then 4.00 x 2, less three commissions
    assert report.live.net_usd == pytest.approx(5.64)


def test_missed_roll_leaves_an_account_that_cannot_be_right(tmp_path):
    day = two_days(tmp_path)
    day.frame = with_roll(day.frame, "2024-01-01T23:00", 150.0)
    day.trade(0, "buy", 1, 20000.25, 0.62)
    with pytest.raises(DataError, match="the contract changed at"):
        day.report(DAY)


def test_missed_fill_in_the_old_contract_is_valued_in_the_new_one(tmp_path):
    settings = SETTINGS.model_copy(update={"roll": "charge"})
    day = two_days(tmp_path, settings=settings)
    day.frame = with_roll(day.frame, "2024-01-01T23:00", 150.0)
    day.trade(0, "buy", 1, 20000.25, 0.62)
    day.trade(2, "close", -1, 19999.00, 0.62)  # in the old contract, the kernel at 19999.75
    report = day.report(DAY)
    assert parts(report) == (-1.5, 0.0, 0.0, 0.0, 0.0)


def test_position_over_a_roll_of_an_earlier_day_goes_on_with_its_fills(tmp_path):
    evening = make_bars([*BEFORE, BEFORE[0]], start="2023-12-29T21:40:00Z")
    frame = with_roll(pd.concat([evening, make_bars(ROWS)]), "2023-12-29T21:50", 150.0)
    day = HandWrittenDay(tmp_path / "sim.db", frame, SETTINGS)
    day.trade(0, "buy", 1, 20150.00, 0.62)  # the trader had the new contract before these bars
    day.trade(5, "close", -1, 20158.75, 0.62)
    report = day.report(DAY)
    assert said(report) == [("matched", -1, "exit", "signal", 0, 0)]
    assert parts(report) == (0.0, 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(DataError, match="the contract changed at"):
        day.report(date(2023, 12, 29))

"""What keeps a trader from harm, one by one: how each is taken away, and which test then fails.

A guard that could be taken away unnoticed is one that nobody would miss when it breaks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.helpers import guard_removals as taken
from trading import order_restore, protection, protector, risk_guard
from trading.closing_turns import ClosingTurns
from trading.event_desk import EventDesk
from trading.journal_desk import JournalDesk
from trading.market_desk import MarketDesk
from trading.order_manager import OrderManager
from trading.order_sender import OrderSender
from trading.pacing import TokenBucket
from trading.protector import Protector
from trading.reconciliation import Reconciler
from trading.restart_window import RestartWindow
from trading.trader_books import TraderBooks
from trading.trader_watch import TraderWatch
from utils import clock

FAULTS, BROKER = "test_order_faults.py::test_fault_", "test_broker_faults.py::test_fault_"
GUARD, RESTART = "test_risk_guard.py::test_guard_", "test_order_restart.py::test_fault_30_"
DATA, LIMITS = (
    "test_trader_faults_data.py::test_fault_",
    "test_trader_faults_limits.py::test_fault_",
)
LINE, END = "test_trader_faults_line.py::test_fault_", "test_trader_faults_end.py::test_fault_"
UNTOLD, OTHERS = "test_untold_fills.py::test_fault_", "test_closed_by_others.py::test_"
MARKET, ORDERS = "test_trader_faults_market.py::test_fault_", "test_order_manager.py::test_"


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard.

    Attributes:
        test: In tests/trading: fails without it.
        remove: Takes it away.
    """

    test: str
    remove: Callable[[pytest.MonkeyPatch], None]


def _set(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, value)


def _unasked(table: str, *checks: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Have checks of the risk guard never asked."""
    left = tuple(one for one in getattr(risk_guard, table) if one.__name__ not in checks)
    assert len(left) == len(getattr(risk_guard, table)) - len(checks)
    return _set(risk_guard, table, left)


OPENING = {
    "check_trading": BROKER + "27_manual_trade_halts_entries",
    "check_unknown_entry": FAULTS + "11_entry_beside_one_that_is_unknown_is_denied",
    "check_day": GUARD + "judges_the_moment_of_an_entry",
    "check_daily_loss": GUARD + "judges_the_moment_of_an_entry",
    "check_size": GUARD + "judges_an_entry",
    "check_position": GUARD + "never_lets_the_worst_case_out_of_bounds",
    "check_rate": GUARD + "judges_the_moment_of_an_entry",
    "check_age": GUARD + "judges_the_moment_of_an_entry",
    "check_skew": GUARD + "judges_the_moment_of_an_entry",
    "check_hours": LIMITS + "37_nothing_is_opened_into_an_early_close_nor_before_the_market_opens",
    "check_margin": GUARD + "judges_the_moment_of_an_entry",
}
PRICES = {
    "check_band": GUARD + "judges_an_entry",
    "check_stop": LIMITS + "41_price_that_makes_no_sense_never_reaches_the_wire",
    "check_target": GUARD + "judges_an_entry",
}
ALL_ORDERS = {
    "check_quantity": GUARD + "judges_an_entry",
    "check_account": GUARD + "judges_an_entry",
    "check_contract": GUARD + "judges_an_entry",
    "check_prices": LIMITS + "41_price_that_makes_no_sense_never_reaches_the_wire",
    "check_synced": GUARD + "judges_what_reduces",
    "check_known": GUARD + "judges_what_reduces",
    "check_only_reduces": GUARD + "judges_what_reduces",
    "check_journal": GUARD + "judges_the_moment_of_an_entry",
}

ORDERS_ON_THEIR_WAY = {
    "executions count once": Guard(FAULTS + "13_duplicated_callbacks_count_once", taken.dedupe),
    "order ids never fall": Guard(BROKER + "26_order_ids_go_on_after_a_rollback", taken.high_water),
    "an order's name is its identity": Guard(
        RESTART + "killed_right_after_sending_finds_its_fill_and_enters_no_second_time",
        taken.names,
    ),
    "a decision has one entry": Guard(
        ORDERS + "enter_twice_on_one_decision_sends_one_entry", taken.one_entry
    ),
    "lost orders are never sent again": Guard(
        FAULTS + "11_order_swallowed_is_never_resent", taken.lost_not_resent
    ),
    "an error does not end an order": Guard(
        BROKER + "20_error_on_a_live_stop_leaves_it_live[161]", taken.errors_ask
    ),
    "a fill outweighs a cancel": Guard(
        BROKER + "22_fill_that_races_a_cancel_is_a_fill", taken.fills_win
    ),
    "second orders under a name are cancelled": Guard(
        BROKER + "24_duplicated_modify_has_the_extra_cancelled", taken.extras
    ),
    "what stalls is cancelled": Guard(
        FAULTS + "15_partial_fill_that_stalls_is_protected_and_its_rest_cancelled",
        taken.stalls,
    ),
    "what waited while the line was down is dropped": Guard(
        "test_order_sender.py::test_orders_that_waited_as_the_line_broke_are_never_sent",
        _set(OrderSender, "drop", lambda self: None),
    ),
    "what is too old is not sent": Guard(
        "test_order_sender.py::test_intent_that_waited_too_long_is_not_sent", taken.ages
    ),
    "live orders of a dead process are unknown": Guard(
        RESTART + "killed_before_sending_loses_the_order_and_does_not_send_it",
        _set(order_restore.WorkingOrders, "do", lambda *_: None),
    ),
}

PROTECTION = {
    "positions have stops": Guard(
        FAULTS + "18_rejected_stop_is_tried_again", _set(Protector, "check", lambda self: None)
    ),
    "what cannot be protected is closed": Guard(
        FAULTS + "18_stop_rejected_for_ever_is_flattened_and_held",
        _set(protector, "must_flatten", lambda *_: False),
    ),
    "all that closes is of one group": Guard(
        ORDERS + "flatten_closes_in_the_stop_s_group_and_clears_up",
        _set(TraderBooks, "exit_group", lambda self: ""),
    ),
    "exits of the position before are left alone": Guard(
        "test_order_steering_sides.py::"
        "test_stop_of_a_position_before_a_reversal_is_not_moved_beyond_the_market",
        taken.sides,
    ),
    "stops of trades that are over say nothing": Guard(
        BROKER + "27_adopted_position_has_a_stop_of_its_own_and_not_one_of_a_trade_that_is_over",
        _set(TraderBooks, "_is_part", lambda *_: True),
    ),
    "an order that only closes needs no journal": Guard(
        BROKER + "43_journal_that_cannot_be_written_sends_nothing_but_a_flatten",
        taken.closing_unwritten,
    ),
    "prices are rounded to the tick": Guard(
        ORDERS + "enter_with_a_stop_off_the_grid_rounds_it_to_the_smaller_loss", taken.rounding
    ),
    "a fill that is not told yet is no reason for another stop": Guard(
        UNTOLD + "16_exit_whose_execution_comes_after_its_status_is_not_made_again[-55.0-0.02]",
        taken.untold_fills,
    ),
    "one stop of a group is for all": Guard(
        OTHERS + "addition_leaves_one_stop_for_all_of_it_since_the_group_cancels_the_others",
        _set(protection, "_heads", list),
    ),
    "repairs come to an end": Guard(
        OTHERS + "stops_that_vanish_again_and_again_are_put_so_many_times_and_then_a_person_looks",
        _set(Protector, "_runs_away", lambda self: False),
    ),
    "what is refused is asked later and later": Guard(
        "test_closing_turns.py::"
        "test_fault_18_flatten_that_is_refused_goes_out_again_later_and_later",
        _set(ClosingTurns, "is_free", lambda *_: True),
    ),
    "a flatten goes on until flat": Guard(
        END + "40_switch_pulled_in_the_dark_closes_all_before_anything_else",
        _set(OrderManager, "_go_on_flattening", lambda self: None),
    ),
}

TRUTH = {
    "nothing is opened before a whole snapshot": Guard(
        "test_reconciliation.py::"
        "test_fault_29_list_that_is_not_answered_leaves_the_trader_unreconciled",
        taken.reconciled,
    ),
    "a list without its end proves nothing": Guard(
        "test_reconciliation.py::"
        "test_fault_29_list_that_is_not_answered_leaves_the_trader_unreconciled",
        taken.end_markers,
    ),
    "positions that differ halt": Guard(
        BROKER + "28_position_that_lies_halts_and_trades_nothing",
        _set(Reconciler, "differences", lambda self: ()),
    ),
    "what others have closed is not closed again": Guard(
        OTHERS + "fault_27_position_that_a_person_has_closed_is_closed_no_second_time",
        _set(OrderManager, "_disputed_position", None),
    ),
    "no stop stays for what others have closed": Guard(
        OTHERS + "fault_27_position_that_a_person_has_closed_is_closed_no_second_time",
        _set(OrderManager, "guarded_position", property(lambda self: self.books.position)),
    ),
    "what protects the broker's own count stays": Guard(
        UNTOLD + "30_stop_of_an_entry_that_is_given_up_for_lost_stays_while_it_is_held",
        _set(TraderBooks, "guards_more", lambda *_: False),
    ),
    "a snapshot during an outage proves nothing": Guard(
        UNTOLD + "09_snapshot_in_which_the_broker_went_away_proves_nothing", taken.breaks
    ),
    "an adoption settles what was not told": Guard(
        UNTOLD + "16_stop_whose_execution_is_never_told_is_put_no_second_time",
        _set(TraderBooks, "settle", lambda *_: None),
    ),
    "a clock that is set back goes on": Guard(
        "../utils/test_clock.py::"
        "test_clock_that_is_set_back_goes_on_at_half_speed_until_the_machines_has_caught_up",
        _set(clock, "CATCHING_UP", 0.0),
    ),
    "strangers halt": Guard(
        BROKER + "27_manual_trade_halts_entries",
        _set(EventDesk, "_note_strange", lambda *_: None),
    ),
    "the journal is written first": Guard(
        BROKER + "43_journal_that_cannot_be_written_sends_nothing_but_a_flatten",
        _set(JournalDesk, "commit", lambda *_: None),
    ),
    "one process writes a journal": Guard(
        "test_journal.py::test_journal_second_writer_is_refused_at_once_and_let_in_later",
        taken.process_lock,
    ),
    "the broker answers before anything is opened": Guard(
        LINE + "5_line_that_dies_while_the_model_thinks_carries_no_order", taken.probe
    ),
    "a decision on an old position is void": Guard(
        "test_order_steering.py::test_decision_on_a_position_that_has_changed_since_is_void",
        taken.void,
    ),
    "bars after a hole are not acted on": Guard(
        "test_market_desk.py::test_first_close_after_a_hole_is_learnt_from_and_not_decided_on",
        taken.holes,
    ),
    "closes that are told late are not acted on": Guard(
        "test_market_desk.py::test_close_that_is_told_late_is_learnt_from_and_not_decided_on",
        _set(MarketDesk, "_is_late", lambda *_: False),
    ),
}

HOLDS = {
    "the day's lock outlives the process": Guard(
        "test_day_restart.py::test_fault_31_day_locked_before_a_kill_is_locked_after_it",
        taken.lock_kept,
    ),
    "the kill switch outlives the process": Guard(
        END + "40_switch_outlives_a_kill_of_the_process_before_it_could_act", taken.switch_kept
    ),
    "killed means flat": Guard(
        END + "40_switch_pulled_in_the_dark_closes_all_before_anything_else",
        _set(TraderWatch, "_close_what_may_not_stay", lambda self: None),
    ),
    "stale data hold entries": Guard(
        DATA + "32_data_that_stop_on_a_healthy_line_block_entries_until_they_move_again",
        _set(TraderWatch, "_look_at_the_data", lambda *_: None),
    ),
    "a clock that is off holds entries": Guard(
        LIMITS + "36_clock_that_is_far_off_holds_entries_until_it_is_right_again",
        _set(TraderWatch, "_look_at_the_clock", lambda *_: None),
    ),
    "the broker's restart holds entries": Guard(
        LINE + "7_daily_restart_is_prepared_for_sat_out_and_reconciled_after",
        _set(RestartWindow, "is_near", lambda *_: False),
    ),
    "the end of a contract closes its position": Guard(
        MARKET + "38_position_is_closed_before_the_roll_and_bars_go_on_in_the_next_month",
        _set(TraderWatch, "_look_at_the_roll", lambda *_: None),
    ),
    "orders have a rate of their own": Guard(
        LIMITS + "35_burst_goes_out_at_our_own_rate_and_cancels_go_first",
        _set(TokenBucket, "take", lambda *_: True),
    ),
    "entries are cancelled at the end": Guard(
        END + "39_end_with_an_entry_on_its_way_leaves_nothing",
        _set(OrderManager, "cancel_entries", lambda self: None),
    ),
}


def _checks(table: str, tests: Mapping[str, str]) -> dict[str, Guard]:
    return {name: Guard(test, _unasked(table, name)) for name, test in tests.items()}


GROUPS: dict[str, dict[str, Guard]] = {
    "opening checks": _checks("OPENING_CHECKS", OPENING),
    "prices": _checks("PRICE_GUARDS", PRICES),
    "all orders": _checks("CHECKS", ALL_ORDERS),
    "orders on their way": ORDERS_ON_THEIR_WAY,
    "protection": PROTECTION,
    "truth": TRUTH,
    "holds": HOLDS,
}
"""Guards by name, by what they are for."""

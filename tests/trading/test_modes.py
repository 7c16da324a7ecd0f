"""What the trader may do: the moves of the link, and holds that do not undo each other."""

from itertools import product

import pytest

from tests.helpers.broker_words import START, at
from trading.modes import HOLDS, LINKS, SYNCED, Hold, LiftedBy, Link, Mode, started
from utils.errors import SimulationError


def reconciled(**holds):
    state = started(START, {})
    for link in (Link.CONNECTING, Link.SYNCING, Link.RECONCILED):
        state = state.moved(link, at(1))
    for name, why in holds.items():
        state = state.held(Hold(name), why)
    return state


def test_modes_from_start_to_trading():
    state, seen = started(START, {}), []
    for link in (Link.CONNECTING, Link.SYNCING, Link.RECONCILED):
        seen.append(state.mode)
        state = state.moved(link, at(1))
    assert [*seen, state.mode] == ["DISCONNECTED", "CONNECTING", "SYNCING", "TRADING"]
    assert state.since == at(1)


def test_modes_link_moves_only_as_the_table_says():
    for start, to in product(Link, Link):
        state = started(START, {})
        object.__setattr__(state, "link", start)
        if (start, to) in LINKS:
            assert state.moved(to, at(1)).link is to
        else:
            with pytest.raises(SimulationError, match="cannot go"):
                state.moved(to, at(1))


def test_modes_reconciled_is_reached_from_a_snapshot_alone():
    assert [start for start, to in LINKS if to is Link.RECONCILED] == [Link.SYNCING]


def test_modes_every_link_can_be_lost():
    lost = {start for start, to in LINKS if to is Link.DISCONNECTED}
    assert lost == set(Link) - {Link.DISCONNECTED}


def test_modes_every_hold_has_a_rule():
    assert set(HOLDS) == set(Hold)


@pytest.mark.parametrize(
    ("hold", "mode"),
    [
        ("stale_data", "REDUCE_ONLY"),
        ("clock_skew", "REDUCE_ONLY"),
        ("broker_down", "REDUCE_ONLY"),
        ("competing_session", "REDUCE_ONLY"),
        ("restart_window", "REDUCE_ONLY"),
        ("rollover", "REDUCE_ONLY"),
        ("stopping", "REDUCE_ONLY"),
        ("journal", "REDUCE_ONLY"),
        ("daily_loss", "REDUCE_ONLY"),
        ("position_mismatch", "HALTED"),
        ("foreign_order", "HALTED"),
        ("unprotected", "HALTED"),
        ("operator", "HALTED"),
        ("kill_switch", "KILLED"),
    ],
)
def test_modes_hold_leaves(hold, mode):
    assert reconciled(**{hold: "because"}).mode == mode


def test_modes_the_strictest_hold_decides():
    state = reconciled(stale_data="a", kill_switch="b", operator="c")
    assert state.mode is Mode.KILLED
    assert state.reasons == ("kill_switch: b", "operator: c", "stale_data: a")


def test_modes_a_hold_that_passes_leaves_the_others():
    state = reconciled(stale_data="no bar for 31 s", restart_window="02:58")
    state = state.lifted(Hold.STALE_DATA, LiftedBy.ITSELF)
    assert (state.mode, list(state.holds)) == (Mode.REDUCE_ONLY, [Hold.RESTART_WINDOW])
    assert state.lifted(Hold.RESTART_WINDOW, LiftedBy.ITSELF).mode is Mode.TRADING


def test_modes_holds_outlive_the_connection():
    state = reconciled(kill_switch="file").moved(Link.DISCONNECTED, at(2))
    assert (state.mode, state.permission) == (Mode.DISCONNECTED, Mode.KILLED)
    for link in (Link.CONNECTING, Link.SYNCING, Link.RECONCILED):
        state = state.moved(link, at(3))
    assert state.mode is Mode.KILLED


def test_modes_holds_outlive_the_process():
    assert started(START, {Hold.DAILY_LOSS: "lost 500"}).permission is Mode.REDUCE_ONLY


def test_modes_a_hold_keeps_its_first_words():
    state = reconciled(position_mismatch="2 here, 3 there").held(Hold.POSITION_MISMATCH, "again")
    assert state.reasons == ("position_mismatch: 2 here, 3 there",)


@pytest.mark.parametrize(
    ("hold", "by", "is_lifted"),
    [
        ("stale_data", LiftedBy.ITSELF, True),
        ("daily_loss", LiftedBy.ITSELF, False),  # gains do not unlock a day
        ("daily_loss", LiftedBy.NEXT_DAY, True),
        ("daily_loss", LiftedBy.OPERATOR, True),
        ("position_mismatch", LiftedBy.ITSELF, False),
        ("position_mismatch", LiftedBy.NEXT_DAY, False),
        ("position_mismatch", LiftedBy.OPERATOR, True),
        ("unprotected", LiftedBy.ITSELF, False),
        ("kill_switch", LiftedBy.ITSELF, False),
        ("kill_switch", LiftedBy.NEXT_DAY, False),
        ("kill_switch", LiftedBy.OPERATOR, True),
        *[("stopping", by, False) for by in LiftedBy],
    ],
)
def test_modes_hold_is_lifted_only_by_whom_the_table_names(hold, by, is_lifted):
    state = reconciled(**{hold: "because"}).lifted(Hold(hold), by)
    assert (state.mode is Mode.TRADING) is is_lifted


def test_modes_a_hold_whose_cause_changes_is_explained_anew_and_nothing_else_changes():
    state = reconciled(clock_skew="+11.0 s", operator="a").explained(Hold.CLOCK_SKEW, "+12.0 s")
    assert state.reasons == ("operator: a", "clock_skew: +12.0 s")
    assert state.explained(Hold.STALE_DATA, "no bar") is state


def test_modes_lifting_what_does_not_hold_changes_nothing():
    state = reconciled()
    assert state.lifted(Hold.STALE_DATA, LiftedBy.ITSELF) is state


def test_modes_synced_are_those_of_a_reconciled_link():
    assert {mode for mode in Mode if mode not in SYNCED} == {
        "DISCONNECTED", "CONNECTING", "SYNCING",
    }  # fmt: skip

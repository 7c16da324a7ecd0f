"""Which alerts a status asks for, one row per cause."""

from dataclasses import replace

import pytest

from config.operation_settings import AlertSettings
from tests.helpers.trader_statuses import (
    NOW,
    ago,
    healthy,
    with_connection,
    with_data,
    with_holding,
    with_profit,
)
from trading.alert_rules import passing_alerts, standing_alerts
from trading.status import LinkState, TraderMode

SETTINGS = AlertSettings()
DOWN = LinkState.DOWN


def kinds(status):
    """Return the kinds of alerts that stand."""
    return [alert.kind for alert in standing_alerts(status, SETTINGS)]


def test_alert_rules_in_good_order_ask_for_none():
    assert kinds(healthy()) == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, []),
        (60, ["connection_down_1_minute"]),
        (299, ["connection_down_1_minute"]),
        (300, ["connection_down_5_minutes"]),
        (900, ["connection_down_15_minutes"]),
        (86_400, ["connection_down_15_minutes"]),
    ],
)
@pytest.mark.parametrize("state", [DOWN, LinkState.CONNECTING, LinkState.BROKER_LOST])
def test_alert_rules_of_an_outage_go_by_its_length(state, seconds, expected):
    assert kinds(with_connection(state=state, since=ago(seconds))) == expected


def test_alert_rules_of_the_planned_restart_ask_for_none():
    assert kinds(with_connection(state=DOWN, since=ago(3_600), is_planned=True)) == []


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (
            with_holding(stop=None, unprotected_since=ago(5)),
            "stop_missing",
            "+2 MNQZ5, without a stop for 5 s",
        ),
        (
            with_holding(
                stop=replace(healthy().holding.stop, quantity=1, is_covering=False),
                unprotected_since=ago(8),
            ),
            "stop_missing",
            "stop 1 at 24,960.25, which does not cover it for 8 s",
        ),
        (healthy(mode=TraderMode.HALTED, mode_reason="drift of 1"), "halted", "halted: drift of 1"),
        (healthy(mode=TraderMode.REDUCE_ONLY, mode_reason="rest"), "reduce_only", "rest"),
        (healthy(is_kill_switch_on=True), "kill_switch", "+2 MNQZ5, stop 2"),
        (healthy(mode=TraderMode.KILLED), "kill_switch", "1 working order"),
        (
            with_profit(unrealised_usd=-640.0, lock_reason="loss limit reached"),
            "daily_loss_lock",
            "the day is -523.72 USD, limit 500.00 USD",
        ),
        (with_data(stale_reason="no tick for 34 s"), "stale_data", "no tick for 34 s"),
        (with_connection(clock_offset_seconds=-2.0), "clock_skew", "-2.0 s from ours"),
        (with_connection(clock_offset_seconds=90.0), "clock_skew", "+90.0 s from ours"),
    ],
)
def test_alert_rules_name_the_cause_and_its_numbers(status, kind, words):
    (alert,) = standing_alerts(status, SETTINGS)
    assert (alert.kind, alert.at) == (kind, NOW)
    assert words in alert.text


@pytest.mark.parametrize(
    "status",
    [
        with_holding(stop=None, unprotected_since=ago(4.9)),  # the protector is at it
        with_holding(stop=None, position=0, unprotected_since=ago(60)),  # nothing to protect
        with_connection(clock_offset_seconds=1.9),
        with_connection(clock_offset_seconds=None),
    ],
)
def test_alert_rules_below_their_bounds_ask_for_none(status):
    assert kinds(status) == []


def test_alert_rules_find_several_causes_at_once():
    status = replace(
        with_connection(state=DOWN, since=ago(400)),
        mode=TraderMode.HALTED,
        profit=with_profit(lock_reason="loss limit reached").profit,
    )
    assert kinds(status) == ["connection_down_5_minutes", "halted", "daily_loss_lock"]


def test_alert_rules_of_coming_back_tell_how_long_it_took():
    before = with_connection(state=DOWN, since=ago(75))
    (alert,) = passing_alerts(before, healthy())
    assert (alert.kind, alert.text) == ("reconnected", "connected again after 75 s")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (healthy(), healthy()),
        (healthy(), with_connection(state=DOWN)),
        (with_connection(state=DOWN), with_connection(state=LinkState.CONNECTING)),
    ],
)
def test_alert_rules_of_not_coming_back_tell_nothing(before, after):
    assert passing_alerts(before, after) == ()

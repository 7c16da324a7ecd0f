"""Which alerts a status asks for, one row per cause."""

from dataclasses import replace

import pytest

from config.trading_settings import TradingSettings
from tests.helpers.trader_statuses import (
    NOW,
    ago,
    healthy,
    held,
    out_of_reach,
    unbegun,
    with_connection,
    with_holding,
)
from trading.alert_kinds import ALERT_KINDS
from trading.alert_rules import HOLD_ALERTS, passing_alerts, standing_alerts
from trading.modes import Hold, Link

SETTINGS = TradingSettings()


def kinds(status):
    """Return the kinds of alerts that stand."""
    return [alert.kind for alert in standing_alerts(status, SETTINGS)]


def test_alert_rules_in_good_order_ask_for_none():
    assert kinds(healthy()) == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, []),
        (60, ["connection_down_1_minute"]),
        (300, ["connection_down_5_minutes"]),
        (900, ["connection_down_15_minutes"]),
        (86_400, ["connection_down_15_minutes"]),
    ],
)
@pytest.mark.parametrize("is_broker_up", [True, False])
def test_alert_rules_of_an_outage_go_by_its_length(seconds, expected, is_broker_up):
    assert kinds(out_of_reach(seconds, is_broker_up=is_broker_up)) == expected


def test_alert_of_an_outage_before_the_trader_has_begun_claims_no_position():
    line = replace(unbegun().connection, outage_seconds=60.0)
    (alert,) = standing_alerts(unbegun(connection=line), SETTINGS)
    assert alert.text.endswith("down for more than 1 min; the position is not known")


@pytest.mark.parametrize(
    ("n_limits", "seconds", "expected"),
    [
        (1, 30.0, "connection_down_1_minute"),
        (2, 45.0, "connection_down_5_minutes"),
        (3, 50.0, "connection_down_15_minutes"),
        (4, 55.0, "connection_down_15_minutes"),
        (1, 900.0, "connection_down_15_minutes"),
        (1, 400.0, "connection_down_5_minutes"),
    ],
)
def test_alert_rules_of_other_limits_go_by_their_order_and_are_never_milder_than_the_length(
    n_limits, seconds, expected
):
    status = out_of_reach(seconds)
    line = replace(status.connection, n_outage_limits=n_limits)
    assert kinds(replace(status, connection=line)) == [expected]


def test_alert_rules_of_a_stop_that_cannot_be_asked_for_say_that_it_is_as_last_known():
    holding = with_holding(stop=replace(healthy().holding.stop, is_confirmed=False)).holding
    (alert,) = standing_alerts(replace(out_of_reach(60), holding=holding), SETTINGS)
    assert alert.text.endswith("+2 MNQZ5, stop 2 at 24,960.25 as last known")


def test_alert_rules_of_a_gateway_that_lost_its_broker_say_so():
    status = with_connection(is_broker_up=False, outage_seconds=300.0)
    (alert,) = standing_alerts(status, SETTINGS)
    assert alert.text == (
        "the gateway's line to the broker has been down for more than 5 min; "
        "+2 MNQZ5, stop 2 at 24,960.25"
    )


def test_alert_rules_of_an_outage_that_is_over_ask_for_none():
    assert kinds(with_connection(outage_seconds=900.0)) == []


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
        (held(Hold.STALE_DATA, "no tick for 34 s"), "stale_data", "no tick for 34 s; +2 MNQZ5"),
        (held(Hold.CLOCK_SKEW, "12 s off"), "clock_skew", "12 s off"),
        (held(Hold.COMPETING_SESSION, "10197"), "competing_session", "10197"),
        (held(Hold.ROLLOVER, "MNQZ5 ends in 8 days"), "roll_due", "ends in 8 days"),
        (held(Hold.JOURNAL, "disk full"), "journal_failure", "disk full"),
        (held(Hold.POSITION_MISMATCH, "ours +2, theirs +1"), "drift", "ours +2, theirs +1"),
        (held(Hold.FOREIGN_ORDER, "perm id 7"), "foreign_order", "perm id 7"),
        (held(Hold.UNPROTECTED, "no stop was taken"), "halted", "no stop was taken"),
        (held(Hold.OPERATOR, "lunch"), "halted", "lunch"),
        (held(Hold.KILL_SWITCH, "by hand"), "kill_switch", "by hand; +2 MNQZ5, stop 2"),
        (held(Hold.KILL_SWITCH, "by hand"), "kill_switch", "1 working order"),
        (
            held(Hold.DAILY_LOSS, "loss limit reached"),
            "daily_loss_lock",
            "the day is 74.78 USD, limit 500.00 USD",
        ),
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
        held(Hold.RESTART_WINDOW, "16:00 to 17:00 Chicago"),
        held(Hold.STOPPING, "SIGTERM"),
    ],
)
def test_alert_rules_of_what_is_in_order_ask_for_none(status):
    assert kinds(status) == []


def test_alert_rules_know_every_hold_and_every_kind_they_name():
    assert set(HOLD_ALERTS) == set(Hold)
    assert {kind for kind in HOLD_ALERTS.values() if kind is not None} <= set(ALERT_KINDS)


def test_alert_rules_find_several_causes_at_once():
    holds = {Hold.OPERATOR: "lunch", Hold.UNPROTECTED: "no stop", Hold.DAILY_LOSS: "limit"}
    status = replace(out_of_reach(400), holds=holds)
    found = standing_alerts(status, SETTINGS)
    assert [alert.kind for alert in found] == [
        "connection_down_5_minutes",
        "halted",
        "daily_loss_lock",
    ]
    assert "lunch" in found[1].text
    assert "no stop" in found[1].text


def test_alert_rules_of_coming_back_tell_how_long_it_took():
    (alert,) = passing_alerts(out_of_reach(75), healthy())
    assert (alert.kind, alert.text) == ("reconnected", "connected again after 75 s")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (healthy(), healthy()),
        (healthy(), out_of_reach(0)),
        (out_of_reach(10), with_connection(link=Link.CONNECTING)),
        (out_of_reach(10), with_connection(is_broker_up=False)),
    ],
)
def test_alert_rules_of_not_coming_back_tell_nothing(before, after):
    assert passing_alerts(before, after) == ()

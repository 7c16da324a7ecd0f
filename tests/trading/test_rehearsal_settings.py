import math
from datetime import UTC, datetime, timedelta

import pytest

from config.connection_settings import ConnectionSettings
from config.trader_settings import SessionSettings, TraderSettings
from config.trading_settings import TradingSettings
from trading.rehearsal_settings import (
    rehearsed,
    rehearsed_connection,
    rehearsed_trader,
    scaled_seconds,
)


def test_waits_for_the_broker_are_as_many_times_longer_as_the_market_is_faster():
    settings = rehearsed(TradingSettings(), 60.0)
    assert settings.timers.ack_seconds == 300.0
    assert settings.timers.intent_seconds == 300.0
    assert settings.timers.partial_seconds == 1_800.0
    assert settings.limits.stale_after_seconds == 1_800.0
    assert settings.limits.max_skew_seconds == 600.0
    assert settings.protection.deadline_seconds == 300.0


def test_what_means_the_market_itself_and_what_waits_in_real_time_stays():
    settings, plain = rehearsed(TradingSettings(), 60.0), TradingSettings()
    assert settings.limits.no_entry_seconds == plain.limits.no_entry_seconds
    assert settings.limits.max_orders_per_minute == plain.limits.max_orders_per_minute
    assert settings.protection.check_seconds == plain.protection.check_seconds
    assert settings.pacing.reserved_messages == plain.pacing.reserved_messages
    assert settings.reconciliation == plain.reconciliation


def test_in_lockstep_no_wait_ends_and_its_end_is_still_a_time():
    settings = rehearsed(TradingSettings(), math.inf)
    assert settings.timers.cancel_seconds == 1e8
    end = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(seconds=settings.timers.cancel_seconds)
    assert end.year == 2027


@pytest.mark.parametrize(
    ("seconds", "rate", "expected"),
    [(5.0, 1.0, 5.0), (5.0, 0.5, 5.0), (5.0, 10.0, 50.0), (5.0, math.inf, 1e8), (2e8, 3.0, 2e8)],
)
def test_no_wait_becomes_shorter_nor_endless(seconds, rate, expected):
    assert scaled_seconds(seconds, rate) == expected


def test_a_rehearsals_connection_reaches_the_simulated_gateway_with_its_own_timers():
    settings = rehearsed_connection(ConnectionSettings(host="tws.example", time_scale=0.5), 4_100)
    assert (settings.host, settings.port) == ("127.0.0.1", 4_100)
    assert settings.time_scale == 0.5
    assert settings.max_messages_per_second == 10_000
    assert (settings.history_again_seconds, settings.gap_retries) == (0.0, 0)


def test_a_live_connection_may_still_not_send_so_much():
    with pytest.raises(ValueError, match="max_messages_per_second"):
        ConnectionSettings(max_messages_per_second=10_000)


def test_a_whole_traders_settings_are_scaled_part_by_part():
    plain = TraderSettings(session=SessionSettings(stale_flatten_seconds=90.0))
    settings = rehearsed_trader(plain, 10.0, 4_100)
    assert settings.session.stale_flatten_seconds == 900.0
    assert settings.session.late_seconds == 600.0
    assert settings.session.no_entry_before_restart_seconds == 120.0
    assert settings.session.policy_seconds == 1.0
    assert settings.trading.timers.ack_seconds == 50.0
    assert settings.connection.port == 4_100
    assert settings.operation == plain.operation


def test_a_position_that_is_left_to_its_stop_stays_so():
    assert rehearsed_trader(TraderSettings(), 10.0, 1).session.stale_flatten_seconds is None

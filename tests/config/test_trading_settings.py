"""The settings of live trading: their defaults fit together, and out of bounds is refused."""

import pytest

from config.checking import checked
from config.trading_settings import TradingSettings
from trading.order_manager import OrderLimits
from utils.errors import ConfigError


def test_trading_settings_defaults_are_those_of_the_documents():
    settings = TradingSettings()
    assert settings.timers.lost_seconds >= 5  # two snapshots, so far apart
    assert settings.pacing.messages_per_second + settings.pacing.burst_messages <= 20
    assert settings.limits.max_skew_seconds == 10
    assert settings.limits.warn_skew_seconds == 2
    assert settings.protection.deadline_seconds == 5


def test_trading_settings_are_as_careful_as_the_script_by_default():
    limits = TradingSettings().limits
    same = OrderLimits(
        max_position=limits.max_position, max_daily_loss_usd=limits.max_daily_loss_usd
    )
    assert str(same) == "1 contract(s), 500.00 USD a day"


def test_trading_settings_let_a_full_position_be_reversed():
    limits = TradingSettings().limits
    assert limits.max_order_quantity >= 2 * limits.max_position


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("timers", "ack_seconds", 0.0),
        ("timers", "lost_seconds", -1.0),
        ("limits", "max_position", 0),
        ("limits", "max_daily_loss_usd", float("inf")),
        ("limits", "max_daily_loss_usd", float("nan")),
        ("limits", "max_skew_seconds", 61.0),
        ("protection", "stop_ticks", 0.0),  # there is no way to have no stop
        ("protection", "stop_ticks", None),
        ("pacing", "messages_per_second", 50.0),
        ("limits", "max_possition", 1),
    ],
)
def test_trading_settings_out_of_bounds_are_refused(table, field, value):
    with pytest.raises(ConfigError, match=field):
        checked(TradingSettings, {table: {field: value}}, "profile `live`")

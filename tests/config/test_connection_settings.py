"""Timers of the connection: checked once, scaled all alike."""

from typing import Any

import pytest

from config.checking import checked
from config.connection_settings import ConnectionSettings
from utils.errors import ConfigError


def test_connection_settings_scale_every_time_alike() -> None:
    settings = ConnectionSettings(time_scale=0.01)
    assert settings.scaled(settings.probe_every_seconds) == pytest.approx(0.05)
    assert settings.scaled(settings.probe_seconds) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"client_id": 0}, "`client_id` in .*greater than or equal to 1, was 0"),
        ({"port": 70_000}, "`port` in .*was 70000"),
        ({"alert_after_seconds": (60.0, 60.0)}, "positive and ascending"),
        ({"alert_after_seconds": (0.0,)}, "positive and ascending"),
        ({"planned_zone": "Mars/Phobos"}, "name of a time zone"),
        ({"planned_zone": "../../etc"}, "name of a time zone"),
        ({"probe_second": 3.0}, "did you mean `probe_seconds`"),
        ({"max_messages_per_second": 51}, "less than or equal to 50"),
    ],
)
def test_connection_settings_out_of_bounds_are_one_clear_line(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        checked(ConnectionSettings, values, "a test")

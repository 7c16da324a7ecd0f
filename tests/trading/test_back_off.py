"""Waits between attempts to connect."""

import pytest

from config.connection_settings import ConnectionSettings
from trading.back_off import BackOff


def waits(settings: ConnectionSettings, seed: int, n: int) -> list[float]:
    back_off = BackOff(settings, seed)
    return [back_off.next_seconds() for _ in range(n)]


def test_back_off_without_jitter_doubles_up_to_a_minute_and_stays() -> None:
    expected = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert waits(ConnectionSettings(retry_jitter=0.0), 0, 9) == expected


def test_back_off_after_thousands_of_failures_is_still_a_minute() -> None:
    assert waits(ConnectionSettings(retry_jitter=0.0), 0, 5_000)[-1] == 60.0


def test_back_off_jitter_adds_up_to_a_quarter_and_never_shortens() -> None:
    plain = waits(ConnectionSettings(retry_jitter=0.0), 0, 200)
    ratios = [
        one / other for one, other in zip(waits(ConnectionSettings(), 3, 200), plain, strict=True)
    ]
    assert min(ratios) >= 1.0
    assert 1.2 < max(ratios) <= 1.25


def test_back_off_of_the_same_seed_is_the_same_of_another_is_not() -> None:
    settings = ConnectionSettings()
    assert waits(settings, 7, 20) == waits(settings, 7, 20)
    assert waits(settings, 7, 20) != waits(settings, 8, 20)


def test_back_off_after_reset_begins_anew() -> None:
    back_off = BackOff(ConnectionSettings(retry_jitter=0.0), 0)
    assert [back_off.next_seconds() for _ in range(3)] == [1.0, 2.0, 4.0]
    back_off.reset()
    assert back_off.next_seconds() == 1.0


def test_back_off_is_scaled() -> None:
    settings = ConnectionSettings(retry_jitter=0.0, time_scale=0.01)
    assert waits(settings, 0, 2) == pytest.approx([0.01, 0.02])

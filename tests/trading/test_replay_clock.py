import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trading.replay_clock import HeldClock, ReplayClock

NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)


@dataclass
class Said:
    """A market whose time a test sets."""

    time: datetime = NOON

    def now(self):
        return self.time


def test_replay_clock_shows_the_markets_time_and_not_the_machines():
    market = Said()
    clock = ReplayClock(market, rate=60.0)
    assert clock.now() == NOON
    market.time = NOON + timedelta(hours=3)
    assert clock.now() == datetime(2024, 1, 2, 15, tzinfo=UTC)


def test_replay_clock_never_goes_back():
    market = Said()
    clock = ReplayClock(market, rate=60.0)
    market.time = NOON - timedelta(seconds=1)
    assert clock.now() == NOON


def test_held_clock_stands_until_it_is_released_and_goes_on_from_there():
    clock = HeldClock()
    begun = clock.now()
    time.sleep(0.002)
    assert clock.now() == begun
    clock.release()
    time.sleep(0.002)
    assert timedelta(milliseconds=2) <= clock.now() - begun < timedelta(seconds=30)


def test_held_clock_released_twice_does_not_start_anew():
    clock = HeldClock()
    clock.release()
    time.sleep(0.002)
    before = clock.now()
    clock.release()
    assert clock.now() >= before

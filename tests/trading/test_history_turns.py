"""When history may be asked for: the same no sooner than its wait, another at once."""

import asyncio
import time

import pytest

from config.connection_settings import ConnectionSettings
from trading.history_turns import HistoryTurns

FIVE_MINUTES = ("1", "1 2 D 5 mins")
ONE_MINUTE = ("1", "1 2 D 1 min")


def seconds_until_free(settings, asked, wanted):
    """Return how long a request has to wait after others."""

    async def in_loop():
        turns = HistoryTurns(settings)
        for one in asked:
            turns.note(*one)
        begun = time.monotonic()
        await turns.until_free(*wanted)
        return time.monotonic() - begun

    return asyncio.run(in_loop())


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ([], 0.0, 0.1),
        ([FIVE_MINUTES], 0.2, 0.8),
        ([ONE_MINUTE], 0.0, 0.1),
        ([FIVE_MINUTES, ONE_MINUTE], 0.2, 0.8),
    ],
)
def test_history_turns_same_request_waits_and_another_does_not(asked, least, most):
    settings = ConnectionSettings(history_again_seconds=20.0, time_scale=0.01)
    assert least <= seconds_until_free(settings, asked, FIVE_MINUTES) <= most


def test_history_turns_sixth_request_for_a_contract_within_two_seconds_waits():
    settings = ConnectionSettings(history_again_seconds=0.001)
    asked = [("1", f"1 {days} D 5 mins") for days in range(1, 6)]
    assert seconds_until_free(settings, asked, ("2", "2 1 D 5 mins")) < 0.5
    assert 1.5 <= seconds_until_free(settings, asked, FIVE_MINUTES) <= 2.5


def test_history_turns_of_a_broker_without_limits_wait_for_nothing():
    settings = ConnectionSettings(history_again_seconds=0.0)
    assert seconds_until_free(settings, [FIVE_MINUTES] * 100, FIVE_MINUTES) < 0.1

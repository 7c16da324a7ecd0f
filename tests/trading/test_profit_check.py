"""When the broker's count of the day is worth a look."""

import math

import pytest

from trading.broker_events import ProfitSeen
from trading.profit_check import profit_differs


def seen(daily_usd):
    return ProfitSeen(account="DU1", daily_usd=daily_usd, unrealised_usd=0.0, realised_usd=0.0)


@pytest.mark.parametrize(
    ("own", "daily"),
    [(-40.0, -40.0), (-40.0, -65.0), (-40.0, -15.0), (0.1, 25.1), (None, -40.0), (-40.0, math.nan),
     (-40.0, math.inf), (math.nan, 1.0)],
)  # fmt: skip
def test_profit_that_agrees_or_is_not_known_says_nothing(own, daily):
    assert profit_differs(own, seen(daily), 25.0) is None


def test_profit_that_the_broker_has_not_told_says_nothing():
    assert profit_differs(-40.0, None, 0.0) is None


def test_profit_that_differs_is_said_with_both_counts():
    assert profit_differs(-40.0, seen(-65.01), 25.0) == (
        "the broker counts -65.01 USD for the day, our fills come to -40.00: 25.01 apart"
    )

"""What is asked for at the start: understood, or refused before anything is loaded."""

import math
from datetime import datetime

import pytest

from tests.helpers.trade_requests import live_request, request
from utils.errors import ConfigError


def test_request_shows_no_account():
    assert "U1234567" not in repr(live_request())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"models": ()}, "--model DIR"),
        ({"mode": "real"}, "sim, paper, live, was `real`"),
        ({"speed": 0.0}, "--speed"),
        ({"speed": -1.0}, "--speed"),
        ({"speed": math.nan}, "--speed"),
        ({"speed": math.inf}, "--speed"),
        ({"start": datetime(2025, 11, 20)}, "must have a zone"),
    ],
)
def test_request_for_what_nobody_can_trade_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        request(**changes)

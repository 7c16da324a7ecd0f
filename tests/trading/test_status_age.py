"""The age of a status counts on its trader's clock, the market's own in a simulation."""

import os
from datetime import timedelta

import pytest

from tests.helpers.clocks import StoppedClock
from tests.helpers.trader_statuses import NOW, healthy
from trading.status_age import read_at
from trading.status_file import STATUS_FILE, write_status

READ = StoppedClock("2026-03-02T09:00:00+00:00")


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a status 42 s before it is read."""

    def write(status):
        path = tmp_path / STATUS_FILE
        write_status(path, status)
        moment = READ.now().timestamp() - 42.0
        os.utime(path, (moment, moment))
        return path

    return write


@pytest.mark.parametrize("venue", ["paper", "live"])
def test_status_of_a_real_market_is_as_old_as_its_own_stamp(written, venue):
    status = healthy(venue=venue)  # of 2025: a hung trader's, though it was written just now
    assert read_at(status, written(status), READ) == READ.now()


def test_status_of_a_simulated_market_is_as_old_as_its_file(written):
    status = healthy(venue="sim")
    assert read_at(status, written(status), READ) == NOW + timedelta(seconds=42)

"""Zones by name and offset, and local clocks turned into UTC."""

import numpy as np
import pandas as pd
import pytest

from data.importers.zones import NO_STAMP, Zone, parse_zone, to_utc
from utils.errors import ConfigError

HOUR = 3_600 * 1_000_000_000


def utc_of(zone, *texts):
    stamps = pd.DatetimeIndex(texts).as_unit("ns").asi8
    return [
        None if stamp == NO_STAMP else str(np.datetime64(int(stamp), "ns"))[:19]
        for stamp in to_utc(stamps, parse_zone(zone))
    ]


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("America/Chicago", Zone("America/Chicago")),
        ("UTC", Zone("UTC")),
        ("UTC+2", Zone("UTC", 2 * HOUR)),
        ("UTC-5:30", Zone("UTC", -5 * HOUR - HOUR // 2)),
        ("America/New_York+7", Zone("America/New_York", 7 * HOUR)),
        ("Etc/GMT+5", Zone("Etc/GMT+5")),
    ],
)
def test_parse_zone_known_names_are_read_and_named_again(text, zone):
    assert parse_zone(text) == zone
    assert parse_zone(zone.name) == zone


@pytest.mark.parametrize("text", ["", "Mars/Olympus", "UTC+19", "UTC+2:75", "+2", "America"])
def test_parse_zone_others_are_refused(text):
    with pytest.raises(ConfigError, match="`--tz` must be a zone such as America/Chicago"):
        parse_zone(text)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/Chicago", "2024-01-08T17:00", "2024-01-08T23:00:00"),
        ("America/Chicago", "2024-07-08T17:00", "2024-07-08T22:00:00"),
        ("UTC+2", "2024-07-08T17:00", "2024-07-08T15:00:00"),
        ("America/New_York+7", "2024-07-09T00:00", "2024-07-08T21:00:00"),
        ("America/Chicago", "2024-03-10T02:30", None),  # the clock skips it
        ("America/Chicago", "2024-11-03T01:30", None),  # the clock shows it twice
    ],
)
def test_to_utc_single_stamps_are_moved_or_none(zone, local, utc):
    assert utc_of(zone, local) == [utc]


def test_to_utc_hour_that_is_there_twice_is_told_apart_by_its_order():
    local = ("2024-11-03T00:30", "2024-11-03T01:30", "2024-11-03T01:30", "2024-11-03T02:30")

    assert utc_of("America/Chicago", *local) == [
        "2024-11-03T05:30:00",
        "2024-11-03T06:30:00",
        "2024-11-03T07:30:00",
        "2024-11-03T08:30:00",
    ]


def test_to_utc_no_stamp_stays_none():
    stamps = np.array([NO_STAMP, 0])

    assert to_utc(stamps, parse_zone("UTC+2")).tolist() == [NO_STAMP, -2 * HOUR]

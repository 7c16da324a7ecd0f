"""Dates as files write them: every form, strictly."""

import numpy as np
import pyarrow as pa
import pytest

from data.importers.stamps import read_stamps
from data.importers.zones import NO_STAMP


def shown(stamp):
    return str(np.datetime64(int(stamp), "ns"))[:23] if stamp != NO_STAMP else None


def read(*texts):
    return read_stamps(pa.array(list(texts), pa.string()))


@pytest.mark.parametrize(
    ("text", "expected", "has_zone"),
    [
        ("2024-01-31 17:05:00", "2024-01-31T17:05:00.000", False),
        ("2024-01-31T17:05", "2024-01-31T17:05:00.000", False),
        ("2024-01-31", "2024-01-31T00:00:00.000", False),
        ("2024-01-31 17:05:00-06:00", "2024-01-31T23:05:00.000", True),
        ("2024-01-31T17:05:00+0530", "2024-01-31T11:35:00.000", True),
        ("2024-01-31T17:05:00.250Z", "2024-01-31T17:05:00.250", True),
        ("20240131 170500", "2024-01-31T17:05:00.000", False),
        ("20240131 1705", "2024-01-31T17:05:00.000", False),
        ("20240131", "2024-01-31T00:00:00.000", False),
        ("2024.01.31 17:05", "2024-01-31T17:05:00.000", False),
        ("2024/1/31 17:05:00.000000", "2024-01-31T17:05:00.000", False),
        ("2024/1/31 905", "2024-01-31T09:05:00.000", False),
        ("2024/1/31 90507", "2024-01-31T09:05:07.000", False),
        ("31.01.2024 17:05:00.500 GMT+0100", "2024-01-31T16:05:00.500", True),
        ("31/01/24 5:05 PM", "2024-01-31T17:05:00.000", False),
        ("31/01/1999 12:05:09 AM", "1999-01-31T00:05:09.000", False),
        ("31-01-99", "1999-01-31T00:00:00.000", False),
        ("1706720700", "2024-01-31T17:05:00.000", True),
        ("1706720700000", "2024-01-31T17:05:00.000", True),
        ("1706720700000000", "2024-01-31T17:05:00.000", True),
        ("1706720700000000000", "2024-01-31T17:05:00.000", True),
        (" 2024-01-31 17:05 ", "2024-01-31T17:05:00.000", False),
    ],
)
def test_read_stamps_every_form_is_read(text, expected, has_zone):
    batch = read(text)

    assert shown(batch.stamps[0]) == expected
    assert bool(batch.has_zone[0]) is has_zone


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "2024-02-30",
        "2023-02-29 00:00",
        "2024-13-01",
        "2024-01-31 24:00:00",
        "2024-01-31 17:60",
        "31/02/2024",
        "31/01/2024 13:05 PM",
        "0024-01-31",
        "2024-01-31 17:05:00 CST",
        "12345",
        "2024-01-31 17:05:00 x",
    ],
)
def test_read_stamps_what_is_no_date_is_none(text):
    assert read(text, "2024-01-31").stamps[0] == NO_STAMP
    assert read(text).stamps[0] == NO_STAMP


def test_read_stamps_open_order_is_read_both_ways():
    batch = read("03/04/2024 10:00", "25/04/2024 10:00", "2024-04-26 10:00")

    assert [shown(stamp)[:10] for stamp in batch.stamps] == [
        "2024-04-03",
        "2024-04-25",
        "2024-04-26",
    ]
    assert batch.month_first is not None
    assert [shown(stamp) for stamp in batch.month_first] == [
        "2024-03-04T10:00:00.000",
        None,
        "2024-04-26T10:00:00.000",
    ]


def test_read_stamps_ways_of_writing_are_counted():
    batch = read("29/06/2020 01:00:00", "2/7/2025 10:00", "2/7/2025 10:30")

    assert batch.shapes == {
        "d/m/y or m/d/y with seconds": 1,
        "d/m/y or m/d/y with minutes": 2,
    }

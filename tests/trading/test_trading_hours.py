"""The text in which a broker tells hours, as it was seen and as it must not be."""

from datetime import date

import pytest

from tests.helpers.told_contracts import chicago, told
from trading.time_spans import Span
from trading.trading_hours import told_hours
from utils.errors import FatalGatewayError


def test_told_hours_of_a_week_are_in_utc_and_name_the_closed_days() -> None:
    hours = told_hours(
        told(
            trading_hours="20250503:CLOSED;20250504:1700-20250505:1600;20250505:1700-20250506:1600"
        )
    )
    assert [span.opens.isoformat() for span in hours.spans] == [
        "2025-05-04T22:00:00+00:00",
        "2025-05-05T22:00:00+00:00",
    ]
    assert hours.spans[0].closes.isoformat() == "2025-05-05T21:00:00+00:00"
    assert hours.closed_days == (date(2025, 5, 3),)


def test_told_hours_of_a_day_with_a_pause_are_two_stretches() -> None:
    text = "20240728:1900-20240729:0745,20240729:0830-20240729:1320"
    assert told_hours(told(trading_hours=text)).spans == (
        Span(chicago("2024-07-28T19:00"), chicago("2024-07-29T07:45")),
        Span(chicago("2024-07-29T08:30"), chicago("2024-07-29T13:20")),
    )


def test_told_hours_with_an_empty_entry_and_days_out_of_order_are_put_in_order() -> None:
    text = (
        ";20240729:0830-20240729:1320; 20240731:CLOSED;20240728:1900-20240729:0745;20240730:CLOSED"
    )
    hours = told_hours(told(trading_hours=text))
    assert [span.opens for span in hours.spans] == [
        chicago("2024-07-28T19:00"),
        chicago("2024-07-29T08:30"),
    ]
    assert hours.closed_days == (date(2024, 7, 30), date(2024, 7, 31))


def test_told_hours_that_touch_are_one_stretch() -> None:
    text = "20240729:0830-20240729:1200;20240729:1200-20240729:1320"
    (span,) = told_hours(told(trading_hours=text)).spans
    assert span == Span(chicago("2024-07-29T08:30"), chicago("2024-07-29T13:20"))


def test_told_hours_go_by_the_zone_that_is_told() -> None:
    text = "20221206:1800-20221207:1700"
    (span,) = told_hours(told(trading_hours=text, time_zone="US/Eastern")).spans
    assert span == Span(chicago("2022-12-06T17:00"), chicago("2022-12-07T16:00"))


def test_told_hours_of_no_text_are_none() -> None:
    assert told_hours(told(trading_hours="")).spans == ()


@pytest.mark.parametrize(
    "text",
    [
        "20130114:1700-1515,1530-1615",  # on which day it begins is not said
        "20250504:1700",
        "20250504:1700-20250504:1600",
        "20250504:1700-20250504:1700",
        "20250532:1700-20250601:1600",
        "20250504:1700-20250505:2400",
        "20250532:CLOSED",
        "20250503:OPEN",
        "closed",
    ],
)
def test_told_hours_that_cannot_be_read_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(FatalGatewayError, match="trading hours of MNQZ4 must be like") as caught:
        told_hours(told(trading_hours=f"20250503:CLOSED;{text}"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("zone", ["CST (Central Standard Time)", "", "../etc", "Mars/Phobos"])
def test_told_hours_of_a_zone_that_nobody_knows_are_refused(zone: str) -> None:
    with pytest.raises(FatalGatewayError, match="time zone of the trading hours of MNQZ4"):
        told_hours(told(trading_hours="20250503:CLOSED", time_zone=zone))

"""A user's own exceptions: what they may say, what they change, and how mistakes are refused."""

from datetime import date

import pandas as pd
import pytest

from data.calendar import calendar, calendar_of
from data.calendar_overrides import SHIPPED, Override, read_overrides
from data.session_templates import TEMPLATES
from utils.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of overrides and returns its path."""

    def write_file(text):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def entry(body, dates='["2024-12-26"]', templates='["equity_index"]'):
    return f"[[session]]\ndates = {dates}\ntemplates = {templates}\n{body}\n"


def chicago(path, day):
    """Return open and close of a day on Chicago's clock, and its note."""
    row = calendar("equity_index", path).sessions(day, day).iloc[0]
    clock = [f"{row[name].tz_convert('America/Chicago'):%d %H:%M}" for name in ("open", "close")]
    return [*clock, row["is_half_day"], row["note"]]


def test_overrides_close_makes_a_half_day(write):
    path = write(entry('close = "10:00"\nnote = "flood"'))

    assert chicago(path, "2024-12-26") == ["25 17:00", "26 10:00", True, "flood"]
    assert chicago(path, "2024-12-27") == ["26 17:00", "27 16:00", False, ""]


def test_overrides_open_after_the_close_lies_on_the_evening_before(write):
    assert chicago(write(entry('open = "20:00"')), "2024-12-26")[0] == "25 20:00"


def test_overrides_open_before_the_close_lies_on_the_day(write):
    path = write(entry('open = "08:30"\nclose = "12:00"'))

    assert chicago(path, "2024-12-26")[:2] == ["26 08:30", "26 12:00"]


def test_overrides_closed_removes_the_session(write):
    path = write(entry("closed = true"))

    assert calendar("equity_index", path).sessions("2024-12-26", "2024-12-26").empty


def test_overrides_close_makes_a_session_on_a_holiday(write):
    path = write(entry('close = "09:00"', dates='["2024-12-25"]'))

    assert chicago(path, "2024-12-25")[:2] == ["24 17:00", "25 09:00"]


def test_overrides_later_close_than_the_ordinary_stretches_the_day(write):
    assert chicago(write(entry('close = "16:45"')), "2024-12-26")[1:3] == ["26 16:45", False]


def test_overrides_close_inside_the_pause_leaves_the_first_span(write):
    path = write(entry('close = "15:20"', dates='["2021-06-25"]'))

    assert chicago(path, "2021-06-25")[1] == "25 15:15"


def test_overrides_of_the_user_go_before_the_shipped_ones(write):
    path = write(entry('close = "16:00"\nnote = "mine"', dates='["2025-01-09"]'))

    assert chicago(path, "2025-01-09") == ["08 17:00", "09 16:00", False, "mine"]
    assert chicago(None, "2025-01-09")[1] == "09 08:30"


def test_overrides_of_another_template_change_nothing(write):
    path = write(entry("closed = true", templates='["energy", "fx"]'))

    assert chicago(path, "2024-12-26")[1] == "26 16:00"
    assert calendar_of("CL", path).sessions("2024-12-26", "2024-12-26").empty


def test_overrides_note_alone_keeps_the_librarys_half_day(write):
    path = write(entry('note = "thin"', dates='["2024-12-24"]'))

    assert chicago(path, "2024-12-24") == ["23 17:00", "24 12:15", True, "thin"]


def test_overrides_last_entry_of_a_date_wins(write):
    path = write(entry("closed = true") + entry('close = "11:00"'))

    assert read_overrides(path, "equity_index") == {date(2024, 12, 26): Override(close_minute=660)}


@pytest.mark.conformance
@pytest.mark.parametrize("template", TEMPLATES)
def test_overrides_shipped_file_is_in_force(template):
    for day, override in read_overrides(SHIPPED, template).items():
        sessions = calendar(template).sessions(day, day)
        assert sessions.empty == override.closed
        if not override.closed:
            assert sessions["note"].iloc[0] == override.note
            assert pd.Timestamp(day).day_of_week < 5


BAD = {
    "no_toml": ("dates = [", "correct the TOML"),
    "other_tables": ("[holiday]\nday = 1", "must hold [[session]] entries only"),
    "one_table": ("[session]\nclosed = true", "must hold [[session]] entries only"),
    "no_dates": ('[[session]]\ntemplates = ["fx"]\nclosed = true', "`dates` must be a list"),
    "dates_no_list": (entry("closed = true", dates='"2024-12-26"'), "`dates` must be a list"),
    "toml_dates": (entry("closed = true", dates="[2024-12-26]"), "`dates` must be a list of texts"),
    "bad_date": (entry("closed = true", dates='["26.12.2024"]'), "session 1: `dates`"),
    "weekend": (entry('close = "12:00"', dates='["2024-12-28"]'), "2024-12-28 is a Saturday"),
    "too_early": (entry("closed = true", dates='["1890-12-26"]'), "1970-01-01 to 2099-12-31"),
    "template": (entry("closed = true", templates='["equity"]'), "unknown session template"),
    "unknown_key": (entry('closes = "12:00"'), "unknown key `closes`; choices are dates"),
    "nothing": (entry(""), "says nothing; give closed, open, close or note"),
    "both": (entry('closed = true\nclose = "12:00"'), "a closed session has no"),
    "closed_text": (entry('closed = "yes"'), "`closed` must be true or false, was 'yes'"),
    "note_number": (entry("note = 1"), "`note` must be text, was 1"),
    "bad_clock": (entry('close = "25:00"'), "`close` must be like \"12:15\", was '25:00'"),
    "clock_number": (entry("close = 12"), '`close` must be like "12:15", was 12'),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_overrides_mistake_is_refused_with_one_line(write, text, message):
    with pytest.raises(ConfigError) as caught:
        calendar("equity_index", write(text)).sessions("2024-12-26", "2024-12-26")

    assert message in str(caught.value)
    assert "own.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_overrides_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the calendar overrides `.*gone.toml`"):
        calendar("fx", tmp_path / "gone.toml").sessions("2024-12-26", "2024-12-26")

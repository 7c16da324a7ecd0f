"""The empty hour proves the zone and the stamp, in winter and in summer, or proposes another."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.importers.importing import import_files
from data.importers.options import ImportOptions
from tests.helpers.import_texts import CHICAGO, session_bars, texts, write
from utils.errors import DataError

MNQ = get_instrument("MNQ")
NAIVE = "%Y-%m-%d %H:%M:%S"
HEADER = "timestamp,open,high,low,close,volume"  # FirstRate's: New York, unless proven otherwise


def guess_of(path, symbol="MNQ", **options):
    return import_files([path], get_instrument(symbol), ImportOptions(**options)).guesses[0]


def year_of_bars():
    """Bars of one week in each of January, March (Europe lags), July and October (it leads)."""
    weeks = ("2024-01-08", "2024-03-11", "2024-07-08", "2024-10-28")
    return [row for week in weeks for row in session_bars(week)]


def test_zone_both_regimes_are_named(tmp_path):
    path = write(tmp_path / "a.csv", [HEADER, *texts(year_of_bars(), NAIVE, "America/New_York")])

    guess = guess_of(path)

    assert guess.zone_status == "proven"
    assert guess.zone_reason == "16:00-17:00 Chicago is empty, winter and summer"


@pytest.mark.parametrize(
    ("zone", "proposal"),
    [
        ("UTC", "--tz UTC"),
        (CHICAGO, "--tz America/Chicago"),
        ("Europe/Berlin", "--tz Europe/Berlin"),
        ("Europe/Athens", "--tz Europe/Helsinki"),
        ("Asia/Jerusalem", "--tz Asia/Jerusalem"),
        ("Etc/GMT+5", "--tz UTC-5"),
        ("Asia/Tokyo", "--tz Asia/Tokyo"),
    ],
)
def test_zone_that_is_another_is_refused_with_a_proposal_that_works(tmp_path, zone, proposal):
    rows = year_of_bars() + session_bars("2025-03-24")  # Jerusalem changes on Friday the 28th
    path = write(tmp_path / "a.csv", [HEADER, *texts(rows, NAIVE, zone)])

    with pytest.raises(DataError, match=f"not in America/New_York.*fits {proposal}") as caught:
        guess_of(path)

    assert "\n" not in str(caught.value)
    proposed = str(caught.value).split("fits --tz ")[1].split(",")[0].split(" ")[0]
    assert guess_of(path, tz=proposed).zone_status == "proven"
    assert guess_of(path, tz=proposed).n_bars == len(rows)


def test_zone_of_a_broker_who_follows_new_york_is_proposed(tmp_path):
    moved = [(stamp.tz_convert("America/New_York"), *rest) for stamp, *rest in year_of_bars()]
    lines = [
        f"{(stamp.tz_localize(None) + pd.Timedelta(hours=7)):%Y.%m.%d,%H:%M},"
        + ",".join(f"{value:g}" for value in rest)
        for stamp, *rest in moved
    ]
    path = write(tmp_path / "mt4.csv", lines)

    with pytest.raises(DataError, match=r"not in UTC.*fits --tz America/New_York\+7"):
        guess_of(path)

    assert guess_of(path, tz="America/New_York+7").zone_status == "proven"


def test_zone_of_unix_times_that_are_no_utc_is_warned_of_and_can_be_given(tmp_path):
    lines = ["time,open,high,low,close,volume"]
    for stamp, *rest in year_of_bars():
        seconds = int(stamp.tz_convert(CHICAGO).tz_localize(None).timestamp())
        lines.append(",".join([str(seconds), *(f"{value:g}" for value in rest)]))
    path = write(tmp_path / "a.csv", lines)

    as_said, given = guess_of(path), guess_of(path, tz=CHICAGO)

    assert (as_said.zone, as_said.zone_status) == ("UTC", "assumed")
    assert as_said.zone_reason.startswith("the stamps say so; although the empty hour fits")
    # the closed hour has two bars on each evening from Monday to Thursday, in four weeks
    assert as_said.warnings == (
        "the file says UTC, but 32 bars lie in the closed hour of 16:00-17:00 Chicago; the empty "
        "hour would fit --tz America/Chicago; if the file is wrong about its zone, say with --tz "
        "which it is",
    )
    assert (given.zone_status, given.warnings) == ("proven", ())


@pytest.mark.parametrize("stamp", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+00:00"])
def test_zone_that_every_stamp_writes_is_never_replaced(tmp_path, stamp):
    moved = [(row[0] + pd.Timedelta(hours=3), *row[1:]) for row in year_of_bars()]
    path = write(tmp_path / "a.csv", [HEADER, *texts(moved, stamp)])

    guess = guess_of(path, stamp="open")

    assert (guess.zone, guess.first) == ("UTC", moved[0][0])
    assert guess.warnings[0].startswith("the file says UTC, but")


@pytest.mark.parametrize("seed", [0, 3, 5, 7])
def test_zone_of_few_bars_that_leave_the_closed_hour_empty_is_not_refuted(tmp_path, seed):
    # A far contract: no day has bars on both sides of its break, and the empty hour of another zone
    # has some by chance.
    rows = session_bars(n_sessions=10)
    is_kept = np.random.default_rng(seed).random(len(rows)) < 0.15
    thin = [row for row, kept in zip(rows, is_kept, strict=True) if kept]
    path = write(tmp_path / "a.csv", [HEADER, *texts(thin, NAIVE, "America/New_York")])

    guess = guess_of(path)

    assert (guess.zone, guess.zone_status, guess.n_rejected) == ("America/New_York", "assumed", 0)
    assert guess.zone_reason == "too few bars lie beside 16:00-17:00 Chicago to prove it"
    assert guess.n_bars == len(thin)


def test_zone_given_against_the_bars_is_taken_and_says_so(tmp_path):
    path = write(tmp_path / "a.csv", [HEADER, *texts(year_of_bars(), NAIVE, CHICAGO)])

    guess = guess_of(path, tz="America/New_York")

    assert (guess.zone, guess.zone_status) == ("America/New_York", "given")
    assert guess.zone_reason == "although the empty hour fits --tz America/Chicago"
    assert guess.n_rejected == 40  # two bars of each session, in the closed hour or the weekend


@pytest.mark.parametrize("minutes", [1, 5, 30, 60])
@pytest.mark.parametrize(("shift", "stamp"), [(0, "open"), (1, "end")])
def test_stamp_of_either_end_is_proven(tmp_path, minutes, shift, stamp):
    rows = session_bars(minutes=minutes)
    lines = texts(rows, NAIVE, "America/New_York", shift_minutes=shift * minutes)

    guess = guess_of(write(tmp_path / "a.csv", [HEADER, *lines]))

    assert (guess.stamp, guess.stamp_status) == (stamp, "proven")
    assert guess.first == rows[0][0]


def test_stamp_given_against_the_bars_is_taken_and_says_so(tmp_path):
    path = write(tmp_path / "a.csv", [HEADER, *texts(session_bars(), NAIVE, "America/New_York")])

    guess = guess_of(path, stamp="end")

    assert (guess.stamp, guess.stamp_status, guess.zone_status) == ("end", "given", "proven")
    assert guess.zone_reason.endswith("if the bars are stamped at their open")
    assert guess.n_rejected == 5  # each session's first bar, moved into the closed hour


def test_stamp_that_nothing_tells_is_refused_with_the_option(tmp_path):
    rows = [row for row in session_bars() if 9 <= row[0].tz_convert(CHICAGO).hour < 15]
    path = write(tmp_path / "a.csv", ["Datetime|O|H|L|C|Vol", *texts(rows, NAIVE, delimiter="|")])

    with pytest.raises(DataError, match="say with --stamp open or --stamp end"):
        guess_of(path)

    guess = guess_of(path, stamp="end")
    assert (guess.stamp_status, guess.zone_status) == ("given", "assumed")
    assert guess.first == rows[0][0] - pd.Timedelta(minutes=30)


def test_zone_mixed_within_a_file_is_refused_saying_where(tmp_path):
    weeks = ("2024-01-08", "2024-01-15", "2024-01-22", "2024-01-29")
    zones = ("UTC", "UTC", CHICAGO, CHICAGO)
    lines = [HEADER]
    for week, zone in zip(weeks, zones, strict=True):
        lines += texts(session_bars(week), NAIVE, zone)

    with pytest.raises(DataError, match=r"mixed zones.*2024-01-14 fits UTC.*2024-01-21 America"):
        guess_of(write(tmp_path / "a.csv", lines))


def test_zone_wrong_in_summer_only_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", [HEADER, *texts(year_of_bars(), NAIVE, "Etc/GMT+5")])

    with pytest.raises(DataError, match="not in America/New_York.*--tz UTC-5"):
        guess_of(path)


@pytest.mark.parametrize(
    ("symbol", "stamps", "reason"),
    [
        ("MNQ", pd.date_range("2024-01-08", periods=5, freq="D"), "daily bars have a date only"),
        ("MNQ", pd.date_range("2024-01-08", periods=30, freq="4h"), "larger than an hour"),
        ("BTCUSDT", pd.date_range("2024-01-08", periods=500, freq="30min"), "never closes"),
        ("MNQ", pd.date_range("2024-01-08 09:00", periods=12, freq="30min"), "part of the day"),
    ],
)
def test_zone_that_nothing_can_prove_is_assumed(tmp_path, symbol, stamps, reason):
    lines = [f"{stamp:{NAIVE}},100,100,100,100,1" for stamp in stamps]

    guess = guess_of(write(tmp_path / "a.csv", [HEADER, *lines]), symbol)

    assert guess.zone_status == "assumed"
    assert reason in guess.zone_reason
    assert guess.n_rejected == 0


def test_zone_a_stray_print_in_the_closed_hour_does_not_disprove(tmp_path):
    rows = session_bars(minutes=5)
    stray = (rows[275][0] + pd.Timedelta(minutes=30), 1_000.0, 1_000.0, 1_000.0, 1_000.0, 1)
    rows.insert(276, stray)
    path = write(tmp_path / "a.csv", [HEADER, *texts(rows, NAIVE, "America/New_York")])

    guess = guess_of(path)

    assert (guess.zone_status, guess.n_rejected) == ("proven", 1)


def test_zone_closed_hour_was_shorter_before_2015(tmp_path):
    rows = session_bars("2014-01-06", minutes=15)
    lasts = [row for row in rows if f"{row[0].tz_convert(CHICAGO):%H:%M}" == "15:45"]
    late = [(row[0] + pd.Timedelta(minutes=15), *row[1:]) for row in lasts[:4]]
    lines = texts(sorted(rows + late), NAIVE, "America/New_York")

    guess = guess_of(write(tmp_path / "a.csv", [HEADER, *lines]))

    assert (guess.zone_status, guess.stamp, guess.n_rejected) == ("proven", "open", 0)


def test_zone_wrong_on_a_single_friday_is_found_out(tmp_path):
    # Jerusalem's clock changes on Friday 2025-03-28, Helsinki's on the Sunday after.
    rows = session_bars("2025-01-06", n_sessions=130, minutes=60)
    path = write(tmp_path / "a.csv", [HEADER, *texts(rows, NAIVE, "Asia/Jerusalem")])

    wrong, right = guess_of(path, tz="Europe/Helsinki"), guess_of(path, tz="Asia/Jerusalem")

    assert (right.zone_status, right.n_rejected) == ("proven", 0)
    assert (wrong.zone_status, wrong.n_rejected) == ("given", 1)
    assert wrong.zone_reason == "although the empty hour fits --tz Asia/Jerusalem better"
    assert wrong.stamp_status == "proven"


def test_stamp_that_the_format_defines_is_never_replaced(tmp_path):
    # By chance, these few bars fit the break as stamps of their end, and not as what they are.
    rows = session_bars(n_sessions=10)
    is_kept = np.random.default_rng(336).random(len(rows)) < 0.25
    lines = ["ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume"]
    for (opened, *values), kept in zip(rows, is_kept, strict=True):
        if kept:
            lines.append(f"{opened.value},33,1,7,{','.join(f'{value:g}' for value in values)}")

    guess = guess_of(write(tmp_path / "a.csv", lines))

    assert (guess.dialect, guess.stamp, guess.n_bars) == ("databento_csv", "open", 125)
    assert guess.zone == "UTC"

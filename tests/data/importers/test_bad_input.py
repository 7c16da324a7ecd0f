"""Every kind of bad row or file: found, counted, located, and rejected or refused."""

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.importers.importing import import_files, save_import
from data.importers.options import ImportOptions
from data.store import load_bars, load_metadata
from tests.helpers.clocks import StoppedClock
from tests.helpers.import_texts import CHICAGO, session_bars, texts, write
from utils.errors import ConfigError, DataError

MNQ = get_instrument("MNQ")
HEADER = "timestamp,open,high,low,close,volume"
NAIVE = "%Y-%m-%d %H:%M:%S"
CHANGED_LINE = 100
"""Of the file, from 1; bar 98 of the series."""


def good_lines(**options):
    """The header and 230 good half-hour bars, in New York's time."""
    return [HEADER, *texts(session_bars(**options), NAIVE, "America/New_York")]


def imported(tmp_path, lines, symbol="MNQ", **options):
    path = write(tmp_path / "bars.csv", lines)
    return import_files([path], get_instrument(symbol), ImportOptions(**options))


def with_fields(**changes):
    """The good lines, with fields of one line changed."""
    lines = good_lines()
    fields = dict(zip(HEADER.split(","), lines[CHANGED_LINE - 1].split(","), strict=True))
    lines[CHANGED_LINE - 1] = ",".join({**fields, **changes}.values())
    return lines


SEPARATED = "a number with a comma or thousands separators (write 1234.5)"

BAD_ROWS = {
    "no_date": ({"timestamp": "yesterday"}, "no date that can be read"),
    "impossible_date": ({"timestamp": "2024-02-30 10:00:00"}, "no date that can be read"),
    "nan": ({"close": "nan"}, "a number is missing, NaN or infinite"),
    "empty": ({"open": ""}, "a number is missing, NaN or infinite"),
    "text": ({"volume": "many"}, "a number is missing, NaN or infinite"),
    "infinite": ({"high": "inf"}, "a number is missing, NaN or infinite"),
    "decimal_comma": ({"open": '"1024,5"'}, SEPARATED),
    "thousands": ({"close": '"1,024.50"'}, SEPARATED),
    "thousands_by_apostrophe": ({"volume": "1'000"}, SEPARATED),
    "future": ({"timestamp": "2099-01-22 10:00:00"}, "in the future"),
    "negative_volume": ({"volume": "-1"}, "negative volume"),
    "zero": ({"low": "0"}, "price of zero or less"),
    "negative": ({"low": "-37.5"}, "price of zero or less"),
    "off_tick": ({"low": "1000.1"}, "off the tick grid"),
    "low_above": ({"low": "1025"}, "low above open or close"),
    "high_below": ({"high": "1024.25"}, "high below open or close"),
}


@pytest.mark.parametrize(("changes", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_bad_row_is_rejected_with_line_reason_and_text(tmp_path, changes, reason):
    lines = with_fields(**changes)

    result = imported(tmp_path, lines, sort=True)

    assert result.rejected.files == ["bars.csv"]
    assert result.rejected.lines == [CHANGED_LINE]
    assert result.rejected.reasons == [reason]
    assert result.rejected.texts == [lines[CHANGED_LINE - 1]]
    assert (result.n_read, len(result.bars)) == (230, 229)
    assert result.guesses[0].zone_status == "proven"


@pytest.mark.parametrize(
    ("symbol", "low", "n_rejected"), [("CL", "-37.63", 0), ("CL", "0", 0), ("GC", "-37.6", 1)]
)
def test_negative_and_zero_prices_are_legal_for_crude_oil_alone(tmp_path, symbol, low, n_rejected):
    result = imported(tmp_path, [HEADER, f"2020-04-20,18,18,{low},17,9", *MORE_DAYS], symbol)

    assert len(result.rejected) == n_rejected


MORE_DAYS = [f"2020-04-{day},18,18,17,17,9" for day in (21, 22, 23, 24)]


@pytest.mark.parametrize(("hours", "n_rejected"), [(24, 0), (24.5, 1)])
def test_row_more_than_a_day_ahead_of_the_clock_is_rejected(tmp_path, hours, n_rejected):
    path = write(tmp_path / "bars.csv", good_lines())
    last = session_bars()[-1][0]
    clock = StoppedClock((last - pd.Timedelta(hours=hours)).isoformat())

    result = import_files([path], MNQ, clock=clock)

    assert len(result.rejected) == n_rejected
    assert result.rejected.reasons == ["in the future"] * n_rejected


def test_file_of_the_next_century_is_refused(tmp_path):
    lines = [HEADER, *(f"20{year}-01-22,100,100,100,100,1" for year in (97, 98, 99))]

    with pytest.raises(DataError, match="none of 3 rows is fit, line 2 because of: in the future"):
        imported(tmp_path, lines)


def test_prices_of_another_symbol_are_warned_of(tmp_path):
    result = imported(tmp_path, good_lines(), "6E")

    assert result.guesses[0].warnings == (
        "230 of 230 bars have prices outside of 0.4 to 4, where 6E has always been, first "
        "2024-01-21 23:00:00+00:00: is the symbol right?",
    )
    assert imported(tmp_path, good_lines()).guesses[0].warnings == ()


def test_single_row_is_stored_without_a_size_that_nobody_knows(tmp_path):
    result = imported(tmp_path, [HEADER, "2024-01-22,1000,1000,1000,1000,1"])
    save_import(result, MNQ, tmp_path / "one.parquet")

    assert len(load_bars(tmp_path / "one.parquet", MNQ)) == 1
    assert "bar_seconds" not in load_metadata(tmp_path / "one.parquet")


def test_row_of_another_width_is_rejected(tmp_path):
    lines = good_lines()
    lines.insert(50, "2024-01-22 18:15:00,1000,1001")
    lines.insert(120, "1,2,3,4,5,6,7")

    result = imported(tmp_path, lines)

    assert result.rejected.lines == [51, 121]
    assert result.rejected.reasons == ["3 fields where 6 belong", "7 fields where 6 belong"]
    assert len(result.bars) == 230


def test_bytes_that_are_no_text_are_rejected_by_line(tmp_path):
    path = write(tmp_path / "bars.csv", good_lines())
    lines = path.read_bytes().split(b"\n")
    lines[50] = b"\xd5\xff,1"
    lines[60] = lines[60].replace(b",10", b",1\xd5")
    path.write_bytes(b"\n".join(lines))

    result = import_files([path], MNQ)

    assert result.rejected.lines == [51, 61]
    assert result.rejected.texts[0] == "\ufffd\ufffd,1"
    assert len(result.bars) == 228


def test_half_a_line_at_the_end_is_rejected(tmp_path):
    path = write(tmp_path / "bars.csv", good_lines())
    path.write_text(path.read_text()[:-10])

    result = import_files([path], MNQ)

    assert result.rejected.lines == [231]
    assert result.rejected.reasons == ["half a line at the end: 5 fields where 6 belong"]
    assert len(result.bars) == 229


def test_last_line_without_end_is_noted(tmp_path):
    path = write(tmp_path / "bars.csv", good_lines())
    path.write_text(path.read_text()[:-1])

    result = import_files([path], MNQ)

    assert len(result.bars) == 230
    assert any(note.startswith("the last line has no line end") for note in result.guesses[0].notes)


def test_blank_lines_are_no_rows_but_counted(tmp_path):
    lines = good_lines()
    lines.insert(CHANGED_LINE - 2, "")
    lines[CHANGED_LINE] = lines[CHANGED_LINE].replace(",10", ",-10")
    lines[CHANGED_LINE + 1] = lines[CHANGED_LINE + 1].replace(",10", ",1'000")

    result = imported(tmp_path, [*lines, "", ""])

    assert result.n_read == 230
    assert result.rejected.lines == [CHANGED_LINE + 1, CHANGED_LINE + 2]
    assert result.rejected.reasons == ["negative volume", SEPARATED]
    assert "3 blank lines" in result.guesses[0].notes


def test_duplicates_equal_and_different_are_rejected_and_the_first_stays(tmp_path):
    lines = good_lines()
    changed = lines[60].replace(",10", ",11")
    lines[61:61] = [lines[60], changed]

    result = imported(tmp_path, lines)

    assert result.rejected.lines == [62, 63]
    assert result.rejected.reasons == [
        "repeats an earlier row",
        "same time as an earlier row, other values",
    ]
    assert len(result.bars) == 230
    assert result.bars["volume"].iloc[59] == 10


def test_unsorted_rows_are_refused_with_count_and_place(tmp_path):
    lines = good_lines()
    lines[20], lines[30] = lines[30], lines[20]

    with pytest.raises(DataError) as caught:
        imported(tmp_path, lines)

    assert str(caught.value) == (
        "`bars.csv`: 2 of 230 rows are earlier than the row before, first in line 22: not in "
        "order; give --sort to have them sorted"
    )


def test_rows_newest_first_are_refused_and_sorted_on_request(tmp_path):
    lines = good_lines()
    lines[1:] = lines[:0:-1]

    with pytest.raises(DataError, match=r"229 of 230 rows.*newest first; give --sort"):
        imported(tmp_path, lines)

    result = imported(tmp_path, lines, sort=True)
    assert result.bars.index.equals(pd.DatetimeIndex([row[0] for row in session_bars()]))
    assert "the rows were not in order, and were sorted" in result.guesses[0].notes


def test_bar_in_the_closed_hour_is_rejected(tmp_path):
    lines = good_lines()
    lines.insert(47, "2024-01-22 17:30:00,1010,1010,1010,1010,1")

    result = imported(tmp_path, lines)

    assert result.rejected.lines == [48]
    assert result.rejected.reasons == ["in the closed hour"]


@pytest.mark.parametrize(
    "stamp", ["2024-01-26 17:00:00", "2024-01-27 12:00:00", "2024-01-28 17:30:00"]
)
def test_print_on_the_weekend_is_rejected(tmp_path, stamp):
    lines = [*good_lines(), f"{stamp},1010,1010,1010,1010,1"]

    result = imported(tmp_path, lines)

    assert result.rejected.reasons == ["on the weekend"]


def test_market_that_never_closes_has_no_closed_hour(tmp_path):
    stamps = pd.date_range("2024-01-22", "2024-01-29", freq="30min", inclusive="left")
    lines = [HEADER, *(f"{stamp:{NAIVE}},100,100,100,100,1" for stamp in stamps)]

    result = imported(tmp_path, lines, "BTCUSDT")

    assert (len(result.bars), len(result.rejected)) == (7 * 48, 0)


def test_hour_that_the_clock_skips_is_rejected(tmp_path):
    stamps = pd.date_range("2024-03-09", "2024-03-11", freq="30min", inclusive="left")
    lines = [HEADER, *(f"{stamp:{NAIVE}},100,100,100,100,1" for stamp in stamps)]

    result = imported(tmp_path, lines, "BTCUSDT", tz=CHICAGO)

    assert result.rejected.reasons == ["an hour that the zone skips or shows twice"] * 2
    assert result.rejected.texts[0].startswith("2024-03-10 02:00:00,")


def test_most_rows_off_the_grid_are_refused_with_the_option(tmp_path):
    lines = [HEADER, *texts(session_bars(tick=0.1), NAIVE, "America/New_York")]

    with pytest.raises(
        DataError, match=r"rows are off the MNQ tick grid of 0\.25, first in line 2"
    ):
        imported(tmp_path, lines)

    result = imported(tmp_path, lines, adjustment="ratio")
    assert (len(result.bars), result.adjustment) == (230, "ratio")
    assert result.guesses[0].n_off_tick is None


def test_mixed_zones_in_one_column_are_refused_with_count_and_place(tmp_path):
    lines = good_lines()
    lines[70] = lines[70].replace(":00,", ":00-05:00,", 1)

    lines[40:40] = ["", "1,2"]

    with pytest.raises(DataError) as caught:
        imported(tmp_path, lines)

    assert str(caught.value) == (
        "`bars.csv`: mixed zones: 1 dates say their zone (first in line 73), 229 do not (first in "
        "line 2); write all of them in one way"
    )


def test_mixed_day_and_month_order_is_refused_or_parted_on_request(tmp_path):
    lines = ["Date,Open,High,Low,Close,Volume"]
    lines += [f"{date},100,100,100,100,1" for date in ("25/03/2024", "26/03/2024", "03/27/2024")]

    with pytest.raises(DataError, match=r"mixed date formats: 2 rows \(first in line 2\).*line 4"):
        imported(tmp_path, lines)

    result = imported(tmp_path, lines, dates="dmy")
    assert result.rejected.lines == [4]
    assert [f"{stamp:%d %b}" for stamp in result.bars.index] == ["25 Mar", "26 Mar"]


@pytest.mark.parametrize(("dates", "month"), [("dmy", 4), ("mdy", 3)])
def test_day_and_month_that_nothing_tells_apart_are_refused_with_the_option(tmp_path, dates, month):
    lines = ["Date,Open,High,Low,Close,Volume", "03/04/2024,100,100,100,100,1"]

    with pytest.raises(DataError, match=r"2024-04-03 could as well be 2024-03-04.*--dates dmy or"):
        imported(tmp_path, lines)

    assert imported(tmp_path, lines, dates=dates).bars.index[0].month == month


def test_day_and_month_are_told_apart_by_the_order_of_rows(tmp_path):
    lines = ["Date,Open,High,Low,Close,Volume"]
    lines += [f"{date},100,100,100,100,1" for date in ("11/03/2024", "12/03/2024", "01/04/2024")]

    result = imported(tmp_path, lines)

    assert [stamp.month for stamp in result.bars.index] == [3, 3, 4]
    assert "dates are day first" in result.guesses[0].notes


def test_mixed_ways_of_writing_dates_are_counted(tmp_path):
    lines = [HEADER.replace("low", "Llow")]
    lines += [f"{date},100,100,100,100,1" for date in ("28/03/2024 01:00:00", "1/4/2024 1:00")]

    result = imported(tmp_path, lines, "CL")

    assert any(
        note.startswith("mixed date formats: d/m/y or m/d/y with minutes in 1 rows")
        or note.startswith("mixed date formats: d/m/y or m/d/y with seconds in 1 rows")
        for note in result.guesses[0].notes
    )


def test_missing_sessions_are_reported_not_refused(tmp_path):
    rows = session_bars(n_sessions=10)
    lines = [HEADER, *texts(rows[:92] + rows[138:], NAIVE, "America/New_York")]

    result = imported(tmp_path, lines)

    assert result.missing_sessions == ("2024-01-24",)
    assert len(result.rejected) == 0
    assert "1 sessions missing, first 2024-01-24" in result.quality


FILES = {
    "empty": ("", "`bars.csv` is empty; give a file of bars"),
    "blank": (" \n\n", "`bars.csv` is empty; give a file of bars"),
    "header_only": (f"{HEADER}\n", "`bars.csv` has 1 lines of header and no bars"),
    "archive": ("PK\x03\x04abc", "is an archive or a spreadsheet; unpack it"),
    "no_delimiter": (
        "timestamp open high low close volume\n2024-01-22 1 2 0 1 5\n",
        "neither comma, semicolon, tab nor | parts its lines",
    ),
    "other_delimiter_in_header": (
        "timestamp;open;high;low;close;volume\n2024-01-22,1,2,0,1,5\n2024-01-23,1,2,0,1,5\n",
        "is of no dialect that is known (first line: 'timestamp;open;high;low;close;volume')",
    ),
    "no_prices": ("date,a,b,c,d\n2024-01-22,1,2,0,1\n", "is of no dialect that is known"),
    "prose": ("Dear trader,\nhere are the bars.\n", "is the delimiter right?"),
    "binary": ("\x00\x01\x02" * 50, "is neither text, parquet nor DBN"),
    "damaged_parquet": ("PAR1\x00\x01" + "\x00" * 50, "is a damaged parquet file"),
    "no_dates": (f"{HEADER}\nmon,1,2,0,1,5\ntue,1,2,0,1,5\n", "no row has a date"),
    "all_bad": (f"{HEADER}\n2024-01-22,1,2,5,1,5\n", "none of 1 rows is fit, line 2 because of: l"),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_unusable_file_is_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "bars.csv"
    path.write_text(content)

    with pytest.raises(DataError) as caught:
        import_files([path], MNQ)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"no file `.*nowhere\.csv`"):
        import_files([tmp_path / "nowhere.csv"], MNQ)
    with pytest.raises(DataError, match="is a folder; name the files in it"):
        import_files([tmp_path], MNQ)
    with pytest.raises(ConfigError, match="nothing to import"):
        import_files([], MNQ)


@pytest.mark.parametrize(
    "option", [{"tz": "Mars"}, {"stamp": "middle"}, {"dates": "ymd"}, {"adjustment": "some"}]
)
def test_options_that_mean_nothing_are_refused(option):
    with pytest.raises(ConfigError):
        ImportOptions(**option)

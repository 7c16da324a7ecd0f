"""The real files, exactly as their owners had them: the guess, the counts, and the bars."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.bars import BAR_COLUMNS
from data.importers.importing import import_files
from data.importers.options import ImportOptions
from tests.helpers.bars import REAL_DATA_DIR, real_data
from tests.helpers.clocks import StoppedClock
from utils.errors import DataError


@dataclass(frozen=True, slots=True)
class Golden:
    """What the import of a real file must find."""

    symbol: str
    dialect: str
    zone: str
    stamp: str
    n_read: int
    n_rejected: int
    first: str
    last: str
    options: dict[str, str] = field(default_factory=dict)
    is_clean: bool = True


MNQ_H24 = "ninjatrader_MNQ_03-24_excerpt_to_2024-02-01.txt"
MNQ_U25 = "ninjatrader_MNQ_09-25_30days_1min.txt"
MGC = "databento_MGC_glbx-mdp3-20201220-20201231.ohlcv-1m.dbn.zst"
CRUDE = "tradestation_CL_30min_ETH_mixed_dates.csv"
CFD = "metatrader_tab_USATECHIDXUSD_H4.csv"
CORN = "quandl_ZC_daily_1959.csv"

RAW_FILES = {
    "backadj_spliced_NQ_daily.csv": Golden(
        "NQ", "spliced", "UTC assumed", "open assumed", 2_521, 0,
        "2010-09-01T00:00", "2020-08-31T00:00",
    ),
    "backtrader_2006-min-005.txt": Golden(
        "CL", "backtrader", "UTC assumed", "end assumed", 2_142, 0,
        "2006-01-02T09:00", "2006-01-30T17:25",
    ),
    MGC: Golden(
        "MGC", "databento_dbn", "UTC proven", "open proven", 10_794, 0,
        "2020-12-20T23:00", "2020-12-31T21:59", {"contract": "MGCG1"},
    ),
    "firstrate_NQ_5min_sample.csv": Golden(
        "NQ", "firstrate", "America/New_York proven", "open proven", 2_943, 0,
        "2023-11-19T23:00", "2023-12-04T21:55",
    ),
    "ibkr_6EH4_1min_utc.csv.gz": Golden(
        "6E", "interactive_brokers", "UTC proven", "end proven", 29_996, 0,
        "2024-01-01T23:00", "2024-01-31T23:58",
    ),
    CFD: Golden(
        "NQ", "metatrader", "UTC assumed", "open assumed", 14_944, 0,
        "2013-05-22T12:00", "2023-09-11T08:00", {"adjustment": "ratio"},
    ),
    MNQ_H24: Golden(
        "MNQ", "ninjatrader", "UTC proven", "end proven", 31_561, 2,
        "2024-01-01T23:00", "2024-02-01T23:58",
    ),
    MNQ_U25: Golden(
        "MNQ", "ninjatrader", "UTC proven", "end proven", 18_514, 9,
        "2025-07-15T10:48", "2025-08-01T20:12",
    ),
    CORN: Golden(
        "ZC", "quandl", "UTC assumed", "open assumed", 15_198, 3_288,
        "1960-11-29T00:00", "2019-11-05T00:00", is_clean=False,
    ),
    CRUDE: Golden(
        "CL", "tradestation", "Asia/Jerusalem proven", "open proven", 59_217, 0,
        "2020-06-28T22:00", "2025-07-02T07:30", {"tz": "Asia/Jerusalem"},
    ),
    "tradingview_BINANCE_BTCUSDT_5_69b1c.csv": Golden(
        "BTCUSDT", "tradingview", "UTC assumed", "open assumed", 300, 0,
        "2026-01-28T16:00", "2026-01-29T16:55",
    ),
    "unixtime_nq_5m_sample.csv": Golden(
        "NQ", "unix_time", "UTC proven", "open proven", 9_999, 0,
        "2023-01-02T23:00", "2023-02-22T12:10",
    ),
    "yahoo_CL_daily_multiheader.csv": Golden(
        "CL", "yahoo", "UTC assumed", "open assumed", 125, 0,
        "2025-09-08T00:00", "2026-03-06T00:00",
    ),
}  # fmt: skip


def imported(name, symbol, **options):
    path, clock = real_data(f"raw/{name}"), StoppedClock("2026-03-06T18:00:00+00:00")
    return import_files([path], get_instrument(symbol), ImportOptions(**options), clock=clock)


@pytest.mark.golden
def test_raw_files_are_all_in_the_table():
    real_data(f"raw/{CFD}")
    assert {path.name for path in (REAL_DATA_DIR / "raw").iterdir()} == set(RAW_FILES)


@pytest.mark.golden
@pytest.mark.parametrize("name", RAW_FILES)
def test_raw_file_gives_the_golden_guess(name):
    golden = RAW_FILES[name]

    result = imported(name, golden.symbol, **golden.options)

    guess = result.guesses[0]
    assert guess.dialect == golden.dialect
    assert f"{guess.zone} {guess.zone_status}" == golden.zone
    assert f"{guess.stamp} {guess.stamp_status}" == golden.stamp
    assert (result.n_read, len(result.rejected)) == (golden.n_read, golden.n_rejected)
    assert len(result.bars) == golden.n_read - golden.n_rejected
    assert f"{guess.first:%Y-%m-%dT%H:%M}" == golden.first
    assert f"{guess.last:%Y-%m-%dT%H:%M}" == golden.last
    assert result.is_clean is golden.is_clean


@pytest.mark.golden
@pytest.mark.parametrize(
    ("name", "same"),
    [
        (MNQ_H24, "MNQH24_1min"),
        ("firstrate_NQ_5min_sample.csv", "NQ_5min_firstrate_sample"),
        ("unixtime_nq_5m_sample.csv", "NQ_5min_2023q1"),
        (CRUDE, "CL_30min"),
    ],
)
def test_raw_file_gives_the_bars_that_are_known_of_it(name, same):
    known = pd.read_parquet(real_data(f"{same}.parquet")).set_index("timestamp")
    golden = RAW_FILES[name]

    bars = imported(name, golden.symbol, **golden.options).bars

    own = known[known.index <= bars.index[-1]]
    assert list(own.index) == list(bars.index)
    assert np.array_equal(own[list(BAR_COLUMNS)], bars[list(BAR_COLUMNS)])


@pytest.mark.golden
@pytest.mark.parametrize(
    ("name", "symbol", "message"),
    [
        (CRUDE, "CL", "not in America/Chicago.*the empty hour fits --tz Asia/Jerusalem, give that"),
        (CFD, "NQ", "14,943 of 14,944 rows are off the NQ tick grid of 0.25.*--adjustment ratio"),
        (MGC, "MGC", r"holds 21 contracts \(MGCG1 10,794 rows, .*give --contract MGCG1"),
    ],
)
def test_raw_file_that_needs_an_option_is_refused_with_it(name, symbol, message):
    with pytest.raises(DataError, match=message):
        imported(name, symbol)


@pytest.mark.golden
def test_raw_ninjatrader_saturday_print_is_rejected_by_line():
    result = imported(MNQ_H24, "MNQ")

    place = result.rejected.lines.index(19_082)
    assert result.rejected.reasons[place] == "on the weekend"
    assert result.rejected.texts[place] == "20240120 185900;0.5;17463.25;0.5;17463.25;6"


@pytest.mark.golden
@pytest.mark.parametrize(("contract", "n_bars"), [("MGCV1", 77), ("MGCZ21", 119), ("MGCQ2", 3)])
def test_raw_thin_contract_stays_in_the_zone_that_the_format_defines(contract, n_bars):
    result = imported(MGC, "MGC", contract=contract)

    guess = result.guesses[0]
    assert (guess.zone, guess.stamp, guess.warnings) == ("UTC", "open", ())
    assert (len(result.bars), len(result.rejected)) == (n_bars, 0)


@pytest.mark.golden
def test_raw_contracts_are_all_kept_for_roll():
    result = imported(MGC, "MGC", contract="all")

    assert sorted(set(result.bars["contract"]))[:3] == ["MGCG21", "MGCG22", "MGCJ21"]
    assert (len(result.bars), result.guesses[0].n_left_out) == (13_795, 2_649)

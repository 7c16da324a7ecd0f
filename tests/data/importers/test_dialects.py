"""Every dialect is recognised by its content, under any name, and read to the same bars."""

import gzip

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.importers.dialects import DIALECTS
from data.importers.importing import import_files, save_import
from data.importers.options import ImportOptions
from data.store import load_metadata
from tests.helpers.import_texts import (
    EXAMPLES,
    session_bars,
    texts,
    write,
    write_dbn,
    write_parquet,
)
from utils.errors import DataError

MNQ = get_instrument("MNQ")
BINARY = {"databento_dbn", "parquet"}


def imported(path, **options):
    return import_files([path], MNQ, ImportOptions(**options))


@pytest.mark.conformance
def test_dialects_each_has_an_example():
    assert EXAMPLES.keys() | BINARY == DIALECTS.keys()


@pytest.mark.conformance
@pytest.mark.parametrize("name", EXAMPLES)
def test_dialect_example_is_recognised_with_its_zone_and_stamp(tmp_path, name):
    example = EXAMPLES[name]

    result = imported(write(tmp_path / "bars.dat", example.lines()))

    guess = result.guesses[0]
    assert guess.dialect == name
    assert f"{guess.zone} {guess.zone_status}" == example.zone
    assert f"{guess.stamp} {guess.stamp_status}" == example.stamp
    assert guess.first.isoformat() == example.first
    assert (guess.n_read, guess.n_bars, len(result.rejected)) == (example.n_bars, example.n_bars, 0)


@pytest.mark.conformance
@pytest.mark.parametrize("name", [name for name, ex in EXAMPLES.items() if ex.n_bars == 230])
def test_dialect_intraday_example_gives_the_same_bars_as_all_others(tmp_path, name):
    bars = imported(write(tmp_path / "bars.dat", EXAMPLES[name].lines())).bars

    assert bars.index.equals(pd.DatetimeIndex([row[0] for row in session_bars()]))
    assert bars.iloc[0].tolist()[:5] == [1_000.0, 1_000.5, 999.75, 1_000.25, 10.0]
    assert bars.iloc[-1].tolist()[:5] == [1_057.25, 1_057.75, 1_057.0, 1_057.5, 10.0]


def test_parquet_of_any_names_is_read(tmp_path):
    result = imported(write_parquet(tmp_path / "bars.csv", session_bars()))

    guess = result.guesses[0]
    assert (guess.dialect, guess.zone, guess.zone_status, guess.n_bars) == (
        "parquet",
        "UTC",
        "proven",
        230,
    )


@pytest.mark.parametrize("is_compressed", [True, False])
def test_dbn_one_contract_is_read_with_its_full_name(tmp_path, is_compressed):
    rows = [(1, 4_000.0, 0), (1, 4_000.25, 1), (1, 4_000.5, 2)]

    result = imported(write_dbn(tmp_path / "bars.bin", rows, is_compressed))

    assert result.guesses[0].dialect == "databento_dbn"
    assert result.guesses[0].bar_seconds == 60
    assert result.bars["close"].tolist() == [4_000.0, 4_000.25, 4_000.5]
    assert result.bars["contract"].tolist() == ["MNQH24"] * 3


def test_dbn_half_a_record_at_the_end_is_rejected(tmp_path):
    path = write_dbn(tmp_path / "bars.dbn", [(1, 4_000.0, 0), (1, 4_000.25, 1)], False)
    path.write_bytes(path.read_bytes()[:-10])

    result = imported(path)

    assert len(result.bars) == 1
    assert result.rejected.reasons == ["half a record at the end"]


def test_dbn_damaged_compression_is_refused(tmp_path):
    path = write_dbn(tmp_path / "bars.zst", [(1, 4_000.0, n) for n in range(2_000)], True)
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(DataError, match=r"^`bars\.zst` is damaged or cannot be read"):
        imported(path)


def test_text_compressed_by_gzip_is_read(tmp_path):
    path = tmp_path / "bars"
    path.write_bytes(gzip.compress("\n".join(EXAMPLES["firstrate"].lines()).encode()))

    assert imported(path).guesses[0].dialect == "firstrate"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["metatrader", "ninjatrader"])
def test_text_with_a_byte_order_mark_is_read(tmp_path, name, encoding):
    path = tmp_path / "bars.csv"
    path.write_text("\n".join(EXAMPLES[name].lines()), encoding=encoding)

    result = imported(path)

    assert (result.guesses[0].dialect, len(result.bars)) == (name, 230)


def test_parquet_of_ours_keeps_its_adjustment(tmp_path):
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    adjusted = imported(write(tmp_path / "bars.csv", EXAMPLES["spliced"].lines()))
    save_import(adjusted, MNQ, first)

    again = imported(first)
    save_import(again, MNQ, second)

    assert again.adjustment == "difference"
    assert load_metadata(second)["adjustment"] == "difference"


def test_quandl_close_is_the_settlement_price(tmp_path):
    result = imported(write(tmp_path / "bars.csv", EXAMPLES["quandl"].lines()))

    assert result.bars["close"].tolist() == [1_000.25, 1_001.5, 1_000.75]
    assert "close is the settlement price" in result.guesses[0].notes


def test_spliced_prices_are_adjusted_by_differences_and_may_be_negative(tmp_path):
    result = imported(write(tmp_path / "bars.csv", EXAMPLES["spliced"].lines()))

    assert result.adjustment == "difference"
    assert result.bars["low"].tolist() == [-2.25, -3.75]


def test_metatrader_real_volume_is_taken_where_there_is_some(tmp_path):
    lines = [line.replace("\t0\t1", "\t7\t1") for line in EXAMPLES["metatrader"].lines()]

    result = imported(write(tmp_path / "bars.csv", lines))

    assert set(result.bars["volume"]) == {7.0}
    assert "volume is the column <VOL>" in result.guesses[0].notes


def test_tradingview_without_volume_says_that_it_is_zero(tmp_path):
    lines = [line.rsplit(",", 1)[0] for line in EXAMPLES["tradingview"].lines()]

    result = imported(write(tmp_path / "bars.csv", lines))

    assert set(result.bars["volume"]) == {0.0}
    assert "the file has no volume: it is 0 in every bar" in result.guesses[0].notes


def test_yahoo_several_tickers_in_one_file_are_refused(tmp_path):
    lines = EXAMPLES["yahoo"].lines()
    lines[1] = "Ticker,MNQ=F,MNQ=F,CL=F,MNQ=F,MNQ=F"

    with pytest.raises(DataError, match=r"holds several tickers \(CL=F, MNQ=F\)"):
        imported(write(tmp_path / "bars.csv", lines))


def test_float_noise_is_taken_off_prices_and_counted(tmp_path):
    lines = ["Date,Open,High,Low,Close,Adj Close,Volume"]
    lines.append("2024-01-02,62.2599983215332,63.34000015258789,61.849998474121094,62.0,62.0,9")

    result = import_files([write(tmp_path / "y.csv", lines)], get_instrument("CL"))

    assert result.bars.iloc[0].tolist() == [62.26, 63.34, 61.85, 62.0, 9.0]
    assert result.guesses[0].n_snapped == 1


def test_hourly_and_minute_bars_prove_their_zone_too(tmp_path):
    for minutes in (1, 5, 60):
        rows = session_bars(n_sessions=5, minutes=minutes)
        lines = texts(rows, "%Y-%m-%d %H:%M:%S", "America/New_York")

        result = imported(write(tmp_path / f"{minutes}.csv", lines))

        guess = result.guesses[0]
        assert (guess.bar_seconds, guess.zone_status) == (60 * minutes, "proven")
        assert (guess.stamp, guess.n_bars) == ("open", len(rows))

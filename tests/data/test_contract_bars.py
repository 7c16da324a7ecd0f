"""Bars of several contracts in one frame: split, checked, ordered by month, or refused."""

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.contract_bars import check_contract_bars, load_contract_bars
from data.store import save_bars
from tests.helpers.bars import make_bars, real_data
from tests.helpers.contract_bars import contract_frame
from utils.errors import ConfigError, DataError

NQ = get_instrument("NQ")
TABLE = {
    "NQU24": {"2024-06-13": (110.0, 10), "2024-06-14": (111.0, 60)},
    "NQM24": {"2024-06-13": (100.0, 90), "2024-06-14": (101.0, 40)},
}


def codes(contracts):
    return [contract.code for contract in contracts]


def test_check_contract_bars_splits_overlapping_contracts_by_month():
    contracts = check_contract_bars(contract_frame(TABLE), NQ)

    assert codes(contracts) == ["NQM24", "NQU24"]
    june = next(iter(contracts.values()))
    assert june["open"].tolist() == [100.0, 100.0, 101.0, 101.0]
    assert june["volume"].tolist() == [45.0, 45.0, 20.0, 20.0]
    assert list(june.columns) == ["open", "high", "low", "close", "volume"]


def test_check_contract_bars_takes_mixed_rows_and_a_categorical_column():
    frame = contract_frame(TABLE).sort_values("timestamp").astype({"contract": "category"})
    frame["contract"] = frame["contract"].cat.add_categories("NQZ24")

    assert codes(check_contract_bars(frame, NQ)) == ["NQM24", "NQU24"]


def test_check_contract_bars_resolves_a_one_digit_year_by_the_bars():
    frame = contract_frame({"NQM4": TABLE["NQM24"], "NQH5": TABLE["NQU24"]})
    assert codes(check_contract_bars(frame, NQ)) == ["NQM24", "NQH25"]


def test_check_contract_bars_two_names_of_one_contract_are_refused():
    frame = contract_frame({"NQM24": TABLE["NQM24"], "NQM4": TABLE["NQU24"]})
    with pytest.raises(DataError, match="contract NQM4: is NQM24, which has bars already"):
        check_contract_bars(frame, NQ)


def test_check_contract_bars_names_the_contract_whose_bars_are_wrong():
    frame = contract_frame(TABLE)
    frame.loc[1, "high"] = 0.0
    with pytest.raises(DataError, match="bars, contract NQU24: 1 of 4 bars whose high is below"):
        check_contract_bars(frame, NQ)

    twice = pd.concat([contract_frame(TABLE), contract_frame({"NQM24": TABLE["NQM24"]})])
    with pytest.raises(DataError, match="contract NQM24: 1 of 8 bars earlier than the bar before"):
        check_contract_bars(twice, NQ)


def test_check_contract_bars_off_grid_prices_are_refused():
    frame = contract_frame({"NQM24": {"2024-06-13": (100.1, 10)}})
    with pytest.raises(DataError, match="contract NQM24: 2 of 2 bars off the NQ tick grid of 0.25"):
        check_contract_bars(frame, NQ)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (contract_frame(TABLE).drop(columns="contract"), "no column `contract` \\(present: time"),
        (contract_frame(TABLE).iloc[:0], "there are no bars"),
        ([1, 2], "must be a pandas DataFrame, was list"),
        (contract_frame(TABLE).assign(contract="NQ=F"), "is no contract|overlap|same time|earlier"),
        (contract_frame({"June": TABLE["NQM24"]}), "`June` is no contract"),
        (
            contract_frame(TABLE).assign(contract=["NQM24"] * 2 + [None] * 6),
            "6 of 8 bars have no `contract`, first in row 2",
        ),
    ],
)
def test_check_contract_bars_frame_without_names_is_refused(frame, message):
    with pytest.raises(DataError, match=message):
        check_contract_bars(frame, NQ)


def test_check_contract_bars_of_another_product_are_refused():
    with pytest.raises(ConfigError, match="NQU24 is a contract of NQ, not MNQ; name that symbol"):
        check_contract_bars(contract_frame(TABLE), get_instrument("MNQ"))
    with pytest.raises(ConfigError, match="BTCUSDT has no contracts"):
        check_contract_bars(contract_frame(TABLE), get_instrument("BTCUSDT"))


def test_load_contract_bars_adjusted_prices_are_refused(tmp_path):
    path = tmp_path / "adjusted.parquet"
    bars = make_bars([(100.0, 101.0, 99.0, 100.0)]).assign(contract="NQM24")
    save_bars(bars, path, {"adjustment": "difference"})
    with pytest.raises(DataError, match=r"adjusted already \(difference\); give them as traded"):
        load_contract_bars(path, NQ)


def test_load_contract_bars_missing_or_damaged_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no bar file"):
        load_contract_bars(tmp_path / "none.parquet", NQ)
    path = tmp_path / "half.parquet"
    contract_frame(TABLE).to_parquet(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="damaged"):
        load_contract_bars(path, NQ)


@pytest.mark.parametrize("symbol", ["NQ", "ES"])
def test_load_contract_bars_reads_the_real_contracts(symbol):
    path = real_data(f"{symbol}_5min_contracts.parquet")
    contracts = load_contract_bars(path, get_instrument(symbol))
    months = ["M24", "U24", "Z24", "H25", "M25", "U25"]
    assert codes(contracts) == [symbol + month for month in months]
    lengths = {"NQ": 105_604, "ES": 105_606}
    assert sum(map(len, contracts.values())) == lengths[symbol]

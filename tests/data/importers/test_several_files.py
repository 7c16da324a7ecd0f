"""Several files, several contracts: merged where equal, refused where not, kept apart for rolls."""

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.continuous import continuous_series
from data.contract_bars import check_contract_bars, load_contract_bars
from data.contracts import Contract
from data.importers.importing import import_files, save_import
from data.importers.options import ImportOptions
from data.rolls import RollSettings
from data.store import load_bars, load_metadata, save_bars
from tests.helpers.contract_bars import contract_frame
from tests.helpers.import_texts import session_bars, texts, write, write_dbn, write_parquet
from utils.errors import ConfigError, DataError

MNQ, NQ = get_instrument("MNQ"), get_instrument("NQ")
HEADER = "timestamp,open,high,low,close,volume"
NAIVE = "%Y-%m-%d %H:%M:%S"


def new_york(path, rows):
    return write(path, [HEADER, *texts(rows, NAIVE, "America/New_York")])


def ninjatrader(path, rows):
    return write(path, texts(rows, "%Y%m%d %H%M%S", shift_minutes=30, delimiter=";"))


def test_files_that_overlap_in_equal_bars_are_merged_and_counted(tmp_path):
    rows = session_bars(n_sessions=10)
    first = new_york(tmp_path / "a.csv", rows[:276])
    second = ninjatrader(tmp_path / "b.txt", rows[230:])

    result = import_files([second, first], MNQ)

    assert (result.n_shared, result.n_read) == (46, 276 + 230)
    assert list(result.bars.index) == [row[0] for row in rows]
    assert result.zone == "UTC (proven), America/New_York (proven)"
    assert result.source == "ninjatrader b.txt, firstrate a.csv"


def test_files_that_overlap_in_other_values_are_refused(tmp_path):
    rows = session_bars()
    changed = [(*rows[100][:5], 11), (*rows[101][:5], 12), *rows[102:]]
    first, second = new_york(tmp_path / "a.csv", rows), new_york(tmp_path / "b.csv", changed)

    with pytest.raises(DataError) as caught:
        import_files([first, second], MNQ)

    assert str(caught.value) == (
        "`b.csv`: 2 bars that an earlier file has too have other values, first "
        "2024-01-24T03:00:00+00:00 (1025, 1025.5, 1024.75, 1025.25, 10 there, 1025, 1025.5, "
        "1024.75, 1025.25, 11 here); are they of one contract and adjustment? Import them apart"
    )


def test_files_of_different_bar_sizes_are_refused(tmp_path):
    first = new_york(tmp_path / "a.csv", session_bars())
    second = new_york(tmp_path / "b.csv", session_bars("2024-01-29", minutes=5))

    with pytest.raises(DataError, match=r"`a\.csv` has bars of 1800 s, `b\.csv` of 300 s"):
        import_files([first, second], MNQ)


def test_file_named_twice_is_refused(tmp_path):
    path = new_york(tmp_path / "a.csv", session_bars())

    with pytest.raises(ConfigError, match="a file is named twice"):
        import_files([path, path], MNQ)


DBN_ROWS = [(1, 4_000.0, 0), (2, 4_010.0, 0), (1, 4_000.25, 1), (2, 4_010.25, 2), (1, 4_000.5, 2)]


def test_contracts_several_in_one_file_are_refused_with_the_most_traded(tmp_path):
    path = write_dbn(tmp_path / "a.dbn", DBN_ROWS, is_compressed=True)

    with pytest.raises(DataError, match=r"2 contracts \(MNQH4 3 rows, MNQM4 2 rows\).*MNQH4 for"):
        import_files([path], MNQ)


@pytest.mark.parametrize("name", ["MNQM4", "mnqm24"])
def test_contract_asked_for_is_taken_and_the_others_counted(tmp_path, name):
    path = write_dbn(tmp_path / "a.dbn", DBN_ROWS, is_compressed=True)

    result = import_files([path], MNQ, ImportOptions(contract=name))

    assert result.bars["close"].tolist() == [4_010.0, 4_010.25]
    assert (result.guesses[0].n_left_out, result.n_read) == (3, 2)


def test_contract_that_is_not_there_is_refused(tmp_path):
    path = write_dbn(tmp_path / "a.dbn", DBN_ROWS, is_compressed=True)

    with pytest.raises(DataError, match="no bars of MNQU4; it has MNQH4 3 rows, MNQM4 2 rows"):
        import_files([path], MNQ, ImportOptions(contract="MNQU4"))


def test_contracts_all_are_kept_for_roll(tmp_path):
    path = write_dbn(tmp_path / "a.dbn", DBN_ROWS, is_compressed=True)
    out = tmp_path / "contracts.parquet"

    save_import(import_files([path], MNQ, ImportOptions(contract="all")), MNQ, out)

    bars = load_contract_bars(out, MNQ)
    assert [contract.code for contract in bars] == ["MNQH24", "MNQM24"]
    assert bars[Contract("MNQ", 2024, 3)]["close"].tolist() == [4_000.0, 4_000.25, 4_000.5]
    assert load_metadata(out)["source"] == "databento_dbn a.dbn"


def test_contracts_of_separate_files_are_named_and_joined_for_roll(tmp_path):
    rows = session_bars(n_sessions=10)
    dearer = [(row[0], *(price + 50 for price in row[1:5]), 5) for row in rows]
    parts = []
    for name, own in (("MNQH24", rows[:276]), ("MNQM24", dearer[230:])):
        part = tmp_path / f"{name}.parquet"
        file = ninjatrader(tmp_path / f"{name}.txt", own)
        save_import(import_files([file], MNQ, ImportOptions(contract=name)), MNQ, part)
        parts.append(part)

    result = import_files(parts, MNQ, ImportOptions(contract="all"))
    save_import(result, MNQ, tmp_path / "all.parquet")

    bars = load_contract_bars(tmp_path / "all.parquet", MNQ)
    assert {contract.code: len(own) for contract, own in bars.items()} == {
        "MNQH24": 276,
        "MNQM24": 230,
    }
    assert result.n_shared == 0


def rolled(path, rows, contracts):
    """Write rows as parquet, the contract of each beside it, and return the path."""
    names = ["timestamp", "open", "high", "low", "close", "volume"]
    pd.DataFrame(rows, columns=names).assign(contract=contracts).to_parquet(path, index=False)
    return path


H24_M24_U24 = ["MNQH24"] * 100 + ["MNQM24"] * 60 + ["MNQU24"] * 70


def test_contracts_that_follow_each_other_are_one_series(tmp_path):
    rows = session_bars()
    names = ["MNQU4"] * 100 + ["MNQZ4"] * 60 + ["MNQH5"] * 70  # H before U and Z by letter

    result = import_files([rolled(tmp_path / "a.parquet", rows, names)], MNQ)

    assert list(result.bars.index) == [row[0] for row in rows]
    assert result.bars["contract"].tolist() == (
        ["MNQU24"] * 100 + ["MNQZ24"] * 60 + ["MNQH25"] * 70
    )
    assert result.guesses[0].notes == (
        "3 contracts that follow each other, MNQU24 to MNQH25: taken as one series, with its gaps "
        "at the rolls as they are",
    )


def test_contracts_of_a_file_that_we_rolled_are_one_series(tmp_path):
    stored = tmp_path / "rolled.parquet"
    days = {"2024-06-12": (100.0, 90), "2024-06-13": (102.0, 40), "2024-06-14": (103.0, 10)}
    later = {"2024-06-13": (112.0, 80), "2024-06-14": (115.0, 90), "2024-06-17": (120.0, 30)}
    contracts = check_contract_bars(contract_frame({"NQM24": days, "NQU24": later}), NQ)
    bars = continuous_series(contracts, NQ, RollSettings(), "none").bars
    save_bars(bars, stored, {"symbol": "NQ"})

    result = import_files([stored], NQ, ImportOptions(stamp="open"))

    shared = ["open", "high", "low", "close", "volume", "contract"]
    pd.testing.assert_frame_equal(result.bars[shared], bars[shared], check_dtype=False)
    assert result.guesses[0].notes[0] == (
        "columns that are not taken: is_roll, roll_gap, adjustment"
    )


@pytest.mark.parametrize("row", [99, 0])
def test_contracts_that_touch_or_return_are_several(tmp_path, row):
    rows = session_bars()
    rows[100] = (rows[row][0], *rows[100][1:])  # of MNQM24, at a time of MNQH24
    path = rolled(tmp_path / "a.parquet", rows, H24_M24_U24)

    with pytest.raises(DataError, match=r"holds 3 contracts .*--contract all"):
        import_files([path], MNQ)


def test_contracts_of_which_one_comes_back_are_several(tmp_path):
    names = ["MNQH24"] * 100 + ["MNQM24"] * 60 + ["MNQH24"] * 70

    with pytest.raises(DataError, match=r"holds 2 contracts .*--contract all"):
        import_files([rolled(tmp_path / "a.parquet", session_bars(), names)], MNQ)


def test_contracts_that_follow_each_other_in_two_files_are_one_series(tmp_path):
    rows = session_bars()
    names = ["MNQZ23"] * 100 + ["MNQH24"] * 60 + ["MNQM24"] * 70
    first = rolled(tmp_path / "a.parquet", rows[:170], names[:170])
    second = rolled(tmp_path / "b.parquet", rows[90:], names[90:])

    result = import_files([second, first], MNQ)

    assert list(result.bars.index) == [row[0] for row in rows]
    assert result.bars["contract"].tolist() == names
    assert result.n_shared == 80


def test_contracts_of_two_files_that_overlap_are_refused(tmp_path):
    rows = session_bars()
    paths = [rolled(tmp_path / f"{name}.parquet", rows, name) for name in ("MNQH24", "MNQM24")]

    with pytest.raises(DataError, match=r"2 contracts that overlap \(MNQH24, MNQM24\).*--contract"):
        import_files(paths, MNQ)


def test_saved_import_has_metadata_and_no_folders(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", session_bars())
    out = tmp_path / "out.parquet"

    save_import(import_files([path], MNQ), MNQ, out)

    assert len(load_bars(out, MNQ)) == 230
    assert load_metadata(out) == {
        "symbol": "MNQ",
        "bar_seconds": "1800",
        "adjustment": "none",
        "source": "parquet a.parquet",
        "zone": "UTC (proven)",
        "quality": "0 of 230 rows rejected",
    }


def test_progress_counts_the_bytes_of_all_files(tmp_path):
    rows = session_bars(n_sessions=10)
    paths = [new_york(tmp_path / "a.csv", rows[:230]), new_york(tmp_path / "b.csv", rows[230:])]
    total = sum(path.stat().st_size for path in paths)
    seen = []

    import_files(paths, MNQ, on_progress=lambda done, size: seen.append((done, size)))

    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)

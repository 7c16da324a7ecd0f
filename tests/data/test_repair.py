"""Repairs: each mends its own defect, nothing else, and writes down what it did."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.instruments import get_instrument
from data.quality import check_file, quality_report
from data.repair import REPAIRS, account_path, repair_bars, repair_file, suitable_repairs
from data.store import load_bars, load_metadata, save_bars
from tests.data.test_quality import PLANTED, ROWS, two_sessions, with_value
from tests.helpers.bars import real_data
from utils.errors import ConfigError, DataError

MNQ = get_instrument("MNQ")
MENDS = {
    "drop-nan": ("missing_stamps", "not_finite"),
    "drop-impossible": ("negative_volumes", "not_positive"),
    "sort": ("out_of_order",),
    "drop-duplicates": ("duplicates", "conflicting_duplicates"),
    "drop-outside-hours": ("outside_hours",),
    "snap-to-tick": ("off_tick",),
    "clip-ohlc": ("ohlc_violations",),
}
"""The defects that each repair is there for."""

CASES = [(name, code) for name, codes in MENDS.items() for code in codes]


def with_every_defect():
    """Return the two sessions with one defect for each repair, in rows of their own."""
    bars = two_sessions()
    bars.iloc[10, 3] = np.nan
    bars.iloc[20, 4] = -1.0
    bars.iloc[30, 1] = 17_002.1
    bars.iloc[40, 1] = 16_990.0
    saturday = bars.iloc[[50]].set_axis(pd.DatetimeIndex(["2024-01-20T12:00Z"]), axis=0)
    return pd.concat([bars[:60], bars[59:], saturday]).rename_axis("timestamp")


def test_repairs_are_all_tried_here():
    assert set(MENDS) == set(REPAIRS)


@pytest.mark.parametrize(("name", "code"), CASES)
def test_repair_mends_the_defect_it_is_there_for(name, code):
    result = repair_bars(PLANTED[code](), MNQ, [name])

    assert [step.name for step in result.steps] == [name]
    step = result.steps[0]
    assert step.n_removed + step.n_changed + step.n_moved == 1
    assert code not in {found.code for found in result.report.findings}
    assert not quality_report(result.bars, MNQ).has_errors


@pytest.mark.parametrize(("name", "code"), [case for case in CASES if case[0] != "sort"])
def test_repair_leaves_all_other_rows_exactly_as_they_were(name, code):
    frame = PLANTED[code]()
    result = repair_bars(frame, MNQ, [name])

    (number,) = result.changes["row_in_file"]
    others = frame.drop(columns="contract", errors="ignore").iloc[np.arange(len(frame)) != number]
    kept = result.bars[result.bars.index.isin(others.index)]
    assert kept.equals(others.rename_axis("timestamp"))


@pytest.mark.parametrize(
    ("code", "repair"),
    [(code, name) for name, code in CASES if code not in {"outside_hours"}],
)
def test_repair_without_the_right_one_is_refused_naming_it(code, repair):
    others = [name for name in REPAIRS if name != repair]

    with pytest.raises(DataError, match=rf"nothing was written; 1 bars .*repair --{repair}"):
        repair_bars(PLANTED[code](), MNQ, others)


def test_repair_all_of_many_defects_accounts_for_each_row():
    result = repair_bars(with_every_defect(), MNQ, list(REPAIRS))

    assert {step.name: (step.n_removed, step.n_changed) for step in result.steps} == {
        "drop-nan": (1, 0),
        "drop-impossible": (1, 0),
        "sort": (0, 0),
        "drop-duplicates": (1, 0),
        "drop-outside-hours": (1, 0),
        "snap-to-tick": (0, 1),
        "clip-ohlc": (0, 1),
    }
    assert [step.n_moved for step in result.steps] == [0, 0, 1, 0, 0, 0, 0]
    assert len(result.bars) == 550
    assert result.changes["repair"].tolist() == [
        "drop-nan", "drop-impossible", "drop-duplicates", "drop-outside-hours", "snap-to-tick",
        "clip-ohlc",
    ]  # fmt: skip
    assert result.changes["row_in_file"].tolist() == [10, 20, 59, 553, 30, 40]


def test_repair_changed_rows_are_noted_with_old_and_new_prices():
    changes = repair_bars(with_value(7, "high", 17_002.1), MNQ, ["snap-to-tick"]).changes
    row = changes.iloc[0]

    assert row["action"] == "changed"
    assert (row["high"], row["new_high"]) == (17_002.1, 17_002.0)
    assert row["new_low"] == row["low"]


def test_repair_clip_ohlc_widens_to_the_outermost_prices():
    bars = two_sessions()
    bars.iloc[7, :4] = [17_000.0, 16_990.0, 17_005.0, 17_010.0]
    result = repair_bars(bars, MNQ, ["clip-ohlc"])

    assert result.bars.iloc[7, :4].tolist() == [17_000.0, 17_010.0, 16_990.0, 17_010.0]


def test_repair_of_conflicting_bars_keeps_the_last_in_the_file():
    late_but_earlier_in_file = pd.concat([with_value(7, "volume", 1.0)[7:8], ROWS])
    result = repair_bars(late_but_earlier_in_file, MNQ, ["drop-duplicates", "sort"])

    assert result.bars.equals(ROWS)
    assert result.changes["volume"].tolist() == [1.0]


def test_repair_of_many_bars_of_one_time_keeps_the_last_in_the_file_after_sorting():
    versions = [with_value(7, "volume", float(number))[7:8] for number in range(1, 41)]
    result = repair_bars(pd.concat([ROWS[8:], *versions, ROWS[:7]]), MNQ, list(REPAIRS))

    assert result.bars.equals(with_value(7, "volume", 40.0))


def test_repair_negative_crude_oil_stays():
    bars = with_value(7, "low", -37.63)

    assert repair_bars(bars, get_instrument("CL"), ["drop-impossible"]).bars.equals(bars)


def test_repair_ratio_adjusted_prices_are_not_snapped():
    bars = ROWS / 1.01
    result = repair_bars(bars, MNQ, ["snap-to-tick"], adjustment="ratio")

    assert result.steps[0].n_changed == 0
    assert result.bars.equals(bars)


def test_repair_overlapping_contracts_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"of another contract: .*scripts/data\.py roll"):
        repair_bars(PLANTED["overlapping_contracts"](), MNQ, list(REPAIRS))


def test_repair_naive_stamps_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"without a time zone.*import --tz"):
        repair_bars(ROWS.tz_localize(None), MNQ, list(REPAIRS))


def test_repair_unknown_name_and_daily_hours_are_refused():
    daily = ROWS[:3].set_axis(
        pd.date_range("2024-01-02", periods=3, tz="UTC", name="timestamp"), axis=0
    )
    with pytest.raises(ConfigError, match="unknown repair `fill`"):
        repair_bars(ROWS, MNQ, ["fill"])
    with pytest.raises(ConfigError, match="drop-outside-hours is for bars of up to 3,600 s"):
        repair_bars(daily, MNQ, ["drop-outside-hours"])


def test_repair_file_writes_bars_metadata_and_account(tmp_path):
    path, out = tmp_path / "found.parquet", tmp_path / "mended.parquet"
    with_every_defect().to_parquet(path)

    result = repair_file(path, MNQ, suitable_repairs(path), out)

    assert load_bars(out, MNQ).equals(result.bars)
    assert not check_file(out, MNQ).has_errors
    notes = load_metadata(out)
    assert (notes["symbol"], notes["source"], notes["bar_seconds"]) == (
        "MNQ",
        "found.parquet",
        "300",
    )
    assert notes["quality"] == result.report.summary
    assert notes["repairs"].startswith("drop-nan, drop-impossible, sort")
    account = pd.read_csv(account_path(out))
    assert account_path(out).name == "mended.parquet.repaired.csv"
    assert account["row_in_file"].tolist() == [10, 20, 59, 553, 30, 40]


def test_repair_file_refused_writes_nothing(tmp_path):
    path, out = tmp_path / "found.parquet", tmp_path / "mended.parquet"
    with_every_defect().to_parquet(path)

    with pytest.raises(DataError, match="nothing was written"):
        repair_file(path, MNQ, ["sort"], out)
    with pytest.raises(ConfigError, match="is the file itself"):
        repair_file(path, MNQ, ["sort"], path)
    assert [file.name for file in tmp_path.iterdir()] == ["found.parquet"]


def test_repair_file_edited_since_is_refused_until_that_is_accepted(tmp_path):
    path, out = tmp_path / "bars.parquet", tmp_path / "mended.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ", "source": "by hand"})
    table = pq.read_table(path)
    volume = pa.array([7.0, *table.column("volume").to_pylist()[1:]])
    pq.write_table(table.set_column(table.schema.get_field_index("volume"), "volume", volume), path)

    with pytest.raises(DataError, match=r"do not match the fingerprint.*--accept-changed"):
        repair_file(path, MNQ, list(REPAIRS), out)
    repair_file(path, MNQ, ["accept-changed"], out)

    assert load_bars(out, MNQ)["volume"].iloc[0] == 7.0
    assert load_metadata(out)["source"] == "by hand"


def test_repair_file_again_remembers_what_was_repaired_before(tmp_path):
    found, once, twice = (tmp_path / f"{name}.parquet" for name in ("found", "once", "twice"))
    with_every_defect().to_parquet(found)

    repair_file(found, MNQ, [*list(REPAIRS)[:4], "snap-to-tick", "clip-ohlc"], once)
    repair_file(once, MNQ, ["drop-outside-hours", "sort"], twice)

    assert load_metadata(twice)["repairs"] == (
        "drop-nan, drop-impossible, sort, drop-duplicates, snap-to-tick, clip-ohlc, "
        "drop-outside-hours"
    )


def test_repair_file_notes_the_size_of_the_bars_that_it_leaves(tmp_path):
    path, out = tmp_path / "bars.parquet", tmp_path / "mended.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ", "bar_seconds": "300"})
    table = pq.read_table(path)
    pq.write_table(table.take(list(range(0, table.num_rows, 3))), path)

    repair_file(path, MNQ, ["accept-changed"], out)

    assert load_metadata(out)["bar_seconds"] == "900"


@pytest.mark.parametrize(
    ("name", "symbol", "n_changes"), [("CL_yahoo", "CL", 7), ("SI_yahoo", "SI", 2_649)]
)
def test_repair_file_real_daily_bars_are_sound_afterwards(tmp_path, name, symbol, n_changes):
    path, instrument = real_data(f"daily/{name}.parquet"), get_instrument(symbol)
    out = tmp_path / "mended.parquet"

    result = repair_file(path, instrument, suitable_repairs(path), out)

    assert len(result.changes) == n_changes
    assert set(result.changes["action"]) == {"changed"}
    assert not check_file(out, instrument).has_errors
    assert len(load_bars(out, instrument)) == len(pd.read_parquet(path))

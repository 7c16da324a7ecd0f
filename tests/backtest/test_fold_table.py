"""The fold table: what each fold and seed made, and how far the seeds lie apart."""

from dataclasses import replace

import pytest

from backtest.fold_table import fold_frame, fold_table, seed_table
from backtest.stitching import Stitched
from tests.helpers.results import hand_made_result
from tests.helpers.walks import walk_bars, walk_settings, walked


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    bars = walk_bars()
    settings = walk_settings(kind="rolling", n_folds=2, validation_length=1, seeds=(0, 4))
    run = walked(bars, settings, tmp_path_factory.mktemp("walk"))
    return fold_frame(run, bars), run


def test_fold_frame_says_which_rows_and_days_were_learnt_chosen_by_and_tested(frame):
    first = frame[0].iloc[0]
    assert first[["fold", "seed"]].tolist() == [1, 0]
    assert first[["train_start", "train_stop"]].tolist() == [0, 1_380]
    assert first[["validation_start", "validation_stop"]].tolist() == [1_656, 1_932]
    assert first[["test_start", "test_stop"]].tolist() == [2_484, 3_264]
    # a session opens at 23:00 UTC of the day before
    assert first[["train_from", "train_to"]].tolist() == ["2024-01-01", "2024-01-08"]
    assert first[["test_from", "test_to"]].tolist() == ["2024-01-14", "2024-01-17"]
    assert frame[0][["fold", "seed"]].to_numpy().tolist() == [[1, 0], [1, 4], [2, 0], [2, 4]]


def test_fold_frame_has_the_metrics_of_each_test_block(frame):
    table, run = frame
    for row, outcome in zip(table.to_dict("records"), run.outcomes, strict=True):
        metrics = outcome.results[0].metrics
        assert row["net_profit_usd"] == pytest.approx(metrics["net_profit_usd"])
        assert row["n_trades"] == metrics["n_trades"]
        assert row["validation_net_usd"] == outcome.validation.metrics["net_profit_usd"]


def test_fold_table_has_a_row_per_fold_and_seed(frame):
    table = fold_table(frame[0])
    assert [row.heading for row in table.rows] == [
        "1, seed 0",
        "1, seed 4",
        "2, seed 0",
        "2, seed 4",
    ]
    assert all(len(row.cells) + 1 == len(table.columns) for row in table.rows)
    assert table.columns[:2] == ("fold", "learnt until")
    assert table.rows[0].cells[:3] == ("2024-01-08", "2024-01-14", "2024-01-17")


def test_fold_without_validation_shows_a_dash(tmp_path):
    bars = walk_bars()
    run = walked(bars, walk_settings(n_folds=1, validation_length=0), tmp_path)
    assert fold_table(fold_frame(run, bars)).rows[0].cells[3] == "–"


def test_seed_table_gives_the_deviation_and_the_run_that_the_report_is_about():
    runs = tuple(
        replace(hand_made_result(equity=(10_000, *[end] * 5)), name=name)
        for name, end in (("a", 10_020.0), ("b", 10_000.0), ("c", 10_010.0))
    )
    table = seed_table(Stitched(runs=runs, seeds=(0, 1, 2)))
    assert [row.cells[0] for row in table.rows] == ["+20.00", "+0.00", "+10.00", "10.00"]
    assert all(len(row.cells) + 1 == len(table.columns) for row in table.rows)
    assert "about c, the run of median" in table.note


def test_seed_table_of_one_seed_has_no_deviation():
    table = seed_table(Stitched(runs=(hand_made_result(),), seeds=(0,)))
    assert table.rows[-1].cells[0] == "–"

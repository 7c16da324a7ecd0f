"""Walk-forward runs: which rows are learnt from and tested, what is kept, and what is refused."""

import json

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from backtest.in_process_executor import InProcessExecutor
from backtest.walk_forward import planned_jobs, walk_forward
from tests.helpers.walks import model_at, rows_of_jobs, walk_bars, walk_settings, walked
from utils.errors import ArtifactError, ConfigError, DataError

ROLLING = {"kind": "rolling", "n_folds": 2, "validation_length": 1, "seeds": (0, 1)}


@pytest.fixture(scope="module")
def bars():
    """Return fifteen sessions, of which sessions begin at 276, 552 ... 2,484, 2,712 ... 3,816."""
    return walk_bars()


@pytest.fixture(scope="module")
def run(bars, tmp_path_factory):
    """Return the run of two rolling folds and two seeds, and its folder."""
    folder = tmp_path_factory.mktemp("walk")
    return walked(bars, walk_settings(**ROLLING), folder), folder


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        # half of 15 sessions are 7: 5 learn, 1 is purged, 1 chooses; 2 are left out; 3 and 3 test
        (
            {"kind": "rolling", "n_folds": 2, "validation_length": 1},
            [
                ((0, 1_380), (1_656, 1_932), [(2_484, 3_264)]),
                ((828, 2_208), (2_484, 2_712), [(3_264, 4_000)]),
            ],
        ),
        (
            {"kind": "expanding", "n_folds": 2, "validation_length": 1},
            [
                ((0, 1_380), (1_656, 1_932), [(2_484, 3_264)]),
                ((0, 2_208), (2_484, 2_712), [(3_264, 4_000)]),
            ],
        ),
        (
            {"kind": "anchored", "anchor": 276, "train_length": 5, "test_length": 6},
            [((276, 1_656), None, [(2_208, 3_816)])],
        ),
        # groups of 4 to 5 sessions; what follows a tested one has 50 rows of lookback left out
        (
            {"combinatorial": True, "n_groups": 3, "n_tested": 1, "validation_length": 1},
            [
                ((1_932, 3_540), (3_816, 4_000), [(0, 1_380)]),
                ((3_264, 3_540), (3_816, 4_000), [(1_380, 2_712)]),
                ((0, 1_656), (1_932, 2_208), [(2_712, 4_000)]),
            ],
        ),
    ],
)
def test_planned_jobs_learn_choose_and_test_on_rows_worked_out_by_hand(bars, settings, rows):
    agent = {"validation_fraction": 0.0}
    assert rows_of_jobs(planned_jobs(bars, walk_settings(agent=agent, **settings))) == rows


def test_planned_jobs_come_fold_by_fold_and_seed_by_seed(bars):
    names = [job.name for job in planned_jobs(bars, walk_settings(**ROLLING))]
    assert names == ["fold_1_seed_0", "fold_1_seed_1", "fold_2_seed_0", "fold_2_seed_1"]


def test_validation_without_a_length_is_the_agents_share_of_the_first_training(bars):
    settings = walk_settings("EPG", kind="rolling", n_folds=2)  # 0.15 of 7 sessions
    assert planned_jobs(bars, settings)[0].fold.validation == slice(1_656, 1_932)
    none = walk_settings(agent={"validation_fraction": 0.0}, kind="rolling", n_folds=2)
    assert planned_jobs(bars, none)[0].fold.validation is None


def test_job_trains_by_its_own_seed_and_holds_back_its_own_rows(bars):
    jobs = planned_jobs(bars, walk_settings("EPG", **ROLLING))
    assert [job.own_settings.agent.seed for job in jobs] == [0, 1, 0, 1]
    own = jobs[0].own_settings.agent
    assert (own.validation_bars, own.validation_purge_bars) == (276, 276)
    without = walk_settings("EPG", kind="rolling", n_folds=2, validation_length=0)
    assert without.agent.validation_fraction == 0.15
    own = planned_jobs(bars, without)[0].own_settings.agent
    assert (own.validation_bars, own.validation_fraction) == (None, 0.0)


def test_run_is_tested_from_the_first_row_of_each_block_to_its_last(bars, run):
    blocks = [outcome.results[0] for outcome in run[0].of_seed(0)]
    assert [block.span for block in blocks] == [
        (bars.index[2_484], bars.index[3_263]),
        (bars.index[3_264], bars.index[3_999]),
    ]
    assert not any(block.is_in_sample for block in blocks)
    chosen = [outcome.validation.span for outcome in run[0].of_seed(0)]
    assert chosen[0] == (bars.index[1_656], bars.index[1_931])


def test_run_writes_a_model_that_gives_the_same_result_again(bars, run):
    outcome = run[0].outcomes[0]
    agent = model_at(run[1] / "fold_1_seed_0")
    assert agent.provenance["training_bars"] == 1_932
    assert agent.settings.validation_bars == 276
    assert agent.settings.validation_purge_bars == 276
    engine = BacktestEngine(bars.iloc[:3_264], start=bars.index[2_484])
    again = engine.run_with_model(agent)
    np.testing.assert_array_equal(again.equity, outcome.results[0].equity)


def test_run_done_again_keeps_every_fold(bars, run):
    told = []
    jobs = planned_jobs(bars, walk_settings(**ROLLING))
    again = walk_forward(
        bars, jobs, None, run[1], lambda outcome, is_kept: told.append((outcome.name, is_kept))
    )
    assert told == [(job.name, True) for job in jobs]
    for one, other in zip(run[0].outcomes, again.outcomes, strict=True):
        np.testing.assert_array_equal(one.results[0].equity, other.results[0].equity)
        assert one.results[0].metrics == pytest.approx(other.results[0].metrics, nan_ok=True)
        assert one.results[0].trades.equals(other.results[0].trades)
        assert one.model == other.model == {}


def test_run_does_only_the_fold_that_is_missing(bars, run, tmp_path):
    jobs = planned_jobs(bars, walk_settings(**ROLLING))
    folder = tmp_path / "walk"
    walk_forward(bars, jobs[:2], InProcessExecutor(), folder)
    told = {}
    walk_forward(
        bars, jobs, InProcessExecutor(), folder, lambda one, kept: told.update({one.name: kept})
    )
    assert told == {job.name: job in jobs[:2] for job in jobs}


def test_run_of_other_settings_is_refused_naming_the_first_difference(bars, run):
    jobs = planned_jobs(bars, walk_settings(timesteps=512, **ROLLING))
    with pytest.raises(ConfigError, match="`settings.train.timesteps` was 256 there, is 512 here"):
        walk_forward(bars, jobs, None, run[1])


def test_run_on_other_bars_is_refused(bars, run):
    other = bars.assign(volume=bars["volume"] + 1.0)
    jobs = planned_jobs(other, walk_settings(**ROLLING))
    with pytest.raises(ConfigError, match="`data_fingerprint` was .* choose another --out"):
        walk_forward(other, jobs, None, run[1])


@pytest.mark.parametrize("name", ["model/policy.safetensors", "test_1/arrays.npz", "fold.json"])
def test_run_with_a_damaged_fold_says_which_file(bars, tmp_path, name):
    jobs = planned_jobs(bars, walk_settings(**ROLLING))[:1]
    walk_forward(bars, jobs, InProcessExecutor(), tmp_path)
    where = tmp_path / "fold_1_seed_0" / name
    where.write_bytes(where.read_bytes().replace(b"0", b"1"))
    with pytest.raises(ArtifactError, match=f"{name}.* remove"):
        walk_forward(bars, jobs, None, tmp_path)


def test_folds_that_do_not_fit_say_how_many_are_missing(bars):
    with pytest.raises(DataError, match="20 rolling folds: .* had 15: .* are missing"):
        planned_jobs(bars, walk_settings(kind="rolling", n_folds=20))


def test_job_without_tests_reads_no_row_after_its_validation(bars, tmp_path):
    """As tuning asks for: the score is that of the validation rows."""
    settings = walk_settings(**ROLLING)
    job = planned_jobs(bars, settings)[0]
    blind = job.untested
    [outcome] = walk_forward(bars.iloc[:1_932], [blind], InProcessExecutor(), tmp_path).outcomes
    assert outcome.results == ()
    assert outcome.validation.metrics["n_sessions"] == 1
    described = json.loads((tmp_path / job.name / "fold.json").read_text())
    assert described["identity"]["tests"] == []

"""One fold of a trial, really learnt: what it sees, what it scores, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from backtest.fold_task import FoldJob, fold_task
from backtest.metrics import session_equity, session_returns
from backtest.tuning_task import ScoreJob, score_task
from config.settings import AgentSettings, EnvSettings, FoldSettings, Settings, TrainSettings
from data.calendar import calendar_of
from data.planned_folds import planned_folds
from data.synthetic import synthetic_bars

N_BARS = 3_000


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    """Return bars with an edge."""
    return synthetic_bars(N_BARS, "overreaction", seed=3)


def _settings(**agent) -> Settings:
    values = {"algorithm": "DP", "predictor": "ridge", **agent}
    return Settings(
        agent=AgentSettings(**values),
        env=EnvSettings(lookback_window=4),
        train=TrainSettings(features=("log_return", "rsi")),
        folds=FoldSettings(n_folds=2, seeds=(0,)),
    )


def _job(bars, settings, number=0) -> ScoreJob:
    dates = calendar_of("MNQ").trade_dates(pd.DatetimeIndex(bars.index))
    folds = planned_folds(dates, settings.folds, lookback_bars=4, validation_share=0.0)
    return ScoreJob(trial=7, fold=folds[number], seed=0, settings=settings)


def test_task_scores_the_block_after_the_gap_by_its_session_returns(bars):
    job = _job(bars, _settings())
    outcome = score_task(bars, job)
    result = fold_task(bars, FoldJob(fold=job.fold, seed=0, settings=job.settings)).results[0]
    assert job.name == "trial_7_fold_1_seed_0"
    expected = session_returns(session_equity(result.equity, result.trade_dates))
    assert outcome.returns == tuple(expected)
    assert outcome.net_usd == pytest.approx(result.metrics["net_profit_usd"])
    assert outcome.n_trades == len(result.trades) > 0
    assert (outcome.first_session, outcome.last_session) == (
        str(result.trade_dates[0]),
        str(result.trade_dates[-1]),
    )
    assert result.timestamps[0] == bars.index[job.fold.tests[0].start]
    assert not result.is_in_sample


def test_task_does_not_depend_on_a_bar_after_the_block_that_it_scores(bars):
    job = _job(bars, _settings())
    stop = job.fold.tests[0].stop
    assert stop < N_BARS
    other = synthetic_bars(N_BARS, "default", seed=9)
    poisoned = pd.concat([bars.iloc[:stop], other.iloc[stop:]])
    assert score_task(poisoned, job) == score_task(bars, job)
    # and would not be the same if it did see the bars that were changed
    moved = pd.concat([bars.iloc[: stop - 300], other.iloc[stop - 300 :]])
    assert score_task(moved, job) != score_task(bars, job)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"algorithm": "PPO", "predictor": "ridge", "batch_size": 300}, "`batch_size` must divide"),
        ({"algorithm": "PPO", "predictor": "tower"}, "`predictor` is for the algorithm DP alone"),
    ],
)
def test_settings_that_contradict_each_other_come_back_as_a_refusal(bars, changes, part):
    outcome = score_task(bars, _job(bars, _settings(**changes)))
    assert part in outcome.refusal
    assert outcome.returns == ()


def test_window_longer_than_the_training_comes_back_as_a_refusal(bars):
    settings = _settings()
    env = EnvSettings(lookback_window=2_000)
    settings = settings.model_copy(update={"env": env})
    outcome = score_task(bars, _job(bars, settings))
    assert "training needs at least" in outcome.refusal
    assert np.isfinite(outcome.net_usd)

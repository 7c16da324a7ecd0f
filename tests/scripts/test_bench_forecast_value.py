"""The suite forecast_value: the same rows for every agent, shares alike, and what its lines say."""

import json
from dataclasses import replace

import numpy as np
import pytest

from data.forecast_columns import usual_columns
from data.forecast_store import ForecastStore
from data.synthetic import synthetic_bars
from scripts.benchmarks import forecast_value, forecast_value_run, learning_store
from scripts.benchmarks.forecast_value_market import (
    AVERAGES,
    MARKETS,
    QUICK_LEAD,
    market_bars,
    value_market,
    with_averages,
)
from scripts.benchmarks.forecast_value_plan import arms_of, store_tasks, value_tasks
from scripts.benchmarks.forecast_value_run import Counted, Looker, Outcome, Seen, days_of
from scripts.benchmarks.forecast_value_store import made_store
from scripts.benchmarks.forecast_value_task import PLAIN, StoreTask, ValueTask
from scripts.benchmarks.learning_market import (
    DECOYS,
    EDGE,
    MARTINGALE,
    PLANTED,
    QUICK_SHARE,
    walk_policy,
)
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.forecasts import SHORT_HORIZONS, block_of, make_store, terms
from tests.helpers.learning import look
from utils.errors import DataError

N_BARS, FIRST = 2_000, 200
"""Of a small market, and its first row with a forecast."""

SEEN, HIDDEN = "planted_seen", "planted_hidden"


def small_task(arm=PLAIN, *, market=SEEN, method="EPG", seed=0, timesteps=2_048) -> ValueTask:
    """Return a training on a planted edge."""
    return ValueTask(
        market=market, preset=MARKETS[market].preset, content="", arm=arm, method=method,
        seed=seed, timesteps=timesteps,
    )  # fmt: skip


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return the folder of a store of made-up forecasts of a small planted market."""
    bars = synthetic_bars(N_BARS, PLANTED, seed=0)
    monkeypatch.setattr(forecast_value_run, "market_bars", lambda *_: bars)
    for store in small_task().stores.values():
        make_store(store.folder(tmp_path), bars, (FIRST, N_BARS))
    return tmp_path


def outcome(share: float, *, days=(1.0, 2.0), is_flat=False, last: float = 0.1) -> Outcome:
    """Return what came of a training that kept weights worth a share."""
    kept = Seen(point=look(1.0, share), days_usd=days)
    return Outcome(kept=kept, last=Seen(point=look(1.0, last), days_usd=days), is_flat=is_flat)


def values_of(lines) -> dict[str, float]:
    return {line.name: line.value for line in lines}


def test_every_training_and_store_has_a_name_of_its_own(tmp_path):
    synthetic_bars(400, seed=1).to_parquet(tmp_path / "bars.parquet")
    tasks = value_tasks(False, tmp_path / "bars.parquet")
    stores = store_tasks(tasks)
    for made in (tasks, stores):
        assert len({each.name for each in made}) == len(made)
    assert len(stores) == 5 + 5 + 2  # the agents that see the signals share the others' store
    assert {task.market for task in value_tasks(True)} == {SEEN, HIDDEN, "martingale"}


def test_file_that_is_not_there_is_refused_before_anything_is_made(capsys):
    outcome = run_script(capsys, "bench", "--suite", "forecast_value", "--bars", "no.parquet")
    assert_one_clear_line(outcome, "no.parquet")


def test_option_of_other_suites_names_them(capsys):
    outcome = run_script(capsys, "bench", "--suite", "data", "--bars", "no.parquet")
    assert_one_clear_line(outcome, "`--bars`", "learning", "forecast_value")


def test_arms_have_the_same_rows_and_features_but_for_the_forecasts(small):
    plain = forecast_value_run.market_of(small_task(), small)
    shown = forecast_value_run.market_of(small_task("quantile_regression"), small)
    assert shown.market.feature_set.forecasts == usual_columns(SHORT_HORIZONS)
    assert plain.market.feature_set.forecasts == ()
    assert plain.market.timestamps.equals(shown.market.timestamps)
    assert plain.market.n_bars == N_BARS - FIRST
    assert np.array_equal(plain.market.windowed, shown.market.windowed, equal_nan=True)
    assert (plain.n_training, plain.n_chosen_by) == (shown.n_training, shown.n_chosen_by)
    assert shown.training_env.market.n_forecasts == len(usual_columns(SHORT_HORIZONS))


def test_rows_begin_where_all_stores_of_a_market_have_forecasts(tmp_path):
    bars = synthetic_bars(1_200, seed=0)
    early, late = tmp_path / "early", tmp_path / "late"
    make_store(early, bars, (100, 1_200))
    make_store(late, bars, (160, 1_200))
    for chosen in (early, late, None):
        split = value_market(bars, ("log_return",), (early, late), chosen)
        assert split.bars.index[0] == bars.index[160]


def test_scaler_of_forecasts_sees_training_rows_alone(tmp_path):
    bars = synthetic_bars(1_200, seed=0)
    first, later = block_of(bars, 100, 900), block_of(bars, 900, 1_200)
    found = []
    for factor in (1.0, 3.0):
        store = ForecastStore.create(tmp_path / f"{factor}", terms())
        store.add_block(first)
        store.add_block(replace(later, quantiles=factor * later.quantiles))
        found.append(value_market(bars, ("log_return",), (store.path,), store.path))
    usual, wide = found
    assert usual.n_training < 900 - 100
    assert not np.array_equal(usual.market.forecasts[800:], wide.market.forecasts[800:])
    assert usual.market.scaler == wide.market.scaler
    assert np.array_equal(usual.market.forecasts[:800], wide.market.forecasts[:800])


def test_agent_that_does_not_see_the_signals_is_measured_by_the_same_optimum(small):
    assert MARKETS[HIDDEN].features == DECOYS
    assert MARKETS[SEEN].features == (*EDGE.signal_columns, *DECOYS)
    yardstick = forecast_value_run.yardstick_of(small_task(market=HIDDEN), small)
    again = forecast_value_run.yardstick_of(small_task(), small)
    assert yardstick._optimum_usd == again._optimum_usd > 0.0


def test_averages_of_signals_use_no_later_row():
    bars = synthetic_bars(600, PLANTED, seed=3)
    whole = with_averages(bars)
    assert whole[list(AVERAGES)].iloc[:400].equals(with_averages(bars.iloc[:400])[list(AVERAGES)])
    assert whole[AVERAGES[0]].iloc[0] == pytest.approx(
        bars[list(EDGE.signal_columns)].iloc[0].mean()
    )


def test_quick_bars_of_a_file_are_its_last_ones(tmp_path):
    bars = synthetic_bars(5_000, seed=1)
    bars.to_parquet(tmp_path / "bars.parquet")
    own = market_bars(str(tmp_path / "bars.parquet"), 0, QUICK_SHARE)
    assert len(own) == 500 + QUICK_LEAD
    assert own.index[-1] == bars.index[-1]


@pytest.mark.parametrize("method", ["EPG", "DP-ridge"])
def test_outcome_is_of_the_unseen_bars(small, method):
    task = small_task("quantile_regression", method=method, timesteps=1_024)
    found = forecast_value_run.outcome_of(task, small)
    point = found.last.point
    assert sum(found.last.days_usd) == pytest.approx(point.net_usd, abs=0.05)
    assert found.is_flat == (not point.is_kept and found.kept.point.n_trades == 0)


def test_looks_are_taken_when_they_are_due_each_once():
    seen = []
    counted = Counted(seen.append, [100, 200, 250])
    for timesteps in (0, 64, 128, 192, 256, 320):
        counted.num_timesteps = timesteps
        counted._on_rollout_start()
    assert seen == [128, 256]


def test_looker_keeps_the_last_weights_that_validation_chose_or_none(small):
    split = forecast_value_run.market_of(small_task(), small)
    simulation = walk_policy(forecast_value.BASELINES["buy_and_hold"](0), split.unseen)

    class Examined:
        def __init__(self, kept):
            self.kept, self.simulation = iter(kept), simulation

        def look(self, decider, seconds, timesteps):
            return look(seconds, timesteps / 10.0, is_kept=next(self.kept))

    looker = Looker(Examined([True, True, False]), None, split.unseen)
    for timesteps in (1, 2, 3):
        looker.look(timesteps)
    assert (looker.outcome.kept.point.share, looker.outcome.last.point.share) == (0.2, 0.3)
    assert not looker.outcome.is_flat
    never = Looker(Examined([False]), None, split.unseen)
    never.look(1)
    assert never.outcome.is_flat
    assert set(never.outcome.kept.days_usd) == {0.0}
    assert never.outcome.last.days_usd == days_of(simulation, split.unseen)


def test_days_of_a_pass_are_sessions_and_add_up(small):
    split = forecast_value_run.market_of(small_task(), small)
    simulation = walk_policy(forecast_value.BASELINES["buy_and_hold"](0), split.unseen)
    dates = split.unseen.market.trade_dates[split.n_chosen_by :]
    days = days_of(simulation, split.unseen)
    assert len(days) == len(np.unique(dates))
    assert sum(days) == pytest.approx(simulation.equity[-1] - simulation.equity[0], abs=0.05)
    assert days[0] == pytest.approx(
        simulation.equity[int((dates == dates[0]).sum())] - simulation.equity[0], abs=0.01
    )


def test_gain_pairs_outcomes_of_the_same_seed_whatever_their_order():
    shares = {PLAIN: (0.1, 0.5, 0.3, 0.2, 0.4), "quantile_regression": (0.2, 0.7, 0.4, 0.3, 0.6)}
    done = {
        small_task(arm, seed=seed): outcome(shares[arm][seed], is_flat=seed == 0)
        for arm in shares
        for seed in (3, 1, 4, 0, 2)
    }
    lines = list(forecast_value.market_lines(SEEN, done))
    found = values_of(lines)
    start = "planted_seen/EPG/quantile_regression"
    assert found[f"planted_seen/EPG/{PLAIN}/kept"] == 0.3
    assert found[f"{start}/kept_max"] == 0.7
    assert found[f"{start}/left_flat"] == pytest.approx(0.2)
    assert found[f"{start}/kept_gain"] == pytest.approx(0.1)
    assert found[f"{start}/kept_gain_min"] == pytest.approx(0.1)
    assert found[f"{start}/kept_gain_max"] == pytest.approx(0.2)
    assert found[f"{start}/kept_gain_chance"] == 1 / 32
    assert found[f"{start}/last_gain_chance"] == 1.0
    units = {line.name: line.unit for line in lines}
    assert units[f"{start}/kept_gain_chance"].endswith(": significant gain, 5 of 5 seeds better")
    assert "no significant gain" in units[f"{start}/last_gain_chance"]


def test_gain_on_a_file_needs_its_days_too():
    plain = [outcome(0.1, days=(0.0,) * 100)] * 5
    lucky = tuple(np.random.default_rng(1).normal(2.0, 100.0, size=100).tolist())
    gain = forecast_value.gain_of("file", "kept", [outcome(0.2, days=lucky)] * 5, plain)
    assert gain.chance == 1 / 32
    assert gain.differences == pytest.approx((100.0,) * 5)
    assert gain.verdict == "no significant gain"
    steady = forecast_value.gain_of("file", "kept", [outcome(0.2, days=(5.0,) * 100)] * 5, plain)
    assert steady.verdict == "significant gain"


def test_martingale_has_agents_with_forecasts_alone_and_so_no_gain():
    assert arms_of("martingale") == ("quantile_regression",)
    done = {small_task("quantile_regression", market="martingale"): outcome(0.0)}
    lines = list(forecast_value.market_lines("martingale", done))
    assert not [line for line in lines if "gain" in line.name]
    assert {line.unit for line in lines} == {"of the agents", "USD", "per bar", "round trips"}


def test_outcome_comes_back_from_json():
    found = outcome(0.3, is_flat=True)
    record = json.loads(json.dumps(forecast_value_run.asdict(found)))
    assert Outcome.of(record) == found


def test_store_is_made_of_a_market_and_kept(tmp_path, monkeypatch):
    bars = synthetic_bars(4_140, MARTINGALE, seed=7)
    monkeypatch.setattr("scripts.benchmarks.forecast_value_store.market_bars", lambda *_: bars)
    task = StoreTask(preset=MARTINGALE, content="", family="ewma_fhs", seed=0, share=QUICK_SHARE)
    record = made_store(task, tmp_path)
    assert (record["n_blocks"], record["task"]["family"]) == (1, "ewma_fhs")
    assert 0 < record["n_rows"] < len(bars)
    assert made_store(task, tmp_path)["n_rows"] == record["n_rows"]


def test_store_that_cannot_be_made_is_one_clear_line(tmp_path):
    task = StoreTask(preset="no.parquet", content="0", family="harx_fhs", seed=0)
    with pytest.raises(DataError, match=r"forecasts-no-harx_fhs-0-[0-9a-f]{8} failed.*no\.parquet"):
        learning_store.make_missing([task], tmp_path)

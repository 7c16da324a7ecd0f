"""A training that was interrupted and goes on ends as one that never was, to the last bit."""

import itertools
import json

import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback

from models.actor_critic import weights_of
from models.agent import TradingAgent
from models.algorithms import ALGORITHMS
from models.callback_checkpoint import CheckpointPlan
from models.checkpoint import DESCRIPTION, checkpoints_of
from models.evaluation import Evaluation
from tests.helpers.agents import SMALL, small_env
from utils.errors import ArtifactError, ConfigError

ROLLOUT, TOTAL = 16, 128
HELD_BACK = SMALL.model_copy(
    update={"validation_fraction": 0.15, "n_evaluations": 4, "training_episode_bars": 13}
)
STEPPING = sorted(name for name in ALGORITHMS if name != "DP")  # which is one fit


class BreakAt(BaseCallback):
    """Raise an error in the middle of a rollout, as a defect or a lost machine would."""

    def __init__(self, timestep: int):
        super().__init__()
        self._timestep = timestep

    def _on_rollout_end(self) -> None:
        if self.num_timesteps >= self._timestep:
            raise RuntimeError("lost")

    def _on_step(self) -> bool:
        return True


class BreakAtStep(BaseCallback):
    """Raise an error in a step, before an algorithm hears that it should stop."""

    def __init__(self, timestep: int):
        super().__init__()
        self._timestep = timestep

    def _on_step(self) -> bool:
        if self.num_timesteps >= self._timestep:
            raise RuntimeError("lost")
        return True


def _agent(**overrides) -> TradingAgent:
    return TradingAgent(small_env(), settings=HELD_BACK, **overrides)


def _weights(agent) -> dict[str, np.ndarray]:
    return {name: weight.numpy() for name, weight in agent._decider.weights().items()}


def _interrupted(folder, timestep, **overrides) -> TradingAgent:
    """Return an agent that a checkpoint every rollout was written of until it broke off."""
    agent = _agent(**overrides)
    with pytest.raises(RuntimeError, match="lost"):
        agent.train(
            TOTAL, [BreakAt(timestep)], checkpoints=CheckpointPlan(folder=folder, every=ROLLOUT)
        )
    return agent


def _resumed(folder, **overrides) -> TradingAgent:
    agent = _agent(**overrides)
    agent.train(TOTAL, checkpoints=CheckpointPlan(folder=folder, resume=True))
    return agent


def _assert_same(one: TradingAgent, other: TradingAgent) -> None:
    weights = _weights(other)
    for name, weight in _weights(one).items():
        np.testing.assert_array_equal(weight, weights[name], err_msg=name)
    assert one.provenance == other.provenance


@pytest.mark.conformance
@pytest.mark.parametrize("algorithm", STEPPING)
def test_resumed_training_ends_in_the_same_bits(algorithm, tmp_path):
    # nothing held back: the last weights stay, to which every part of the state has led
    changes = {"algorithm": algorithm, "grad_accumulation": 3, "validation_fraction": 0.0}
    whole = _agent(**changes)
    whole.train(TOTAL)
    _interrupted(tmp_path, 72, **changes)
    assert checkpoints_of(tmp_path)
    _assert_same(whole, _resumed(tmp_path, **changes))


def test_resumed_training_keeps_the_weights_that_were_best_before(tmp_path, monkeypatch):
    def made_up(_, changes, timestep):
        return Evaluation(
            timestep=timestep, net_pnl_usd=float(timestep == 32), n_trades=1, win_rate=0.5,
            sharpe_per_bar=0.1, exposure=0.5, evidence=float(timestep == 32),
        )  # fmt: skip

    steady = lambda _, span: np.full(span.n_decisions, float(next(numbers) == 1))  # noqa: E731
    monkeypatch.setattr("models.callback_validation.evaluation_of", made_up)
    monkeypatch.setattr("models.callback_validation.changes_of", steady)
    numbers = itertools.count(1)
    whole = _agent()
    whole.train(TOTAL)
    assert whole.provenance["validation"]["kept"]["timestep"] == 32
    numbers = itertools.count(1)
    _interrupted(tmp_path, 96)
    _assert_same(whole, _resumed(tmp_path))


def test_resumed_training_whose_earnings_luck_explains_stays_flat_as_the_whole(
    tmp_path, monkeypatch
):
    nothing = lambda _, span: np.zeros(span.n_decisions)  # noqa: E731
    monkeypatch.setattr("models.callback_validation.changes_of", nothing)
    whole = _agent(significance=0.05)
    whole.train(TOTAL)
    assert whole.provenance["validation"]["kept"] is None
    _interrupted(tmp_path, 96, significance=0.05)
    _assert_same(whole, _resumed(tmp_path, significance=0.05))


def _told(checkpoint):
    return checkpoint["values"]["validation"]


def test_resumed_training_keeps_the_evaluations_of_before(tmp_path):
    _interrupted(tmp_path, 96)
    newest = json.loads((checkpoints_of(tmp_path)[-1] / DESCRIPTION).read_text())
    assert newest["timesteps"] == 80
    assert [each["timestep"] for each in _told(newest)["evaluations"]] == [32, 64]
    evaluations = _resumed(tmp_path).provenance["validation"]["evaluations"]
    assert [each["timestep"] for each in evaluations] == [32, 64, 96, 128]


def test_resumed_training_does_not_forget_that_patience_ran_out(tmp_path, monkeypatch):
    """The checkpoint of the evaluation by which patience ran out, before the training has ended."""
    steady = lambda _, span: np.full(span.n_decisions, -float(next(numbers)))  # noqa: E731
    monkeypatch.setattr("models.callback_validation.changes_of", steady)
    monkeypatch.setattr("models.callback_validation.evaluation_of", _ever_worse)
    numbers = itertools.count(1)
    whole = _agent(patience=2)
    whole.train(TOTAL)
    assert whole.provenance["timesteps"] == 98  # one step of the copies tells the algorithm
    numbers = itertools.count(1)
    agent = _agent(patience=2)
    plan = CheckpointPlan(folder=tmp_path, every=ROLLOUT)
    with pytest.raises(RuntimeError, match="lost"):
        agent.train(TOTAL, [BreakAtStep(98)], checkpoints=plan)
    assert checkpoints_of(tmp_path)[-1].name.endswith("096")
    _assert_same(whole, _resumed(tmp_path, patience=2))


def _ever_worse(_, changes, timestep):
    return Evaluation(
        timestep=timestep, net_pnl_usd=-float(timestep), n_trades=1, win_rate=0.5,
        sharpe_per_bar=0.1, exposure=0.5, evidence=-float(timestep),
    )  # fmt: skip


def test_resumed_training_may_be_interrupted_again(tmp_path):
    whole = _agent(validation_fraction=0.0)
    whole.train(TOTAL)
    _interrupted(tmp_path, 48, validation_fraction=0.0)
    again = _agent(validation_fraction=0.0)
    plan = CheckpointPlan(folder=tmp_path, every=ROLLOUT, resume=True)
    with pytest.raises(RuntimeError, match="lost"):
        again.train(TOTAL, [BreakAt(96)], checkpoints=plan)
    _assert_same(whole, _resumed(tmp_path, validation_fraction=0.0))


def test_resumed_training_without_a_checkpoint_begins_anew(tmp_path):
    whole = _agent()
    whole.train(TOTAL)
    _assert_same(whole, _resumed(tmp_path / "nothing"))


def test_resumed_training_does_not_depend_on_the_callers_randomness(tmp_path):
    _interrupted(tmp_path, 48)
    first = _resumed(tmp_path)
    np.random.rand(3)
    _assert_same(first, _resumed(tmp_path))


def test_checkpoints_are_written_at_their_distance_and_the_last_two_stay(tmp_path):
    agent = _agent()
    agent.train(TOTAL, checkpoints=CheckpointPlan(folder=tmp_path, every=40))
    # due from 40, 80 and 120 on, and rollouts end at multiples of 16: at 48 and 80; 128 is the end
    names = [path.name for path in checkpoints_of(tmp_path)]
    assert names == ["step_000000000048", "step_000000000080"]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"learning_rate": 1e-3}, "`agent_settings.learning_rate` was 0.0006 there, is 0.001 here"),
        ({"seed": 5}, "`agent_settings.seed` was 0 there, is 5 here"),
        ({"feature_extractor": "gru"}, "`agent_settings.feature_extractor` was 'lstm' there"),
    ],
)
def test_resumed_training_of_other_settings_is_refused(tmp_path, change, part):
    _interrupted(tmp_path, 48)
    with pytest.raises(ArtifactError, match=part):
        _resumed(tmp_path, **change)


def test_resumed_training_of_another_length_or_market_is_refused(tmp_path):
    _interrupted(tmp_path, 48)
    plan = CheckpointPlan(folder=tmp_path, resume=True)
    with pytest.raises(ArtifactError, match="`total_timesteps` was 128 there, is 256 here"):
        _agent().train(256, checkpoints=plan)
    other = TradingAgent(small_env(slippage_ticks=2), settings=HELD_BACK)
    with pytest.raises(ArtifactError, match="`env_settings.slippage_ticks` was 1 there, is 2 here"):
        other.train(TOTAL, checkpoints=plan)


def test_checkpoint_plan_of_no_distance_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="`every` must be >= 1 timesteps, was 0"):
        CheckpointPlan(folder=tmp_path, every=0)


def test_training_with_checkpoints_learns_the_same(tmp_path):
    plain, noted = _agent(), _agent()
    plain.train(TOTAL)
    noted.train(TOTAL, checkpoints=CheckpointPlan(folder=tmp_path, every=ROLLOUT))
    _assert_same(plain, noted)
    assert weights_of(plain._decider.network)

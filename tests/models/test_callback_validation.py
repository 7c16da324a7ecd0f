"""When it is evaluated, what is kept, and that nothing else of a training changes."""

import logging

import numpy as np
import pandas as pd
import pytest
from stable_baselines3.common.callbacks import BaseCallback

import models.callback_validation as validation
from config.settings import load_profile, overridden
from data.synthetic import synthetic_bars
from env.actions import Action
from models.actor_critic import weights_of
from models.agent import TradingAgent
from models.evaluation import Evaluation
from models.selection import LEAST_BARS
from models.training import make_training_env, train_agent
from tests.helpers.agents import SMALL, small_env
from utils.errors import DataError

ROLLOUT = 16
HELD_BACK = SMALL.model_copy(update={"validation_fraction": 0.15, "n_evaluations": 4})


class Snapshots(BaseCallback):
    """Keep the weights as they are at the start of each rollout and at the end, by timestep."""

    def __init__(self):
        super().__init__()
        self.weights: dict[int, list[np.ndarray]] = {}

    def _keep(self) -> None:
        self.weights[self.num_timesteps] = _arrays(self.model.policy)

    def _on_rollout_start(self) -> None:
        self._keep()

    def _on_step(self) -> bool:
        return True


def _arrays(network) -> list[np.ndarray]:
    return [weight.numpy() for weight in weights_of(network).values()]


def _evaluations(monkeypatch, figures):
    """Let evaluations come to these net PnLs, one after the other."""
    left = iter(figures)

    def made_up(_, changes, timestep):
        net = next(left)
        return Evaluation(
            timestep=timestep, net_pnl_usd=net, n_trades=int(net != 0.0), win_rate=0.5,
            sharpe_per_bar=0.1, exposure=0.5, evidence=net,
        )  # fmt: skip

    steady = iter(figures)
    monkeypatch.setattr(validation, "evaluation_of", made_up)
    monkeypatch.setattr(
        validation, "changes_of", lambda _, span: np.full(span.n_decisions, next(steady))
    )


def _trained(timesteps: int, *callbacks, **overrides) -> TradingAgent:
    agent = TradingAgent(small_env(), settings=HELD_BACK, **overrides)
    agent.train(timesteps, callbacks=callbacks)
    return agent


def _timesteps(agent) -> list[int]:
    return [each["timestep"] for each in agent.provenance["validation"]["evaluations"]]


@pytest.mark.parametrize(
    ("n_evaluations", "n_rollouts", "timesteps"),
    [
        (4, 8, [32, 64, 96, 128]),
        (1, 8, [128]),
        (3, 8, [48, 96, 128]),
        (20, 2, [16, 32]),
        (20, 1, [16]),
    ],
)
def test_validation_evaluates_at_equal_distances_and_at_the_end(
    n_evaluations, n_rollouts, timesteps
):
    agent = _trained(n_rollouts * ROLLOUT, n_evaluations=n_evaluations)
    assert _timesteps(agent) == timesteps


def test_validation_of_nothing_held_back_does_not_exist():
    agent = TradingAgent(small_env(), settings=SMALL)
    agent.train(2 * ROLLOUT)
    assert "validation" not in agent.provenance


def test_validation_puts_the_best_weights_back(monkeypatch, caplog):
    _evaluations(monkeypatch, [-5.0, 7.0, 6.0, -1.0])
    snapshots = Snapshots()
    with caplog.at_level(logging.INFO, "futuresgym.training"):
        agent = _trained(8 * ROLLOUT, snapshots)
    for kept, best in zip(
        _arrays(agent._decider.network), snapshots.weights[4 * ROLLOUT], strict=True
    ):
        np.testing.assert_array_equal(kept, best)
    assert agent.provenance["validation"]["kept"]["timestep"] == 64
    assert (
        "validation kept the weights of timestep 64, which made 1 trade and +7.00 USD net, of "
        "4 evaluations" in caplog.text
    )


def test_validation_keeps_the_later_of_what_it_cannot_tell_apart(monkeypatch):
    _evaluations(monkeypatch, [-5.0, 7.0, 6.0, 5.0])
    swings = iter([[0.0], [7.0, 0.0], [0.0, 6.0], [2.5, 2.5]])
    noisy = lambda _, span: np.resize(next(swings), span.n_decisions)  # noqa: E731
    monkeypatch.setattr(validation, "changes_of", noisy)
    agent = _trained(8 * ROLLOUT)
    assert agent.provenance["validation"]["kept"]["timestep"] == 128


def test_validation_lets_flat_win_over_a_loss_and_says_so(monkeypatch, caplog):
    _evaluations(monkeypatch, [-5.0, 0.0, -2.0, -1.0])
    with caplog.at_level(logging.INFO, "futuresgym.training"):
        _trained(8 * ROLLOUT)
    assert "validation kept the weights of timestep 64, which made no trade, of" in caplog.text


def test_validation_leaves_an_agent_flat_whose_earnings_luck_explains(monkeypatch, caplog):
    _evaluations(monkeypatch, [-5.0, 7.0, 6.0, 5.0])
    swings = iter([[0.0], [7.0, -6.0], [-2.0, 3.0], [-1.0, 1.2]])
    noisy = lambda *_: np.resize(next(swings), LEAST_BARS)  # noqa: E731
    monkeypatch.setattr(validation, "changes_of", noisy)
    with caplog.at_level(logging.INFO, "futuresgym.training"):
        agent = _trained(8 * ROLLOUT, significance=0.05)
    assert agent.provenance["validation"]["kept"] is None
    assert len(agent.provenance["validation"]["evaluations"]) == 4
    (line,) = [each for each in caplog.records if "left flat" in each.message]
    assert "the agent is left flat: 4 evaluations on 8 bars cannot tell anything" in line.message
    assert line.message.endswith("with a `significance` of 1")
    assert line.levelno == logging.WARNING
    env = small_env()
    agent.reset(env.market, env.settings)
    observation, _ = env.reset()
    for bar in range(2, 50):
        assert agent.decide(bar, observation) == Action.CLOSE
        observation, *_ = env.step(Action.CLOSE)


def test_validation_keeps_what_luck_does_not_explain(monkeypatch):
    _evaluations(monkeypatch, [-5.0, 7.0, 6.0, 5.0])
    swings = iter([[0.0], [7.0, -6.0], [2.0, 3.0], [-1.0, 2.0]])
    noisy = lambda *_: np.resize(next(swings), LEAST_BARS)  # noqa: E731
    monkeypatch.setattr(validation, "changes_of", noisy)
    agent = _trained(8 * ROLLOUT, significance=0.05)
    assert agent.provenance["validation"]["kept"]["timestep"] == 96


@pytest.mark.parametrize("algorithm", ["PPO", "EPG"])
def test_training_on_an_agent_that_was_left_flat_goes_on_from_what_it_had_learnt(
    monkeypatch, algorithm
):
    nothing = lambda _, span: np.zeros(span.n_decisions)  # noqa: E731
    monkeypatch.setattr(validation, "changes_of", nothing)
    flat, plain = (
        TradingAgent(
            small_env(),
            settings=HELD_BACK,
            significance=significance,
            algorithm=algorithm,
            cost_ramp_steps=0,
        )
        for significance in (0.05, 1.0)
    )
    for _ in range(2):
        for agent in (flat, plain):
            agent.train(4 * ROLLOUT)
    learnt = flat._learner._validation.learnt_weights
    assert not learnt["action_net.bias"].equal(flat._decider.weights()["action_net.bias"])
    for name, weight in plain._decider.weights().items():
        np.testing.assert_array_equal(weight.numpy(), learnt[name].numpy(), err_msg=name)


def test_validation_stops_when_patience_is_out(monkeypatch, caplog):
    _evaluations(monkeypatch, [3.0, 2.0, 1.0, 9.0])
    with caplog.at_level(logging.INFO, "futuresgym.training"):
        agent = _trained(8 * ROLLOUT, patience=2)
    assert _timesteps(agent) == [32, 64, 96]
    assert agent.provenance["timesteps"] == 98  # one step of the copies tells the algorithm
    assert "stopped early, out of patience" in caplog.text


def test_validation_says_that_patience_was_out_of_an_agent_that_is_left_flat_too(
    monkeypatch, caplog
):
    _evaluations(monkeypatch, [3.0, 2.0, 1.0, 9.0])
    nothing = lambda _, span: np.zeros(span.n_decisions)  # noqa: E731
    monkeypatch.setattr(validation, "changes_of", nothing)
    _trained(8 * ROLLOUT, patience=2, significance=0.05)
    assert "left flat: " in caplog.text
    assert "; stopped early, out of patience; train longer" in caplog.text


def test_validation_without_patience_goes_on(monkeypatch):
    _evaluations(monkeypatch, [3.0, 2.0, 1.0, 0.5])
    assert _timesteps(_trained(8 * ROLLOUT)) == [32, 64, 96, 128]


def test_validation_changes_nothing_that_is_learnt():
    plain, validated = Snapshots(), Snapshots()
    _trained(8 * ROLLOUT, plain, n_evaluations=1)
    _trained(8 * ROLLOUT, validated, n_evaluations=8)
    assert plain.weights.keys() == validated.weights.keys()
    for timestep, weights in plain.weights.items():
        for one, other in zip(weights, validated.weights[timestep], strict=True):
            np.testing.assert_array_equal(one, other)


def test_validation_never_meets_the_cost_ramp(monkeypatch):
    scales = []
    made = validation.evaluation_of

    def watched(simulation, changes, timestep):
        scales.append(simulation.account.costs.scale)
        return made(simulation, changes, timestep)

    monkeypatch.setattr(validation, "evaluation_of", watched)
    _trained(8 * ROLLOUT, cost_ramp_steps=8 * ROLLOUT)
    assert scales == [1.0] * 4


def test_validation_logs_its_figures(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    agent = TradingAgent(small_env(), settings=HELD_BACK)
    agent.train(8 * ROLLOUT, tensorboard=tmp_path)
    (run,) = tmp_path.iterdir()
    events = EventAccumulator(str(run)).Reload()
    logged = events.Scalars("eval/net_pnl_usd")
    assert [event.step for event in logged] == [32, 64, 96, 128]
    evaluations = agent.provenance["validation"]["evaluations"]
    assert [event.value for event in logged] == pytest.approx(
        [each["net_pnl_usd"] for each in evaluations], rel=1e-6
    )
    assert {"eval/n_trades", "eval/exposure"} <= set(events.Tags()["scalars"])


def test_validation_logs_how_far_each_evaluation_is_from_luck(monkeypatch, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _evaluations(monkeypatch, [-1.5, 2.5, 0.5, 1.0])
    TradingAgent(small_env(), settings=HELD_BACK).train(8 * ROLLOUT, tensorboard=tmp_path)
    (run,) = tmp_path.iterdir()
    logged = EventAccumulator(str(run)).Reload().Scalars("eval/evidence")
    assert [event.value for event in logged] == [-1.5, 2.5, 0.5, 1.0]


def _settings():
    base = load_profile("smoke")
    train = overridden(base.train, {"features": ("rsi", "relative_volume")}, "test")
    return base.model_copy(update={"train": train})


def _poisoned(bars: pd.DataFrame, first_row: int) -> pd.DataFrame:
    """Return the bars with the prices of another market, and wild volumes, from a row on."""
    other = synthetic_bars(len(bars), "crisis", seed=9).iloc[first_row:]
    return pd.concat([bars.iloc[:first_row], other.assign(volume=other["volume"] * 1_000.0)])


def test_training_learns_nothing_from_the_rows_that_choose():
    bars, settings = synthetic_bars(700, "overreaction", seed=4), _settings()
    env = make_training_env(bars, settings)
    first_decision = env.market.first_decision(settings.env.lookback_window)
    stop = 700 - int(0.15 * (699 - first_decision))
    calm, wild, seen = Snapshots(), Snapshots(), Snapshots()
    one = train_agent(bars, settings, callbacks=(calm,))
    other = train_agent(_poisoned(bars, stop), settings, callbacks=(wild,))
    assert one.scaler == other.scaler
    for timestep, weights in calm.weights.items():
        for mine, theirs in zip(weights, wild.weights[timestep], strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert (
        one.provenance["validation"]["evaluations"] != other.provenance["validation"]["evaluations"]
    )
    # one row earlier, and the scaler knows
    leaky = train_agent(_poisoned(bars, stop - 1), settings, callbacks=(seen,))
    assert leaky.scaler != one.scaler


def test_training_on_too_few_bars_to_choose_by_says_what_to_do():
    settings = _settings()
    agent = overridden(settings.agent, {"validation_fraction": 0.01}, "test")
    with pytest.raises(DataError, match="`validation_fraction` of 0.01 leaves none of"):
        train_agent(synthetic_bars(110, seed=1), settings.model_copy(update={"agent": agent}))

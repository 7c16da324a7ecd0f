"""One run of an algorithm: refused when too short, and tidied up however it ends."""

import io

import numpy as np
import pytest
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from models.actor_critic import weights_of
from models.agent import TradingAgent
from models.callbacks import RichProgress
from tests.helpers.agents import SMALL, small_env
from utils.errors import ConfigError

ROLLOUT = 16
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


class StopAt(BaseCallback):
    """Raise an error at a timestep, as Ctrl-C or a defect would."""

    def __init__(self, timestep: int, error: BaseException):
        super().__init__()
        self._timestep = timestep
        self._error = error

    def _on_step(self) -> bool:
        if self.num_timesteps >= self._timestep:
            raise self._error
        return True


def _agent(**overrides) -> TradingAgent:
    return TradingAgent(small_env(), settings=SMALL, **overrides)


def _learns(agent: TradingAgent, timesteps: int) -> bool:
    before = weights_of(agent._decider.network)
    agent.train(timesteps)
    after = weights_of(agent._decider.network)
    return any(not np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("defect")])
def test_run_that_breaks_off_gives_the_cursor_back_and_draws_no_more(error):
    out = io.StringIO()
    progress = RichProgress(96, console=Console(file=out, width=200, force_terminal=True))
    with pytest.raises(type(error)):
        _agent().train(96, callbacks=(progress, StopAt(20, error)))
    drawn = out.getvalue()
    assert drawn.rindex(SHOW_CURSOR) > drawn.rindex(HIDE_CURSOR)
    assert not progress._progress.live.is_started


def test_run_that_diverges_gives_the_cursor_back():
    out = io.StringIO()
    progress = RichProgress(96, console=Console(file=out, width=200, force_terminal=True))
    diverged = ConfigError("training diverged")
    with pytest.raises(ConfigError, match="training diverged"):
        _agent().train(96, callbacks=(StopAt(20, diverged), progress))
    assert out.getvalue().rindex(SHOW_CURSOR) > out.getvalue().rindex(HIDE_CURSOR)


def test_run_that_breaks_off_counts_the_steps_taken():
    agent = _agent()
    with pytest.raises(KeyboardInterrupt):
        agent.train(96, callbacks=(StopAt(20, KeyboardInterrupt()),))
    assert agent.provenance["timesteps"] == 20


@pytest.mark.parametrize(
    ("algorithm", "batches"),
    # PPO: 2 rollouts of 16 in batches of 8, 2 epochs; A2C: 4 rollouts of one batch of 8
    [("PPO", 8), ("A2C", 4)],
)
def test_grad_accumulation_of_all_batches_learns_and_of_one_more_is_refused(algorithm, batches):
    assert _learns(_agent(algorithm=algorithm, grad_accumulation=batches), 2 * ROLLOUT)
    too_large = _agent(algorithm=algorithm, grad_accumulation=batches + 1)
    with pytest.raises(
        ConfigError,
        match=rf"`grad_accumulation` must be <= .* \({batches}\), was {batches + 1}: nothing",
    ):
        too_large.train(2 * ROLLOUT)
    assert too_large.provenance["timesteps"] == 0


def test_grad_accumulation_counts_the_batches_of_earlier_runs():
    agent = _agent(grad_accumulation=8)
    agent._learner.algorithm.num_timesteps = ROLLOUT
    agent.train(ROLLOUT)
    assert agent.provenance["timesteps"] == 2 * ROLLOUT


def test_cost_ramp_longer_than_the_run_is_refused():
    agent = _agent(cost_ramp_steps=33)
    with pytest.raises(
        ConfigError,
        match=r"`cost_ramp_steps` must be <= the timesteps \(32\), was 33: full costs would never",
    ):
        agent.train(32)
    agent.train(33)
    agent.train(1)

"""The exact gradient: against enumeration of all decisions, autograd, and Monte-Carlo."""

import itertools

import numpy as np
import pytest
import torch

from config.settings import AgentSettings, EnvSettings
from env.exogenous import describe
from env.market import build_market
from env.simulation import Simulation
from models.compiled.recursion import appraise, expected_rewards, occupy
from models.exact_chunks import Chunks
from models.exact_objectives import OBJECTIVES
from models.exact_visit import Visitor
from tests.helpers.agents import told_bars

N_STEPS, N_ACTIONS = 5, 4
LOOKBACK = 3
START = 3
"""Row of the first decision: the one before is there too, as entries ask for."""

ACCOUNTS = {
    "plain": {"stop_loss_ticks": None},
    "stopped": {"stop_loss_ticks": 30.0},
    "trailing": {"stop_loss_ticks": None, "trailing_stop_ticks": 50.0},
}


def _account(name: str, reward: str = "pnl") -> EnvSettings:
    changes = {"lookback_window": LOOKBACK, "initial_balance": 1e6, "reward": reward}
    return EnvSettings(**changes, **ACCOUNTS[name])


def _market(settings: EnvSettings):
    # bars that move 40 ticks either way: a stop at 30 is hit by the first move against the position
    return build_market(told_bars(START + N_STEPS + 1, seed=4), ["hint"], symbol=settings.symbol)


def _logits(n_states: int, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    shape = (N_STEPS, n_states, N_ACTIONS)
    return torch.randn(shape, generator=random, dtype=torch.float64, requires_grad=True)


def _visited(name: str, logits: torch.Tensor, *, sees_entries: bool = False, **settings):
    """Return what a visit of the one chunk found, and its surrogate's gradient."""
    account = _account(name)
    market = _market(account)
    has_entries = sees_entries or name != "plain"
    problem = describe(market, account, N_STEPS + 1 if has_entries else 0)
    chunks = Chunks(range(START, START + 1), N_STEPS, 3, seed=0)
    visitor = Visitor(problem, chunks, AgentSettings(algorithm="EPG", **settings), unit_usd=1.0)
    chances = torch.softmax(logits, dim=-1)
    visit = visitor.visit(np.array([START]), chances.detach().numpy()[None], cost_scale=1.0)
    (chances * torch.from_numpy(visit.weights[0])).sum().backward()
    return visit, logits.grad.numpy()


def _episodes(name: str, reward: str):
    """Yield, for every sequence of actions, its states, and the sum of the environment's rewards.

    A state is (position index, entry): the entry is the step of the decision to enter, plus one.
    """
    settings = _account(name, reward)
    simulation = Simulation(_market(settings), settings)
    for actions in itertools.product(range(N_ACTIONS), repeat=N_STEPS):
        simulation.reset(START, START + N_STEPS + 1)
        states, total, side, entry = [], 0.0, 0, 0
        for step, action in enumerate(actions):
            states.append((side + 1, entry))
            n_trades = simulation.n_trades
            simulation.step(action)
            total += simulation.outcome[0]
            has_entered = simulation.position != side or simulation.n_trades > n_trades
            side, entry = simulation.position, step + 1 if has_entered else entry
        yield actions, states, total * settings.initial_balance


def _index(state: tuple[int, int], n_states: int) -> int:
    """Return the row of a state in the policy's logits."""
    position, entry = state
    if n_states == 3:
        return position
    return {1: 0, 0: 1 + entry, 2: 2 + N_STEPS + entry}[position]


def _enumerated(name: str, reward: str, logits: torch.Tensor) -> tuple[float, np.ndarray]:
    """Return the expected return over all sequences of actions, and its gradient by autograd."""
    scores = torch.log_softmax(logits, dim=-1)
    expected = torch.zeros((), dtype=torch.float64)
    for actions, states, total in _episodes(name, reward):
        steps = zip(actions, states, strict=True)
        score = sum(
            scores[t, _index(state, logits.shape[1]), action]
            for t, (action, state) in enumerate(steps)
        )
        expected = expected + score.exp() * total
    (gradient,) = torch.autograd.grad(expected, logits)
    return expected.item(), gradient.numpy()


@pytest.mark.parametrize("reward", ["pnl", "sparse", "shaped"])
@pytest.mark.parametrize("name", ACCOUNTS)
def test_gradient_is_that_of_the_environments_own_rewards_over_all_decisions(name, reward):
    visit, gradient = _visited(name, _logits(3))
    expected, enumerated = _enumerated(name, reward, _logits(3))
    assert visit.expected.sum() == pytest.approx(expected, abs=1e-9)
    assert np.abs(enumerated).max() > 0.1
    assert gradient == pytest.approx(enumerated, abs=1e-9)


@pytest.mark.parametrize("name", ["plain", "stopped"])
def test_gradient_of_a_policy_that_sees_its_entry_is_exact_too(name):
    n_states = 1 + 2 * (N_STEPS + 1)
    visit, gradient = _visited(name, _logits(n_states), sees_entries=True)
    expected, enumerated = _enumerated(name, "pnl", _logits(n_states))
    assert visit.expected.sum() == pytest.approx(expected, abs=1e-9)
    assert gradient == pytest.approx(enumerated, abs=1e-9)


def test_expected_rewards_are_the_mean_of_sampled_episodes():
    logits = _logits(3, seed=1)
    visit, _ = _visited("stopped", logits)
    chances = torch.softmax(logits, dim=-1).detach().numpy()
    settings = _account("stopped")
    simulation = Simulation(_market(settings), settings)
    random, totals = np.random.default_rng(0), []
    for _ in range(4_000):
        simulation.reset(START, START + N_STEPS + 1)
        for step in range(N_STEPS):
            simulation.step(int(random.choice(N_ACTIONS, p=chances[step, simulation.position + 1])))
        totals.append(simulation.equity_usd - settings.initial_balance)
    error = np.std(totals) / np.sqrt(len(totals))
    assert visit.expected.sum() == pytest.approx(np.mean(totals), abs=4 * error)


def test_entries_without_stops_are_worth_what_positions_are():
    plain, gradient = _visited("plain", _logits(3))
    entries, of_entries = _visited("plain", _logits(3), sees_entries=True)
    assert entries.expected == pytest.approx(plain.expected, abs=1e-12)
    assert of_entries == pytest.approx(gradient, abs=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradient_of_each_objective_is_autograds(objective):
    random = np.random.default_rng(0)
    shape = (2, 6, 3, N_ACTIONS)
    following = random.integers(0, 3, shape).astype(np.int8)
    rewards = random.normal(size=shape)
    logits = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    settings = AgentSettings(algorithm="EPG", objective=objective, cvar_level=0.25)
    expected, value = _expected_by_autograd(following, rewards, logits), None
    value = {
        "mean": lambda g: g.mean(),
        "mean_std": lambda g: g.mean() - 0.5 * g.std(correction=0),
        "sharpe": lambda g: g.mean() / g.std(correction=0),
        "cvar": lambda g: g.flatten().sort().values[:3].mean(),
    }[objective](expected)
    (gradient,) = torch.autograd.grad(value, logits, retain_graph=True)
    ours = _surrogate_gradient(following, rewards, logits, settings)
    scale = float(expected.detach().std(correction=0)) if objective == "sharpe" else 1.0
    assert ours == pytest.approx(gradient.numpy() * scale * expected.numel(), abs=1e-9)


def _expected_by_autograd(following, rewards, logits):
    chances = torch.softmax(logits, dim=-1)
    flows = torch.nn.functional.one_hot(torch.from_numpy(following).long(), 3).double()
    likely = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64).expand(2, 3)
    steps = []
    for t in range(6):
        mass = likely[:, :, None] * chances[:, t]
        steps.append((mass * torch.from_numpy(rewards[:, t])).sum(dim=(1, 2)))
        likely = (mass[..., None] * flows[:, t]).sum(dim=(1, 2))
    return torch.stack(steps, dim=1)


def _surrogate_gradient(following, rewards, logits, settings):
    chances = torch.softmax(logits, dim=-1)
    exact = chances.detach().numpy()
    likely, worth = np.zeros((2, 7, 3)), np.zeros((2, 7, 3))
    likely[:, 0, 1] = 1.0
    expected, weights = np.empty((2, 6)), np.empty_like(rewards)
    occupy(following, rewards, exact, likely)
    expected_rewards(rewards, exact, likely, expected)
    slopes = OBJECTIVES[settings.objective](expected, settings)[:, :, None, None]
    appraise(following, slopes * rewards, exact, likely, worth, weights)
    (gradient,) = torch.autograd.grad((chances * torch.from_numpy(weights)).sum(), logits)
    return gradient.numpy()


def test_costs_count_by_their_scale():
    chances = np.full((1, N_STEPS, 3, N_ACTIONS), 0.25)
    account = _account("plain")
    problem = describe(_market(account), account)
    sums = []
    for scale in (0.0, 0.5, 1.0):
        chunks = Chunks(range(START, START + 1), N_STEPS, 3, seed=0)
        visitor = Visitor(problem, chunks, AgentSettings(algorithm="EPG"), unit_usd=2.0)
        sums.append(visitor.visit(np.array([START]), chances, scale).expected.sum())
    assert sums[0] > sums[1] > sums[2]
    assert sums[1] == pytest.approx((sums[0] + sums[2]) / 2)

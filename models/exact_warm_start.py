"""EPG's head start: a tower that has learnt to forecast, and a head that imitates its plan.

The forecast and the plan are those of the algorithm "DP" with the predictor "tower". A network that
begins there trades from the start, so that costs need not grow, and towers that would otherwise
never leave the flat policy have something to improve.
"""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from config.settings import AgentSettings
from env.actions import Action
from env.exogenous import Exogenous, is_decision
from env.terms import terms_of
from models.exact_states import positions_seen
from models.market_policy import MarketPolicy
from models.side_cost import cost_per_side_usd
from models.signal_chain import fit_chain
from models.signal_task import signal_task
from models.signal_tower import TowerPredictor, fit_tower

STEPS, BATCH_ROWS, LEARNING_RATE = 400, 1_024, 3e-3
"""Of the imitation: steps of Adam, rows in each, and its step size."""


def start_warm(network: MarketPolicy, problem: Exogenous, settings: AgentSettings) -> None:
    """Give `network` a supervised tower and a head that imitates the plan of its forecast.

    Args:
        network: With the market's features attached; changed in place.
        problem: The market that is learnt from.
        settings: `warm_start` apart, as they are learnt by.

    Raises:
        DataError: If there are too few rows.
    """
    market = problem.market
    task = signal_task(market, problem.settings, market.n_bars)
    fitted = fit_tower(task, settings)
    predictor = cast(TowerPredictor, fitted.predictor)
    network.features_extractor.load_state_dict(predictor.tower.extractor.state_dict())
    network.features_extractor.forget()
    chain = fit_chain(fitted.held_out, task.moves)
    instrument = terms_of(problem.settings).instrument
    targets = chain.targets(cost_per_side_usd(problem.settings) / instrument.tick_value_usd)
    first = market.first_valid
    signals = predictor.signals(market.features[first:])
    rows = np.arange(first + problem.settings.lookback_window - 1, market.n_bars)
    actions = planned_actions(problem, targets[chain.levels(signals)])
    _imitate(network, problem, (rows, actions), settings.seed)


def planned_actions(problem: Exogenous, targets: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the action of a plan in each position, (n, k).

    Args:
        problem: Whose positions and actions are meant.
        targets: (n, 3) best side, -1, 0 or 1, where short, flat and long is held.
    """
    positions = problem.positions
    sides = targets[:, 1 + np.sign(positions)].astype(np.int64)
    is_held = sides == np.sign(positions)
    if is_decision(problem.settings):
        names = np.array([Action.SELL, Action.CLOSE, Action.BUY])
        return np.where(is_held, int(Action.HOLD), names[1 + sides])
    wanted = np.where(is_held, positions, sides * problem.max_position)
    return np.asarray(problem.max_position + wanted)


def _imitate(
    network: MarketPolicy,
    problem: Exogenous,
    plan: tuple[NDArray[np.int64], NDArray[np.int64]],
    seed: int,
) -> None:
    """Teach the policy head the actions of a plan: rows (n,), and actions in each position."""
    rows, actions = plan
    seen = positions_seen(problem).to(network.device)
    encoded = _encoded(network, rows)
    wanted = torch.from_numpy(actions).to(network.device)
    head = [*network.mlp_extractor.policy_net.parameters(), *network.action_net.parameters()]
    optimizer = torch.optim.Adam(head, lr=LEARNING_RATE)
    random = np.random.default_rng(seed)
    for _ in range(STEPS):
        some = torch.from_numpy(random.integers(len(rows), size=BATCH_ROWS)).to(network.device)
        market = encoded[some][:, None].expand(-1, len(seen), -1)
        info = seen.expand(len(some), *seen.shape)
        joined = network.features_extractor.join(market, info)
        scores = network.action_net(network.mlp_extractor.forward_actor(joined))
        loss = functional.cross_entropy(scores.flatten(0, 1), wanted[some].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _encoded(network: MarketPolicy, rows: NDArray[np.int64]) -> Tensor:
    """Return the tower's output at the closes of `rows`, (n, encoding_size), without gradients."""
    network.set_training_mode(False)
    with torch.no_grad():
        parts = torch.split(torch.from_numpy(rows).to(network.device), BATCH_ROWS)
        encoded = [network.features_extractor.encode_rows(part) for part in parts]
    network.features_extractor.forget()
    return torch.cat(encoded)

"""What forecasts are worth: levels, moves, transitions, and the plan for each cost."""

import numpy as np
import pytest
import torch

from models.signal_chain import (
    N_LEVELS,
    SignalChain,
    believed,
    chain_of_weights,
    fit_chain,
    monotone,
    stationary,
    worthless_chain,
)
from utils.errors import ArtifactError

SHORT, FLAT, LONG = range(3)
N_ROWS = 20_000


def _persistent(n_rows=N_ROWS, seed=0, persistence=0.9):
    """Return an autoregression of order one, of variance one."""
    drawn = np.random.default_rng(seed).normal(size=n_rows)
    values = np.empty(n_rows)
    values[0] = drawn[0]
    for row in range(1, n_rows):
        values[row] = persistence * values[row - 1] + (1 - persistence**2) ** 0.5 * drawn[row]
    return values


def _chain(slope=1.0, noise=5.0, seed=0):
    signals = _persistent(seed=seed)
    shocks = np.random.default_rng(seed + 100).normal(size=N_ROWS)
    return fit_chain(signals, slope * signals + noise * shocks)


def test_monotone_pools_neighbours_that_fall():
    values, weights = np.array([1.0, 4.0, 2.0, 3.0]), np.array([1.0, 1.0, 3.0, 1.0])
    # 4 and three times 2 make 2.5, which 3 is above
    np.testing.assert_allclose(monotone(values, weights), [1.0, 2.5, 2.5, 3.0])


def test_monotone_of_falling_values_is_their_mean():
    np.testing.assert_allclose(monotone(np.array([3.0, 2.0, 1.0]), np.ones(3)), [2.0, 2.0, 2.0])


@pytest.mark.parametrize(
    ("slope", "variance", "expected"),
    [
        (1.0, 0.0, 1.0),
        (1.0, 0.0625, 0.75),  # four standard errors: 1 - (2 / 4)**2
        (1.0, 0.25, 0.0),  # two
        (1.0, 1.0, 0.0),
        (-1.0, 0.0, 0.0),
        (0.0, 0.0, 0.0),
    ],
)
def test_believed_slope_by_hand(slope, variance, expected):
    assert believed(slope, variance) == pytest.approx(expected)


def test_stationary_of_two_states_by_hand():
    # the first is left three times as often as the second
    found = stationary(np.array([[0.7, 0.3], [0.1, 0.9]]))
    np.testing.assert_allclose(found, [0.25, 0.75])


def test_fit_chain_levels_hold_equally_many_rows():
    signals = _persistent()
    levels = _chain().levels(signals)
    counts = np.bincount(levels, minlength=N_LEVELS)
    assert counts.min() >= N_ROWS // N_LEVELS - 1
    assert counts.max() <= N_ROWS // N_LEVELS + 2


def test_fit_chain_moves_follow_the_slope_and_never_fall():
    chain = _chain(slope=1.5, noise=3.0)
    assert (np.diff(chain.moves) >= 0).all()
    # the middle of a level between the quantiles 0.7317 and 0.7561 of a standard normal is 0.655
    assert chain.moves[30] == pytest.approx(1.5 * 0.655, abs=0.15)
    assert stationary(chain.transition) @ chain.moves == pytest.approx(0.0, abs=1e-12)


def test_fit_chain_is_bent_where_rows_can_prove_it():
    signals = _persistent()
    chain = fit_chain(signals, np.where(signals > 1.0, 4.0, 0.0))
    # without noise the steps are seen as they are; 16 % of the rows lie above one
    assert chain.moves[-1] - chain.moves[0] == pytest.approx(4.0, abs=0.1)
    assert chain.moves[30] - chain.moves[0] == pytest.approx(0.0, abs=0.1)


def test_fit_chain_transition_has_the_persistence_of_the_signal():
    chain = _chain()
    np.testing.assert_allclose(chain.transition.sum(axis=1), 1.0)
    assert (chain.transition > 0).all()
    # from the highest level the signal stays in the upper quarter almost surely
    assert chain.transition[-1, 30:].sum() > 0.95
    assert chain.transition[0, 30:].sum() < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_fit_chain_of_noise_or_of_a_forecast_that_is_wrong_expects_nothing(seed):
    for slope in (0.0, -1.0):
        chain = _chain(slope=slope, noise=50.0, seed=seed)
        assert not chain.moves.any()
        assert (chain.targets(0.1)[:, FLAT] == 0).all()


def test_fit_chain_takes_no_side_for_the_moves_own_drift():
    signals = _persistent()
    chain = fit_chain(signals, np.full(N_ROWS, 3.0))
    assert not chain.moves.any()


def test_fit_chain_of_two_values_has_two_levels():
    signals = np.where(np.random.default_rng(0).random(2_000) < 0.5, -1.0, 1.0)
    chain = fit_chain(signals, 10.0 * signals)
    low, high = chain.levels(np.array([-1.0, 1.0]))
    assert chain.moves[low] == pytest.approx(-10.0, abs=0.6)
    assert chain.moves[high] == pytest.approx(10.0, abs=0.6)
    targets = chain.targets(1.0)
    assert targets[low].tolist() == [-1, -1, -1]
    assert targets[high].tolist() == [1, 1, 1]


def test_targets_without_a_cost_follow_the_sign():
    chain = _chain()
    wanted = np.sign(chain.moves)
    np.testing.assert_array_equal(chain.targets(0.0)[:, FLAT], wanted)


def test_targets_of_a_higher_cost_trade_in_fewer_levels():
    chain = _chain()
    widths = []
    for cost in (0.5, 1.0, 2.0, 4.0):
        targets = chain.targets(cost)
        buys = (targets[:, SHORT] == 1).sum()
        sells = (targets[:, LONG] == -1).sum()
        widths.append(int(N_LEVELS - buys - sells))
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_targets_of_a_ruinous_cost_keep_what_is_held():
    targets = _chain().targets(1_000.0)
    for held, position in ((SHORT, -1), (FLAT, 0), (LONG, 1)):
        assert (targets[:, held] == position).all()


def test_targets_of_a_worthless_forecast_keep_what_is_held_even_for_nothing():
    targets = worthless_chain().targets(0.0)
    assert targets.tolist() == [[-1, 0, 1]] * N_LEVELS


def test_targets_of_two_levels_are_those_of_the_closed_form():
    half = N_LEVELS // 2
    moves = np.where(np.arange(N_LEVELS) <= half, -3.0, 3.0)
    weights = np.where(moves < 0, 1 / (half + 1), 1 / half)
    stays = np.where(np.sign(moves)[:, None] == np.sign(moves), 0.9, 0.1)
    chain = SignalChain(edges=np.arange(N_LEVELS - 1.0), moves=moves, transition=stays * weights)
    # a reversal, two contracts, is worth it below a cost of 15: see test_position_chain.py
    assert (chain.targets(10.0)[:half, LONG] == -1).all()
    assert (chain.targets(40.0)[:half, LONG] == 1).all()


def test_chain_weights_come_back_and_strange_ones_are_refused():
    chain = _chain()
    weights = chain.weights()
    again = chain_of_weights(weights, "file")
    np.testing.assert_array_equal(again.targets(1.0), chain.targets(1.0))
    with pytest.raises(ArtifactError, match="`moves` must be float64"):
        chain_of_weights(weights | {"moves": torch.zeros(3, dtype=torch.float64)}, "file")

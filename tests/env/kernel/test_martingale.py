"""On a martingale no order can gain on average: what sees the close loses its costs, no less.

Bars are cut from one walk of single ticks, so that a stop is met exactly at its trigger.
"""

import numpy as np
import pytest

from tests.helpers.accounts import KernelRun, Terms, bar_records

N_BARS, STEPS_PER_BAR = 30_000, 24
SURE = 3.0
"""Standard errors; a sum of so many seeded bars lies within them."""


@pytest.fixture(scope="module")
def walk():
    """Return bars of a walk of single ticks, each opening where the last one closed."""
    steps = np.random.default_rng(11).choice([-1, 1], size=N_BARS * STEPS_PER_BAR)
    path = 50_000 + np.concatenate([[0], np.cumsum(steps)])
    within = np.lib.stride_tricks.sliding_window_view(path, STEPS_PER_BAR + 1)[::STEPS_PER_BAR]
    bars = np.stack([within[:, 0], within.max(axis=1), within.min(axis=1), within[:, -1]], axis=1)
    return [tuple(row) for row in bars.tolist()]


def following(known):
    """Return the orders of a policy that is long after a rise that it knows, short after a fall."""
    wanted = np.sign(np.diff(known, prepend=known[0])).astype(int)
    return np.diff(wanted, prepend=0)[:-1]


def score(run, costs_usd=0.0):
    """Return standard errors by which the mean gain per bar, costs put back, is off zero."""
    gains = np.diff(run.equity) + costs_usd / (len(run.equity) - 1)
    return gains.mean() / (gains.std() / np.sqrt(len(gains)))


@pytest.mark.property
@pytest.mark.parametrize("stop_ticks", [0.0, 5.0])
def test_policy_that_sees_the_close_gains_nothing_before_costs(walk, stop_ticks):
    terms = Terms(slippage_ticks=0, commission_usd=0.0, stop_offset_ticks=stop_ticks)
    run = KernelRun(terms, bar_records(walk)).send(following(np.array(walk)[:, 3]))
    assert run.account.n_trades > 5_000
    assert abs(score(run)) < SURE


@pytest.mark.property
def test_policy_that_sees_the_close_loses_its_costs_on_average(walk):
    run = KernelRun(Terms(), bar_records(walk)).send(following(np.array(walk)[:, 3]))
    costs_usd = run.account.fees_usd + run.account.slippage_usd
    assert score(run) < -10 * SURE
    assert abs(score(run, costs_usd)) < SURE


@pytest.mark.property
def test_policy_that_sees_the_next_close_is_found_out(walk):
    closes = np.array(walk)[:, 3]
    terms = Terms(slippage_ticks=0, commission_usd=0.0)
    run = KernelRun(terms, bar_records(walk)).send(following(np.append(closes[1:], closes[-1])))
    assert score(run) > 10 * SURE


@pytest.mark.property
def test_targets_gain_nothing_either_a_limit_must_be_traded_through(walk):
    terms = Terms(
        slippage_ticks=0, commission_usd=0.0, stop_offset_ticks=8.0, target_offset_ticks=8.0
    )
    run = KernelRun(terms, bar_records(walk)).send(following(np.array(walk)[:, 3]))
    assert score(run) < SURE

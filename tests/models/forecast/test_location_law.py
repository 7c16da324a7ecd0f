"""The figures of docs/signals.md: how often sessions without a location look as if they had one."""

import math

import numpy as np
import pytest

from config.signal_settings import SIGNALS
from models.forecast.location import Sums, evidence

N_MARKETS, N_SESSIONS = 4_000, 300
SETTINGS = SIGNALS["moderate"]

pytestmark = pytest.mark.slow


def share_believed(sums):
    """Return the share of markets, (n, sessions), that are believed at some session."""
    return np.mean([is_believed(market.tolist()) for market in sums])


def is_believed(market):
    proof = Sums()
    for number, moved in enumerate(market, 1):
        proof = proof.with_session(moved, 1.0)
        enough = number >= SETTINGS.least_sessions
        if enough and evidence(proof) >= -math.log(SETTINGS.evidence_risk):
            return True
    return False


def share_beyond(sums, bound):
    """Return the share of markets whose t-ratio exceeds a bound at some session."""
    ratios = np.cumsum(sums, axis=1) / np.sqrt(np.cumsum(sums**2, axis=1))
    return np.mean((ratios[:, SETTINGS.least_sessions - 1 :] > bound).any(axis=1))


def gamma_sums(skewness):
    """Return independent sums of mean 0, small gains and rarer losses."""
    shape = 4.0 / skewness**2
    drawn = np.random.default_rng(1).gamma(shape, 1.0, (N_MARKETS, N_SESSIONS))
    return (shape - drawn) / math.sqrt(shape)


@pytest.mark.parametrize(("bound", "share"), [(1.64, 0.276), (2.0, 0.159), (3.0, 0.01375)])
def test_t_ratio_that_is_looked_at_after_every_session_believes_far_too_often(bound, share):
    sums = np.random.default_rng(0).standard_normal((N_MARKETS, N_SESSIONS))
    assert share_beyond(sums, bound) == pytest.approx(share, abs=0.0005)


def test_proof_of_symmetric_sums_is_wrong_in_less_than_its_risk():
    sums = np.random.default_rng(0).standard_normal((N_MARKETS, N_SESSIONS))
    assert share_believed(sums) == pytest.approx(0.00375, abs=0.0005)


@pytest.mark.parametrize(("skewness", "share"), [(0.5, 0.00525), (1.0, 0.011), (2.0, 0.03375)])
def test_proof_of_small_gains_and_large_losses_is_wrong_more_often(skewness, share):
    assert share_believed(gamma_sums(skewness)) == pytest.approx(share, abs=0.0005)


def test_proof_of_a_rare_large_loss_is_wrong_until_it_comes():
    drawn = np.random.default_rng(2).random((N_MARKETS, N_SESSIONS))
    assert share_believed(np.where(drawn < 0.05, -19.0, 1.0)) == pytest.approx(0.382, abs=0.0005)

"""Atoms: they keep the nine quantiles, and known distributions keep mean, tails and odds."""

import numpy as np
import pytest

from data.forecast_names import LEVELS
from models.forecast.atoms import (
    ATOM_LEVELS,
    ATOM_WEIGHTS,
    N_ATOMS,
    at_level,
    atoms_of,
    mean_of,
    recentred,
    share_above,
    worst_mean,
)
from models.forecast.kelly import kelly_contracts
from tests.helpers.prospects import SCORES, normal_quantiles
from utils.errors import ConfigError

T4 = np.array([-3.7469, -2.1318, -1.5332, -0.7407, 0.0, 0.7407, 1.5332, 2.1318, 3.7469])
"""Quantiles of Student's t with 4 degrees of freedom, from a table."""

UNIT = 0.001


def known_atoms(quantiles):
    return atoms_of(np.log1p(UNIT * np.asarray(quantiles, dtype=float))) / UNIT


def test_atoms_hold_the_nine_quantiles_that_they_are_made_of():
    quantiles = np.sort(np.random.default_rng(1).normal(size=(50, 9)), axis=1) / 100
    atoms = atoms_of(quantiles)
    assert atoms.shape == (50, N_ATOMS)
    assert (np.diff(atoms) >= 0).all()
    for column, level in enumerate(LEVELS):
        assert at_level(atoms, level).tolist() == np.expm1(quantiles[:, column]).tolist()


def test_atoms_are_of_the_levels_that_they_are_said_to_be():
    assert ATOM_WEIGHTS.sum() == pytest.approx(1.0, abs=1e-15)
    assert (ATOM_LEVELS[0], ATOM_LEVELS[99], ATOM_LEVELS[-1]) == (0.005, 0.5, 0.995)
    atoms = known_atoms(SCORES)
    assert at_level(atoms, 0.6) == pytest.approx(0.2533, abs=5e-4)
    assert at_level(atoms, 0.03) == pytest.approx(-1.8808, abs=5e-4)


def test_atoms_of_a_normal_have_its_mean_spread_and_tail():
    atoms = known_atoms(0.3 + SCORES)
    assert mean_of(atoms) == pytest.approx(0.3, abs=1e-3)
    spread = np.sqrt((ATOM_WEIGHTS * (atoms - 0.3) ** 2).sum())
    assert spread == pytest.approx(1.0, abs=0.03)
    assert worst_mean(atoms) == pytest.approx(0.3 - 2.063, abs=0.07)
    assert share_above(atoms, 0.8) == pytest.approx(0.3085, abs=1e-3)


def test_atoms_of_a_student_t_have_its_mean_and_tail():
    atoms = known_atoms(T4)
    assert mean_of(atoms) == pytest.approx(0.0, abs=1e-12)
    assert worst_mean(atoms) == pytest.approx(-3.203, rel=0.06)


def test_atoms_beyond_the_outer_quantiles_follow_a_power_of_the_level():
    # median - Q: 1 at .05 and sqrt(5) at .01, so xi is 1/2, the mean below .0075
    # sqrt(5) (.0075 / .01)^-.5 / (1 - .5) = 5.16398
    quantiles = [-np.sqrt(5), -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 1]
    atoms = known_atoms(quantiles)
    assert atoms[0] == pytest.approx(-5.16398)
    assert atoms[-1] == pytest.approx(1.0)  # no heavier than flat: xi is 0
    # sqrt(25) as far: xi would be 1, and is held at 1/2: 5 x 2.30940
    assert known_atoms([-5, -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 1])[0] == pytest.approx(-11.5470)


@pytest.mark.parametrize("heaviest", [-2.0, -1e6])
def test_atoms_of_a_tail_without_bounds_have_a_finite_mean_and_lose_no_more_than_all(heaviest):
    quantiles = np.array([heaviest, -1e-9, 0, 0, 0, 0, 0, 0, 0])
    atoms = atoms_of(quantiles / 1e3)
    assert np.isfinite(atoms).all()
    assert (atoms >= -1.0).all()


def test_atoms_of_a_point_are_that_point_and_missing_ones_are_missing():
    rows = np.stack([np.full(9, 0.002), np.full(9, np.nan)])
    atoms = atoms_of(rows)
    assert atoms[0] == pytest.approx(np.full(N_ATOMS, np.expm1(0.002)), rel=1e-12)
    assert np.isnan(atoms[1]).all()
    assert share_above(atoms[0], 0.001) == pytest.approx(0.995)
    assert share_above(atoms[0], 0.003) == pytest.approx(0.005)


def test_atoms_recentred_have_the_share_of_their_mean_that_is_asked_for():
    atoms = known_atoms(0.4 + T4)
    assert mean_of(recentred(atoms, 0.0)) == pytest.approx(0.0, abs=1e-15)
    assert mean_of(recentred(atoms, 0.25)) == pytest.approx(0.1, abs=2e-3)
    assert recentred(atoms, 1.0).tolist() == atoms.tolist()


def test_atoms_of_a_row_by_itself_are_those_that_it_has_among_others():
    quantiles = np.sort(np.random.default_rng(2).normal(size=(257, 9)), axis=1) / 300
    whole = atoms_of(quantiles)
    alone = np.stack([atoms_of(row) for row in quantiles])
    assert whole.tobytes() == alone.tobytes()
    assert mean_of(whole).tobytes() == np.array([mean_of(row) for row in alone]).tobytes()


def test_atom_at_a_level_between_two_atoms_is_refused():
    with pytest.raises(ConfigError, match="whole number of 200ths .*, was 0.333"):
        at_level(atoms_of(normal_quantiles(0, 0.001)), 0.333)


def coin(gain, loss):
    """Return gains of a coin that loses in the 90 lowest atoms, (1.5 + 89) / 200 = .4525."""
    return np.where(np.arange(N_ATOMS) < 90, -loss, gain)


def test_kelly_contracts_are_whole_ones_that_grow_fastest():
    # p = .5475 at even odds: Kelly stakes .095 of the equity
    fair = coin(100.0, 100.0)
    assert kelly_contracts(fair, 1_000.0, 10) == 1  # + .0045 for one, - .0012 for two
    assert kelly_contracts(fair, 20_000.0, 100) == 19
    assert kelly_contracts(fair, 20_000.0, 6) == 6
    assert kelly_contracts(coin(80.0, 100.0), 20_000.0, 100) == 0


def test_kelly_contracts_that_could_ruin_are_none():
    gains = np.full(N_ATOMS, 500.0)
    gains[0] = -1_000.0
    assert kelly_contracts(gains, 1_000.0, 10) == 0
    assert kelly_contracts(gains, 3_001.0, 10) == 3
    assert kelly_contracts(gains, 0.0, 10) == 0

"""Tail probabilities against printed tables of critical values."""

import pytest

from models.forecast.probabilities import chi_squared_chance, student_chance


@pytest.mark.parametrize(
    ("n_degrees", "critical", "chance"),
    [
        (1, 3.8415, 0.05),
        (1, 6.6349, 0.01),
        (2, 5.9915, 0.05),
        (3, 7.8147, 0.05),
        (6, 12.5916, 0.05),
        (9, 16.9190, 0.05),
        (9, 27.8772, 0.001),
    ],
)
def test_chi_squared_chance_gives_back_the_tables(n_degrees, critical, chance):
    assert chi_squared_chance(critical, n_degrees) == pytest.approx(chance, rel=1e-4)


@pytest.mark.parametrize(
    ("n_degrees", "critical", "chance"),
    [
        (1, 12.7062, 0.05),
        (2, 4.3027, 0.05),
        (5, 2.5706, 0.05),
        (10, 2.2281, 0.05),
        (10, 3.1693, 0.01),
        (120, 1.9799, 0.05),
        (2_000, 1.96115, 0.05),
    ],
)
def test_student_chance_gives_back_the_tables_on_either_side(n_degrees, critical, chance):
    assert student_chance(critical, n_degrees) == pytest.approx(chance, rel=1e-4)
    assert student_chance(-critical, n_degrees) == student_chance(critical, n_degrees)


def test_chances_of_nothing_are_one_and_of_the_impossible_none():
    assert chi_squared_chance(0.0, 1) == chi_squared_chance(-1e-12, 4) == 1.0
    assert student_chance(0.0, 7) == 1.0
    assert chi_squared_chance(2_000.0, 3) == 0.0
    assert student_chance(1e9, 200) < 1e-12

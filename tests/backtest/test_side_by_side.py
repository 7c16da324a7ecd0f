"""Pairs of candidates: by how much they differ, and what may be said of it."""

import numpy as np
import pytest

from backtest.side_by_side import mean_difference, pair_table
from tests.helpers.results import flat_bars, hand_made_result
from utils.seeding import generator


def result_of(name, returns):
    """Return a result with these session returns."""
    n_rows = len(returns) + 1
    dates = np.datetime64("2024-01-01") + np.arange(n_rows)
    return hand_made_result(
        name,
        flat_bars(n_rows),
        equity=10_000.0 * np.cumprod([1.0, *(1.0 + returns)]),
        positions=np.zeros(n_rows, dtype=np.int64),
        trade_dates=dates,
    )


def test_pair_table_tells_a_steady_lead_from_noise():
    noise = generator(0).normal(0.0, 0.01, (3, 250))
    better, same, other = noise[0] + 0.01, noise[1], noise[2]
    results = [result_of(*pair) for pair in (("a", better), ("b", same), ("c", other))]
    rows = {row.heading: row.cells for row in pair_table(results).rows}
    assert list(rows) == ["a less b", "a less c", "b less c"]
    assert rows["a less b"][-1] == "a did better"
    assert rows["b less c"][-1] == "no evidence of a difference"


def test_pair_table_says_who_did_better_when_it_is_the_second_and_when_both_are_one():
    returns = generator(1).normal(0.0, 0.01, 100)
    results = [result_of("a", returns), result_of("b", returns + 0.02), result_of("c", returns)]
    said = [row.cells[-1] for row in pair_table(results).rows]
    assert said == ["b did better", "the same, session for session", "b did better"]


def test_pair_table_of_few_sessions_says_how_many_are_needed():
    returns = np.array([0.01, -0.01, 0.02])
    (row,) = pair_table([result_of("a", returns), result_of("b", -returns)]).rows
    assert row.cells[:3] == ("–", "–", "–")
    assert "had 3" in row.cells[3]


def test_mean_difference_is_annual_and_the_same_for_one_seed():
    differences = generator(2).normal(0.001, 0.01, 200)
    first, again = (mean_difference(differences, generator(5)) for _ in range(2))
    assert first == again
    assert first.point == pytest.approx(252 * differences.mean())
    assert first.low < first.point < first.high

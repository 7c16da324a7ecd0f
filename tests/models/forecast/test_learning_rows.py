"""Which rows are learnt from and held out, by hand; a loss and an order by hand."""

import numpy as np
import pytest

from data.forecast_names import Head
from models.forecast.learning_rows import LearningRows, mean_pinball, split_rows, unscaled

SESSIONS = np.repeat(np.arange(10, 20), [3, 3, 3, 3, 3, 3, 3, 3, 2, 4])


def test_split_rows_holds_out_the_last_sessions_and_leaves_one_between():
    """Of ten sessions the last two are held out, six rows; the one before is not learnt from."""
    assert split_rows(SESSIONS) == (slice(0, 21), slice(24, 30))


def test_split_rows_of_four_sessions_holds_out_one():
    assert split_rows(np.array([0, 0, 1, 1, 1, 5, 5, 9])) == (slice(0, 5), slice(7, 8))


def test_split_of_rows_takes_inputs_labels_and_sessions_alike():
    rows = LearningRows(
        inputs=np.arange(60.0).reshape(30, 2), labels=np.arange(30.0), sessions=SESSIONS
    )
    learnt, held_out = rows.split()
    assert learnt.labels.tolist() == list(range(21))
    assert held_out.labels.tolist() == list(range(24, 30))
    assert held_out.inputs[:, 0].tolist() == [48.0, 50.0, 52.0, 54.0, 56.0, 58.0]
    assert held_out.sessions.tolist() == [18, 18, 19, 19, 19, 19]


@pytest.mark.parametrize(
    ("horizon", "most", "expected"),
    [
        (1, 3_000, 3_000),
        (3, 3_000, 3_000),
        (12, 3_000, 750),
        (3, 1_000, 1_000),
        (3, 1_400, 1_000),
        (30, 3_000, 300),
        (250, 3_000, 300),
        (250, 100, 100),
    ],
)
def test_thinned_rows_are_three_per_horizon_and_no_more_than_asked_for(horizon, most, expected):
    """Of 3,000 rows at 250 bars every 83rd would be 37; 300 are left, if so many may be."""
    assert len(rows_of(3_000).thinned(horizon, most).labels) == expected


def test_thinned_rows_are_all_where_there_are_hardly_enough():
    assert len(rows_of(250).thinned(250, 20_000).labels) == 250


def rows_of(n):
    """Return so many rows, of sessions that do not matter."""
    return LearningRows(
        inputs=np.ones((n, 2)), labels=np.arange(float(n)), sessions=np.arange(n) // 100
    )


def test_mean_pinball_by_hand():
    """A label of 1 above quantiles of 0: the mean of the levels, .5; below, the same."""
    assert mean_pinball(np.array([1.0]), np.zeros((1, 9))) == pytest.approx(0.5)
    assert mean_pinball(np.array([-2.0]), np.zeros((1, 9))) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (Head.RETURN, [-2.0, 0.0, 2.0, 4.0]),
        (Head.MAE, [-2.0, 0.0, 0.0, 0.0]),
        (Head.MFE, [0.0, 0.0, 2.0, 4.0]),
    ],
)
def test_unscaled_quantiles_are_ordered_scaled_and_of_their_heads_sign(head, expected):
    inputs = np.array([[2.0, 7.0]])
    assert unscaled(np.array([[1.0, 0.0, -1.0, 2.0]]), inputs, head).tolist() == [expected]

"""The compiled loops by themselves: windows that are gathered, actions that are read."""

import numpy as np
import pytest

from env.batch import gather_windows
from env.batch_actions import choices_of, first_outside


def test_gather_windows_copies_the_rows_that_end_with_each_index():
    features = np.arange(20, dtype=np.float32).reshape(10, 2)
    windows = np.full((3, 3, 2), np.nan, dtype=np.float32)
    gather_windows(features, np.array([2, 9, 4]), 3, windows)
    assert windows[0].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert windows[1].tolist() == [[14, 15], [16, 17], [18, 19]]
    assert windows[2].tolist() == [[4, 5], [6, 7], [8, 9]]


def test_gather_windows_of_one_row_is_that_row():
    features = np.array([[1.0], [2.0], [3.0]], dtype=np.float32)
    windows = np.zeros((2, 1, 1), dtype=np.float32)
    gather_windows(features, np.array([2, 0]), 1, windows)
    assert windows.ravel().tolist() == [3.0, 1.0]


@pytest.mark.parametrize(
    ("mode", "actions", "choices"),
    [
        ("discrete", np.array([0, 3, 2], dtype=np.uint8), [0, 3, 2]),
        ("discrete", [1, 1, 0], [1, 1, 0]),
        ("contracts", np.array([0, 5, 10]), [-5, 0, 5]),
        ("continuous", np.array([[0.7], [-0.7], [0.0]], dtype=np.float64), [4, -4, 0]),
        ("continuous", np.array([[0.5], [-0.1], [1.0]], dtype=np.float32), [3, -1, 5]),
        ("continuous", np.array([-1.0, 0.09, -0.09]), [-5, 0, 0]),
        ("continuous", np.array([1, 0, -1]), [5, 0, -5]),
    ],
)
def test_choices_are_what_the_actions_mean(mode, actions, choices):
    read = choices_of(actions, mode, 5, 3)
    assert read.dtype == np.int64
    assert read.tolist() == choices


def test_choices_leave_the_actions_as_they_are():
    actions = np.array([0, 1, 2])
    choices_of(actions, "discrete", 1, 3)[:] = 9
    choices_of(actions, "contracts", 1, 3)[:] = 9
    assert actions.tolist() == [0, 1, 2]


def test_first_outside_finds_the_first_and_no_number_is_inside():
    assert first_outside(np.array([0, 3]), 0, 3) == -1
    assert first_outside(np.array([0, 3, 4, -1]), 0, 3) == 2
    assert first_outside(np.array([0.0, np.nan]), -1.0, 1.0) == 1

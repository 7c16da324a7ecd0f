"""The averages of a window: by hand, and alike by itself and among others."""

import numpy as np
import pytest

from models.compiled.window_averages import window_averages
from models.signal_inputs import BLOCK_WINDOWS, input_blocks, n_inputs, window_decays
from tests.helpers.signals import random_features


def test_window_averages_by_hand():
    rows = np.array([[8.0], [4.0], [2.0], [6.0]], dtype=np.float32)
    found = window_averages(rows, 3, np.array([0.0, 0.5]))
    # weights 4, 2, 1 from the newest row back: (4 * 2 + 2 * 4 + 8) / 7 and (4 * 6 + 2 * 2 + 4) / 7
    np.testing.assert_allclose(found, [[2.0, 24 / 7], [6.0, 32 / 7]])


def test_window_averages_of_several_features_are_by_decay_then_by_feature():
    rows = np.array([[1.0, 10.0], [3.0, 30.0]], dtype=np.float32)
    found = window_averages(rows, 2, np.array([0.0, 0.5]))
    np.testing.assert_allclose(found, [[3.0, 30.0, 7 / 3, 70 / 3]])


def test_window_decays_leave_out_half_lives_as_long_as_the_window():
    np.testing.assert_allclose(window_decays(4), [0.0, 0.5, 0.5**0.5])
    assert len(window_decays(1)) == 1
    assert n_inputs(50, 40) == 7 * 40


@pytest.mark.parametrize("row", [49, 50, 4_000, 4_145, 4_299])
def test_input_blocks_of_all_rows_are_those_of_each_window_by_itself(row):
    features = random_features(4_300)
    blocks = list(input_blocks(features, 50))
    assert [windows.stop - windows.start for windows, _ in blocks] == [BLOCK_WINDOWS, 155]
    together = np.concatenate([inputs for _, inputs in blocks])
    ((_, alone),) = input_blocks(features[row - 49 : row + 1], 50)
    np.testing.assert_allclose(together[row - 49], alone[0], rtol=0, atol=1e-12)


def test_input_blocks_of_a_part_are_that_part_of_all():
    features = random_features(300)
    whole = np.concatenate([inputs for _, inputs in input_blocks(features, 20)])
    ((windows, part),) = input_blocks(features, 20, 100, 140)
    assert windows == slice(100, 140)
    np.testing.assert_allclose(part, whole[100:140], rtol=0, atol=1e-12)

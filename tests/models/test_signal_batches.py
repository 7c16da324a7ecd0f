"""What a tower learns from: stretches and windows stand for the same bars."""

import numpy as np
import pytest
import torch

from models.signal_batches import CHUNK_LABELS, StretchBatches, WindowBatches, huber
from tests.helpers.signals import LOOKBACK, linear_task

TASK = linear_task(500)
N_WINDOWS = len(TASK.moves)
TARGETS = torch.tensor(TASK.moves, dtype=torch.float32)


def last_of_window(windows):
    """Return the first feature of each window's last row."""
    return windows[:, -1, 0]


def each_row(rows):
    """Return the first feature of each row."""
    return rows[..., 0]


@pytest.mark.parametrize(
    ("batches", "network"),
    [
        (WindowBatches(TASK, TARGETS), last_of_window),
        (StretchBatches(TASK, TARGETS), each_row),
    ],
)
@pytest.mark.parametrize(("start", "stop"), [(0, N_WINDOWS), (100, 250), (480, N_WINDOWS)])
def test_outputs_are_those_of_the_windows_asked_for(batches, network, start, stop):
    found = batches.outputs(network, start, stop).numpy()
    expected = TASK.features[LOOKBACK - 1 + start : LOOKBACK - 1 + stop, 0]
    np.testing.assert_array_equal(found, expected)


def test_window_batches_draw_each_labelled_window_once():
    batches = WindowBatches(TASK, TARGETS)
    drawn = torch.cat(list(batches.drawn(np.random.default_rng(0))))
    assert sorted(drawn.tolist()) == list(range(N_WINDOWS - 2))
    assert drawn.tolist() != sorted(drawn.tolist())


def test_stretch_batches_draw_stretches_over_all_windows_but_those_without_labels():
    targets = TARGETS.clone()
    targets[CHUNK_LABELS : 2 * CHUNK_LABELS] = torch.nan
    batches = StretchBatches(TASK, targets)
    drawn = torch.cat(list(batches.drawn(np.random.default_rng(0)))).tolist()
    # the last stretch is moved back so as to end with the last window
    assert sorted(drawn) == [0, 128, 192, 256, 320, 384, N_WINDOWS - CHUNK_LABELS]


@pytest.mark.parametrize(
    ("batches", "network", "batch"),
    [
        (WindowBatches(TASK, TARGETS), last_of_window, torch.arange(64)),
        (StretchBatches(TASK, TARGETS), each_row, torch.tensor([0])),
    ],
)
def test_loss_is_that_of_the_windows_of_the_batch(batches, network, batch):
    outputs = torch.from_numpy(TASK.features[LOOKBACK - 1 :][:64, 0])
    assert batches.loss(network, batch) == pytest.approx(float(huber(outputs, TARGETS[:64])))


def test_huber_by_hand_leaves_out_what_is_not_known():
    # 2 squared and halved is 2; 5 beyond the bend at 3 costs 3 * (5 - 1.5)
    found = huber(torch.tensor([2.0, 7.0, 5.0]), torch.tensor([0.0, torch.nan, 0.0]))
    assert float(found) == pytest.approx((2.0 + 10.5) / 2)

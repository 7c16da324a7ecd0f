"""Chunks: every row is visited, in an order that follows the seed, and visits are remembered."""

import numpy as np
import pytest

from models.exact_chunks import Chunks
from utils.errors import ConfigError

ROWS = range(10, 90)


def test_chunks_of_one_pass_do_not_overlap_and_stay_in_the_rows():
    chunks = Chunks(ROWS, 8, 3, seed=0)
    starts = np.sort(chunks.draw(9))
    assert (np.diff(starts) >= 8).all()
    assert len(set(starts % 8)) == 1
    assert starts[0] >= 10
    assert starts[-1] < 90


def test_chunks_of_the_next_pass_lie_on_another_grid():
    chunks = Chunks(ROWS, 8, 3, seed=1)
    passes = [set((chunks.draw(10) % 8).tolist()) for _ in range(6)]
    assert len(set().union(*passes)) > 2


@pytest.mark.parametrize("seed", [0, 5])
def test_chunks_follow_the_seed(seed):
    drawn = [Chunks(ROWS, 8, 3, seed=seed).draw(40).tolist() for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != Chunks(ROWS, 8, 3, seed=seed + 1).draw(40).tolist()


def test_chunks_remember_chances_and_worth_relative_to_flat():
    chunks = Chunks(ROWS, 2, 3, seed=0)
    likely = np.array([[[0.0, 1.0, 0.0], [0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]])
    worth = np.array([[[1.0, 2.0, 4.0], [5.0, 7.0, 7.0], [0.0, 9.0, 0.0]]])
    chunks.remember(np.array([20]), likely, worth)
    assert chunks.likely[21].tolist() == [0.2, 0.3, 0.5]
    assert chunks.likely[22].tolist() == [0.1, 0.1, 0.8]
    assert chunks.worth[20].tolist() == [-1.0, 0.0, 2.0]
    assert chunks.worth[21].tolist() == [-2.0, 0.0, 0.0]
    assert chunks.worth[22].tolist() == [0.0, 0.0, 0.0]


def test_chunks_go_on_from_their_arrays():
    chunks, twin = (Chunks(ROWS, 8, 3, seed=2) for _ in range(2))
    chunks.draw(25)
    chunks.worth[30] = [1.0, 0.0, 3.0]
    twin.set_arrays(chunks.arrays())
    assert twin.draw(30).tolist() == chunks.draw(30).tolist()
    assert (twin.worth == chunks.worth).all()


def test_chunks_without_room_are_refused():
    with pytest.raises(ConfigError, match="`n_steps` of 8 decisions.*do not fit"):
        Chunks(range(10, 10), 8, 3, seed=0)

"""An agent's random streams are its own, and the thread count is put back."""

import random

import numpy as np
import torch

from models.determinism import RandomStreams, torch_threads


def _draws() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))


def test_random_streams_of_one_seed_are_equal_and_continue_across_blocks():
    first, second = RandomStreams(7), RandomStreams(7)
    with first.installed():
        expected = [_draws(), _draws()]
    with second.installed():
        found = [_draws()]
    _draws()
    with second.installed():
        found.append(_draws())
    assert found == expected
    assert expected[0] != expected[1]


def test_random_streams_of_other_seeds_differ():
    with RandomStreams(1).installed():
        one = _draws()
    with RandomStreams(2).installed():
        other = _draws()
    assert one != other


def test_random_streams_leave_the_callers_generators_where_they_were():
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    with RandomStreams(0).installed():
        _draws()
    after = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])


def test_torch_threads_holds_in_the_block_and_is_put_back_after_an_error():
    before = torch.get_num_threads()
    try:
        with torch_threads(1):
            assert torch.get_num_threads() == 1
            raise KeyError("from inside")
    except KeyError:
        pass
    assert torch.get_num_threads() == before

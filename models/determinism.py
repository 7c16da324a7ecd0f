"""What makes two runs equal to the bit: own random streams, and a fixed number of torch threads."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.utils import set_random_seed


class RandomStreams:
    """One agent's copy of the global random generators of torch, numpy and Python.

    Stable-Baselines3 draws from the global generators. They are put in place while it works and
    taken away afterwards, so that neither another agent nor the caller's own draws can change what
    an agent learns, and an agent does not disturb the caller. Holds for the CPU; draws on a GPU are
    torch's own.
    """

    def __init__(self, seed: int):
        """Create the streams of `seed`, in [0, 2**32 - 1]."""
        outside = _states()
        set_random_seed(seed)
        self._inside = _states()
        _install(outside)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let the block draw from these streams, then remember where they are."""
        outside = _states()
        _install(self._inside)
        try:
            yield
        finally:
            self._inside = _states()
            _install(outside)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use exactly `count` threads in the block: the order of its sums depends on them."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _states() -> tuple[Any, Any, torch.Tensor]:
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def _install(states: tuple[Any, Any, torch.Tensor]) -> None:
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])

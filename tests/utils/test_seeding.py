"""Seeds: one seed, one run; every seed that torch, numpy and gymnasium take, 0 included."""

import pytest

from utils.errors import ConfigError
from utils.seeding import checked_seed, generator


def test_generator_same_seed_gives_the_same_numbers() -> None:
    assert generator(0).random() == generator(0).random()
    assert generator(0).random() != generator(1).random()


@pytest.mark.parametrize("seed", [0, 4_294_967_295])
def test_checked_seed_at_the_bounds_is_taken(seed: int) -> None:
    assert checked_seed(seed) == seed


@pytest.mark.parametrize("seed", [-1, 4_294_967_296])
def test_checked_seed_beyond_the_bounds_is_refused(seed: int) -> None:
    with pytest.raises(ConfigError, match=f"4294967295., was {seed}"):
        checked_seed(seed)

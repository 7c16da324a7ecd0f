"""Random generators that are passed in, never global: one seed, one bit-identical run."""

import numpy as np

from utils.errors import ConfigError

MAX_SEED = 2**32 - 1


def generator(seed: int) -> np.random.Generator:
    """Return the PCG64 generator of `seed`.

    Raises:
        ConfigError: If `seed` is outside [0, 2**32 - 1].
    """
    return np.random.default_rng(checked_seed(seed))


def checked_seed(seed: int) -> int:
    """Return `seed`; a ConfigError where torch, numpy and gymnasium would not all take it."""
    if not 0 <= seed <= MAX_SEED:
        raise ConfigError(f"`seed` must be in [0, {MAX_SEED}], was {seed}")
    return seed

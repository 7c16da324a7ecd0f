"""How many contracts a new position has."""

from collections.abc import Callable

import numpy as np

from utils.jit import jit


@jit
def fixed_contracts(account: np.record) -> int:
    """Return the largest allowed position, unsigned contracts, whatever the account has become."""
    return int(account.max_position)


SIZERS: dict[str, Callable[[np.record], int]] = {"fixed": fixed_contracts}
"""Each takes an ACCOUNT record and returns whole contracts, >= 0."""

"""How many contracts a new position has."""

from collections.abc import Callable

import numpy as np

from utils.jit import jit


@jit
def fixed_contracts(account: np.record, bar: np.record) -> int:
    """Return the largest allowed position, unsigned contracts, whatever the account has become."""
    return int(account.limits.max_position)


SIZERS: dict[str, Callable[[np.record, np.record], int]] = {"fixed": fixed_contracts}
"""Each takes an account and the BAR_TICKS record that it stands at; returns whole contracts, >= 0."""

SIZER_CODES = {name: code for code, name in enumerate(SIZERS)}
"""Compiled code knows a sizer by its number."""

FIXED_CODE = SIZER_CODES["fixed"]


@jit
def contracts_of(code: int, account: np.record, bar: np.record) -> int:
    """Return what the sizer with that code says: one branch for each of SIZERS."""
    assert code == FIXED_CODE
    return fixed_contracts(account, bar)

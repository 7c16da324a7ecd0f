"""What was stored of the online layer's state, checked before it is taken over."""

import numpy as np

from models.compiled.forecast_online import (
    IN_SESSION,
    IS_ON,
    KNOWN,
    MISSES,
    ROWS,
    WAIT,
    OnlineState,
)
from models.forecast.family import Arrays
from utils.errors import ArtifactError


def checked_state(like: OnlineState, arrays: Arrays, where: str) -> tuple[OnlineState, int]:
    """Return a stored state, and the stamp of its last bar in nanoseconds.

    Args:
        like: A state of the same shapes.
        arrays: What `OnlineLayer.arrays` returned.
        where: File or snapshot that they come from.

    Raises:
        ArtifactError: Naming `where` and the first array that is missing or cannot be.
    """
    expected = {**like._asdict(), "until": np.zeros(1, dtype=np.int64)}
    odd = sorted(set(expected) ^ set(arrays))
    if odd:
        problem = "is missing" if odd[0] in expected else "is not known"
        raise _wrong(where, odd[0], problem)
    for name, part in expected.items():
        found = arrays[name]
        if found.dtype != part.dtype or found.shape != part.shape:
            raise _wrong(
                where,
                name,
                f"must be {part.dtype} of shape {part.shape}, was {found.dtype} of {found.shape}",
            )
    state = OnlineState(**{name: np.array(arrays[name]) for name in OnlineState._fields})
    _check_values(state, where)
    return state, int(arrays["until"][0])


def _check_values(state: OnlineState, where: str) -> None:
    """Refuse numbers that no row can have left behind."""
    for name in ("offsets", "prices"):
        if not np.isfinite(getattr(state, name)).all():
            raise _wrong(where, name, "holds NaN or infinity")
    if np.isinf(state.issued).any():
        raise _wrong(where, "issued", "holds infinity")
    if not 0 <= state.clock[IN_SESSION] <= state.clock[ROWS]:
        raise _wrong(where, "clock", "counts no rows")
    if not np.isin(state.misses, (0, 1)).all():
        raise _wrong(where, "misses", "must hold 0 and 1")
    alarms = state.alarms
    is_right = (
        (alarms[:, MISSES] == state.misses.sum(axis=1))
        & (alarms[:, KNOWN] >= alarms[:, MISSES])
        & (alarms[:, WAIT] >= 0)
        & np.isin(alarms[:, IS_ON], (0, 1))
    )
    if not is_right.all():
        raise _wrong(where, "alarms", "does not go with the misses")


def _wrong(where: str, name: str, problem: str) -> ArtifactError:
    return ArtifactError(f"`{where}`: online array `{name}` {problem}; re-train the forecaster")

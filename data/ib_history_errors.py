"""What Interactive Brokers' error codes mean to whoever asks for history, and what to do.

Code 162 stands for most of them; there the text decides.
"""

from collections.abc import Callable
from enum import StrEnum

from utils.errors import FatalGatewayError, GatewayError, TemporaryGatewayError

HISTORY_SERVICE = 162
CLIENT_ID_IN_USE = 326


class PacingViolationError(TemporaryGatewayError):
    """History was asked for too often: wait, and ask again over the same connection."""


class Failure(StrEnum):
    """Kinds of failed requests."""

    NO_DATA = "no data"
    PACING = "pacing"
    PERMISSION = "permission"
    COMPETING = "competing session"
    UNKNOWN = "unknown contract"
    INVALID = "invalid request"
    OTHER = "other"


CODES: dict[int, Failure] = {
    100: Failure.PACING,
    200: Failure.UNKNOWN,
    203: Failure.PERMISSION,
    320: Failure.INVALID,
    321: Failure.INVALID,
    322: Failure.INVALID,
    354: Failure.PERMISSION,
    366: Failure.PACING,
    10089: Failure.PERMISSION,
    10090: Failure.PERMISSION,
    10091: Failure.PERMISSION,
    10168: Failure.PERMISSION,
    10186: Failure.PERMISSION,
    10187: Failure.PERMISSION,
    10197: Failure.COMPETING,
    10314: Failure.INVALID,
    10339: Failure.INVALID,
}
"""By code; 366 says that a request is not known any more, which happens when requests pile up."""

TEXTS: dict[str, Failure] = {
    "pacing violation": Failure.PACING,
    "no data": Failure.NO_DATA,
    "permission": Failure.PERMISSION,
    "not subscribed": Failure.PERMISSION,
    "subscription": Failure.PERMISSION,
    "different ip address": Failure.COMPETING,
}
"""What the text of 162 contains, the first that fits."""


def kind_of(code: int, text: str) -> Failure:
    """Return what kind of failure a request met."""
    if code != HISTORY_SERVICE:
        return CODES.get(code, Failure.OTHER)
    words = text.lower()
    return next((kind for part, kind in TEXTS.items() if part in words), Failure.OTHER)


def error_of(code: int, text: str, what: str) -> GatewayError:
    """Return the error to raise for a request that failed; not for NO_DATA, which is an answer.

    Args:
        code: IB's.
        text: Theirs too.
        what: What was asked for, e.g. "bars of MNQZ25".
    """
    kind, advice = _MEANINGS[kind_of(code, text)]
    said = " ".join(text.split()).rstrip(".")
    return kind(f"{what}: {advice} (Interactive Brokers says {code}: {said})")


_MEANINGS: dict[Failure, tuple[Callable[[str], GatewayError], str]] = {
    Failure.NO_DATA: (TemporaryGatewayError, "there are none"),
    Failure.PACING: (PacingViolationError, "asked for too often"),
    Failure.PERMISSION: (
        FatalGatewayError,
        "no market data permission; subscribe to the exchange's data for API use, or share a live "
        "account's subscription with its paper account",
    ),
    Failure.COMPETING: (
        FatalGatewayError,
        "another session of the same user has the market data; log out of it",
    ),
    Failure.UNKNOWN: (
        FatalGatewayError,
        "no such contract; check symbol, exchange and multiplier in the instrument table",
    ),
    Failure.INVALID: (FatalGatewayError, "refused as it stands"),
    Failure.OTHER: (TemporaryGatewayError, "failed"),
}

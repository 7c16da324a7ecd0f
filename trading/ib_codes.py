"""IB's numbers: the codes of its errors and notices that mean something to a trader.

What follows from each is left to who hears it. Codes of downloads are in data/ib_history_errors.py.
"""

from collections.abc import Mapping
from types import MappingProxyType

from data import ib_history_errors
from trading.connection_events import FarmState

CLIENT_ID_IN_USE = ib_history_errors.CLIENT_ID_IN_USE

BAD_MESSAGE = 508
"""A message could not be read, as IB's own client reports it; never on the wire."""

NEW_PORT = 1300
"""TWS closes the connection, and listens on another port."""

BROKER_DOWN = frozenset({1100, 2110})
"""The line between TWS and the broker is down; that to TWS stands."""

BROKER_BACK: Mapping[int, bool] = MappingProxyType({1101: True, 1102: False})
"""It is up again: whether subscriptions were lost, by code."""

DOUBTFUL_CODES = BROKER_DOWN | {BAD_MESSAGE, 1101, NEW_PORT}
"""A list during which one of these comes may be incomplete, whatever its end marker says."""

FARM_CODES: Mapping[int, FarmState] = MappingProxyType(
    {
        2103: FarmState.BROKEN,
        2105: FarmState.BROKEN,
        2157: FarmState.BROKEN,
        2107: FarmState.IDLE,
        2108: FarmState.IDLE,
        2104: FarmState.UP,
        2106: FarmState.UP,
        2158: FarmState.UP,
    }
)
"""Notices of data farms: market data, history, contract definitions."""

DEFINITION_CODES = frozenset({2157, 2158})
"""Of these, those of contract definitions: no bars come through them."""

COMPETING_SESSION = 10197
"""Another login of the same user has the market data."""

INVALID_REQUEST = 321
"""Refused as it stands, also because the API is read-only: the text says which."""

REQUEST_NOTICES = range(2100, 2200)
"""What is told under a request's id although nothing is wrong with it."""

HOPELESS_CODES = frozenset({200, 203, 320, INVALID_REQUEST, 430, 10339})
"""No such contract, not allowed, malformed: asking again is in vain."""

REJECTIONS = frozenset({201, 110, 200, 203})
"""Errors that end a NEW order of which no perm id was seen: rejected, off-tick, no such contract,
not allowed."""

NOT_FOUND = frozenset({135, 10147, 10148})
"""Errors that say that there is nothing to cancel: it may never have come, or be filled."""

ORDER_NOTICES = frozenset({399, 2109})
"""Warnings that come as errors of an order."""

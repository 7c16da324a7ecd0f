"""Why the risk guard lets an order pass or not, as values that can be counted."""

from dataclasses import dataclass
from enum import StrEnum


class DenialCode(StrEnum):
    """Each way in which an order is denied; what cannot be known has a code of its own."""

    NO_QUANTITY = "no_quantity"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    WRONG_ACCOUNT = "wrong_account"
    WRONG_CONTRACT = "wrong_contract"
    ACCOUNT_UNKNOWN = "account_unknown"
    CONTRACT_UNKNOWN = "contract_unknown"
    UNKNOWN_KIND = "unknown_kind"
    NO_PRICE = "no_price"
    NOT_A_PRICE = "not_a_price"
    OFF_TICK = "off_tick"
    MODE_UNKNOWN = "mode_unknown"
    NOT_SYNCED = "not_synced"
    REDUCE_ONLY = "reduce_only"
    HALTED = "halted"
    KILLED = "killed"
    POSITION_UNKNOWN = "position_unknown"
    ORDERS_UNKNOWN = "orders_unknown"
    WOULD_OPEN = "would_open"
    JOURNAL_UNKNOWN = "journal_unknown"
    JOURNAL_NOT_WRITABLE = "journal_not_writable"
    UNKNOWN_ENTRY = "unknown_entry"
    UNKNOWN_ENTRY_UNKNOWN = "unknown_entry_unknown"
    DAY_UNKNOWN = "day_unknown"
    DAY_NOT_BEGUN = "day_not_begun"
    DAY_LOCKED = "day_locked"
    PNL_UNKNOWN = "pnl_unknown"
    DAILY_LOSS = "daily_loss"
    MAX_POSITION = "max_position"
    RATE_UNKNOWN = "rate_unknown"
    TOO_MANY_PER_MINUTE = "too_many_per_minute"
    TOO_MANY_PER_DAY = "too_many_per_day"
    AGE_UNKNOWN = "age_unknown"
    STALE_DATA = "stale_data"
    SKEW_UNKNOWN = "skew_unknown"
    CLOCK_SKEW = "clock_skew"
    HOURS_UNKNOWN = "hours_unknown"
    MARKET_CLOSED = "market_closed"
    NEAR_CLOSE = "near_close"
    PRICE_UNKNOWN = "price_unknown"
    OUTSIDE_BAND = "outside_band"
    NO_STOP = "no_stop"
    STOP_ON_WRONG_SIDE = "stop_on_wrong_side"
    STOP_TOO_FAR = "stop_too_far"
    TARGET_ON_WRONG_SIDE = "target_on_wrong_side"
    MARGIN_UNKNOWN = "margin_unknown"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The order may be sent."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The order may not be sent.

    Attributes:
        code: To count by.
        reason: For people: what, bound, value.
    """

    code: DenialCode
    reason: str


Verdict = Allowed | Denied

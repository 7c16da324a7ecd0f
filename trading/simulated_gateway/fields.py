"""Fields of a message, one after the other: what a text on the wire means, and back.

Which fields a message has is left to requests_in and the layouts.
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trading.simulated_gateway.order_types import WireContract

UNSET = "1.7976931348623157E308"
"""How TWS writes a number that it does not have, where an empty field will not do."""

_UNSET_FROM = 1.7e308
FIRST_VERSION_WITH_ZONES = 174


class MalformedMessageError(Exception):
    """A message of the protocol with a field missing or beyond reading; one line."""


@dataclass(slots=True)
class FieldReader:
    """Reads a message field by field.

    Attributes:
        fields: Those after the message's id.
        request_id: Of the request or order, once it was read; else -1.
    """

    fields: list[str]
    request_id: int = -1
    _next: int = field(default=0, init=False)

    def text(self, name: str) -> str:
        """Return the next field as it is."""
        if self._next >= len(self.fields):
            raise MalformedMessageError(f"field `{name}` is missing")
        self._next += 1
        return self.fields[self._next - 1]

    def integer(self, name: str) -> int:
        """Return the next field as a whole number; empty is 0."""
        text = self.text(name)
        try:
            return int(text or 0)
        except ValueError as error:
            raise MalformedMessageError(f"field `{name}` is no whole number: {text!r}") from error

    def number(self, name: str) -> float | None:
        """Return the next field as a finite number, or None where it is empty or unset."""
        text = self.text(name)
        try:
            value = float(text) if text else None
        except ValueError:
            value = math.nan
        if value is not None and not math.isfinite(value):
            raise MalformedMessageError(f"field `{name}` is no number: {text!r}")
        return None if value is None or value > _UNSET_FROM else value

    def quantity(self, name: str) -> int:
        """Return the next field as a whole number of contracts; "2.0" is 2, empty is 0."""
        value = self.number(name) or 0.0
        if value != int(value):
            raise MalformedMessageError(f"field `{name}` is no whole number: {value}")
        return int(value)

    def flag(self, name: str) -> bool:
        """Return the next field as yes or no; empty is no."""
        text = self.text(name)
        if text not in _FLAGS:
            raise MalformedMessageError(f"field `{name}` is neither 0 nor 1: {text!r}")
        return _FLAGS[text]

    def id(self, name: str = "request id") -> int:
        """Return the next field as the id of this request or order."""
        self.request_id = self.integer(name)
        return self.request_id

    def skip(self, *names: str) -> None:
        """Pass over fields that are of no account here."""
        for name in names:
            self.text(name)

    def contract(self) -> WireContract:
        """Return the next twelve fields as a contract."""
        con_id, symbol = self.integer("con id"), self.text("symbol")
        sec_type, expiry = self.text("security type"), self.text("expiry")
        self.skip("strike", "right")
        multiplier, exchange = self.text("multiplier"), self.text("exchange")
        self.skip("primary exchange")
        return WireContract(
            con_id=con_id,
            symbol=symbol,
            sec_type=sec_type,
            expiry=expiry,
            multiplier=multiplier,
            exchange=exchange,
            currency=self.text("currency"),
            local_symbol=self.text("local symbol"),
            trading_class=self.text("trading class"),
        )


_FLAGS = {"": False, "0": False, "1": True, "False": False, "True": True, "false": False}
_FLAGS["true"] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a session agreed on: how everything is written.

    Attributes:
        version: Of the protocol, 157 to 178.
        zone: In which times are told, e.g. "UTC" or "US/Central".
    """

    version: int = 176
    zone: str = "UTC"

    def local(self, time: datetime) -> datetime:
        """Return a time in the zone in which times are told."""
        return time.astimezone(ZoneInfo(self.zone))

    def stamp(self, time: datetime) -> str:
        """Return a time as text; from version 174 on it names its zone."""
        local = self.local(time)
        if self.version >= FIRST_VERSION_WITH_ZONES:
            return f"{local:%Y%m%d %H:%M:%S} {self.zone}"
        return f"{local:%Y%m%d  %H:%M:%S}"


def text_of(value: str | float | bool | None) -> str:
    """Return a value as a field: yes is 1, None is empty, numbers as short as they are exact."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value)) if value else "0"
    return str(value)


def row(*values: str | float | bool | None) -> list[str]:
    """Return values as the fields of one message."""
    return [text_of(value) for value in values]


def epoch(time: datetime) -> int:
    """Return a time as seconds since 1970."""
    return int(time.astimezone(UTC).timestamp())


def contract_fields(contract: WireContract) -> list[str]:
    """Return a contract as eleven fields, the form in which TWS tells of one."""
    return row(
        contract.con_id,
        contract.symbol,
        contract.sec_type,
        contract.expiry,
        0,
        "",
        contract.multiplier,
        contract.exchange,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,
    )

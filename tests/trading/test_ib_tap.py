"""The raw tap: our listener before the library, no message lost, no exception swallowed."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from data.ib_client import UNSET_FLOAT, new_ib
from tests.helpers.clocks import StoppedClock
from tests.helpers.gateways import NOON, until
from tests.helpers.ib_links import Link, linked
from trading.broker_events import (
    AccountsSeen,
    BrokerEvent,
    CommissionSeen,
    ErrorSeen,
    ExecutionSeen,
    OrderStatusSeen,
    PositionSeen,
    ProfitSeen,
)
from trading.gateway import Listener
from trading.ib_tap import Tap
from trading.simulated_gateway.in_thread import GatewayInThread
from utils.errors import TemporaryGatewayError

VERSION = 176


def fill(time: str = "20251105-14:30:00", exec_id: str = "e.01.01") -> list[str]:
    """Return the fields of an execDetails message: 2 MNQ bought at 20000.25."""
    contract = ["11", "MNQ", "FUT", "20251219", "0", "", "2", "CME", "USD", "MNQZ5", "MNQ"]
    what = ["DU1", "CME", "BOT", "2", "20000.25", "77", "1", "0", "2", "20000.25", "bot/d/entry/1"]
    return ["11", "-1", "5", *contract, exec_id, time, *what, "", "", "", "1"]


def position(quantity: str) -> list[str]:
    """Return the fields of a position message, whose average cost has the multiplier in it."""
    contract = ["11", "MNQ", "FUT", "20251219", "0", "", "2", "", "USD", "MNQZ5", "MNQ"]
    return ["61", "3", "DU1", *contract, quantity, "40000.5"]


def status(order_id: str = "5") -> list[str]:
    """Return the fields of an orderStatus message."""
    return ["3", order_id, "Submitted", "0", "2", "0", "77", "0", "0", "1", "", "0"]


class Wire:
    """A library without a socket: `says` hands its decoder a message.

    Attributes:
        heard: What our listener heard.
        tap: The tap.
        ib: The library.
    """

    def __init__(self, listener: Listener | None = None) -> None:
        self.heard: list[BrokerEvent] = []
        self.ib = new_ib()
        self.ib.wrapper.clientId = 1
        clock = StoppedClock(NOON.isoformat())
        self.tap = Tap(self.ib, listener or self.heard.append, clock)
        self.ib.client.decoder.serverVersion = VERSION

    def says(self, *messages: list[str]) -> None:
        """Hand over messages, each a list of fields."""
        for fields in messages:
            self.ib.client.decoder.interpret(fields)


def test_tap_tells_a_fill_as_a_value() -> None:
    wire = Wire()
    wire.says(fill())
    assert wire.heard == [
        ExecutionSeen(
            exec_id="e.01.01",
            order_id=5,
            perm_id=77,
            client_id=1,
            order_ref="bot/d/entry/1",
            con_id=11,
            account="DU1",
            time=datetime(2025, 11, 5, 14, 30, tzinfo=UTC),
            side="BOT",
            quantity=2,
            price=20_000.25,
        )
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20251105-14:30:00", "2025-11-05T14:30:00+00:00"),
        ("20251105 14:30:00 UTC", "2025-11-05T14:30:00+00:00"),
        ("20251105 08:30:00 US/Central", "2025-11-05T14:30:00+00:00"),
        ("20250702 08:30:00 US/Central", "2025-07-02T13:30:00+00:00"),
        ("20251105 08:30:00 America/Chicago", "2025-11-05T14:30:00+00:00"),
        ("20251105  14:30:00", "2025-11-05T14:30:00+00:00"),
        ("20251105 08:30:00 Mars/Phobos", "2025-11-05T12:00:00+00:00"),
        ("", "2025-11-05T12:00:00+00:00"),
        ("yesterday", "2025-11-05T12:00:00+00:00"),
        ("20251399 99:99:99", "2025-11-05T12:00:00+00:00"),
        ("20251105 08:30:00 ../../etc", "2025-11-05T12:00:00+00:00"),
    ],
)
def test_tap_tells_a_fill_whatever_its_time_looks_like(text: str, expected: str) -> None:
    """What cannot be read gets the time of arrival, here noon: the fill is what counts."""
    wire = Wire()
    wire.says(fill(time=text))
    (seen,) = wire.heard
    assert isinstance(seen, ExecutionSeen)
    assert seen.time == datetime.fromisoformat(expected)
    assert wire.ib.fills()  # nor is it lost to the library


def test_tap_listener_hears_before_the_library_does() -> None:
    order: list[str] = []
    wire = Wire(lambda event: order.append(f"we: {len(wire.ib.fills())} fills there"))
    wire.says(fill())
    order.append(f"library: {len(wire.ib.fills())} fills there")
    assert order == ["we: 0 fills there", "library: 1 fills there"]


def test_tap_library_that_fails_does_not_keep_it_from_us() -> None:
    wire = Wire()

    def explode(*said: Any) -> None:
        raise ValueError("the library's own trouble")

    wire.ib.positionEvent += explode
    wire.ib.wrapper.positions = None  # what `position` writes into
    wire.says(position("2"), status())
    assert [type(event) for event in wire.heard] == [PositionSeen, OrderStatusSeen]
    assert wire.tap.failure is None


def test_tap_listener_that_fails_is_kept_and_nothing_more_is_told() -> None:
    heard: list[BrokerEvent] = []

    def listener(event: BrokerEvent) -> None:
        heard.append(event)
        if len(heard) == 2:
            raise OSError("the disk is full")

    wire = Wire(listener)
    wire.says(status(), fill(), status(), position("1"))
    assert [type(event) for event in heard] == [OrderStatusSeen, ExecutionSeen]
    assert isinstance(wire.tap.failure, OSError)
    assert wire.ib.fills() == []  # the library did not hear what the journal did not keep


@pytest.mark.parametrize(
    "fields",
    [
        ["61", "3", "DU1", "11"],
        [*position("2")[:-2], "two", "40000.5"],
        fill()[:20],
        ["3", "five", "Submitted"],
        ["5", "1"],
        ["59", "1", "e.01.01", "much"],
        position("nan"),
        [*fill()[:19], "inf", *fill()[20:]],
    ],
)
def test_tap_message_that_cannot_be_read_is_an_event(fields: list[str]) -> None:
    wire = Wire()
    wire.says(fields)
    text = f"message {fields[0]} could not be read"
    assert wire.heard == [ErrorSeen(request_id=-1, code=508, text=text)]


@pytest.mark.parametrize("fields", [["9999", "1"], [], ["nonsense"], ["46", "6", "1", "45", "1"]])
def test_tap_message_of_no_concern_is_passed_over(fields: list[str]) -> None:
    wire = Wire()
    wire.says(fields)
    assert wire.heard == []


def test_tap_position_loses_the_multiplier_and_keeps_its_sign() -> None:
    wire = Wire()
    wire.says(position("-3"), position("0"))
    seen = [event for event in wire.heard if isinstance(event, PositionSeen)]
    assert [(one.position, one.average_price) for one in seen] == [(-3, 20_000.25), (0, 20_000.25)]


def test_tap_commission_of_an_entry_has_no_realised_pnl() -> None:
    wire = Wire()
    wire.says(["59", "1", "e.01.01", "1.24", "USD", str(UNSET_FLOAT), "", ""])
    wire.says(["59", "1", "e.02.01", "1.24", "USD", "-18.5", "", ""])
    realised = [event.realised_usd for event in wire.heard if isinstance(event, CommissionSeen)]
    assert realised == [None, -18.5]


def test_tap_accounts_with_a_closing_comma_are_the_accounts() -> None:
    wire = Wire()
    wire.says(["15", "1", "DU1,DU2,"])
    assert wire.heard == [AccountsSeen(accounts=("DU1", "DU2"))]


def test_tap_profit_without_a_figure_for_the_day_is_not_told() -> None:
    wire = Wire()
    wire.tap.profit_accounts[9] = "DU1"
    unset = str(UNSET_FLOAT)
    wire.says(["94", "9", unset, unset, unset], ["94", "9", "-12.5", "-10.0", unset])
    wire.says(["94", "8", "1.0", "1.0", "1.0"])  # nobody asked
    assert wire.heard == [
        ProfitSeen(account="DU1", daily_usd=-12.5, unrealised_usd=-10.0, realised_usd=0.0)
    ]


def test_tap_profit_that_has_hardly_moved_is_not_told_again() -> None:
    wire = Wire()
    wire.tap.profit_accounts.update({9: "DU1", 8: "DU2"})
    for daily in ("-12.5", "-12.5", "-3.0", "-22.5"):
        wire.says(["94", "9", daily, daily, "0.0"])
    wire.says(["94", "8", "-22.5", "-22.5", "0.0"])
    told = [event for event in wire.heard if isinstance(event, ProfitSeen)]
    assert [(one.account, one.daily_usd) for one in told] == [
        ("DU1", -12.5),
        ("DU1", -22.5),
        ("DU2", -22.5),
    ]


def test_tap_account_summary_that_nobody_asked_for_is_the_library_s() -> None:
    wire = Wire()
    wire.says(["63", "1", "9", "DU1", "AvailableFunds", "7000.00", "USD"], ["64", "1", "9"])
    assert wire.heard == []


def test_gateway_whose_listener_fails_closes_and_raises_the_same_ever_after() -> None:
    async def body(link: Link) -> None:
        failing = OSError("the disk is full")

        def listener(event: BrokerEvent) -> None:
            if isinstance(event, ExecutionSeen):
                raise failing

        link.near._session.tap._listener = listener  # type: ignore[union-attr]
        link.near.send(link.order())
        await until(lambda: link.near.failure is not None)
        await until(lambda: not link.near.is_connected)
        for ask in (link.near.connect, link.near.probe, link.near.ask_positions):
            with pytest.raises(OSError, match="the disk is full"):
                await ask()
        with pytest.raises(OSError, match="the disk is full"):
            link.near.send(link.order())

    linked(body)


def test_gateway_position_list_with_an_unreadable_message_is_an_error() -> None:
    """Half a list with its end marker would be an account that looks flat."""

    async def body(link: Link) -> None:
        def spoil(fields: list[str]) -> None:
            decoder.handlers[61] = whole
            whole(fields[:5])

        decoder = link.near._session.client.decoder  # type: ignore[union-attr]
        link.far.do("manual", side="BUY", quantity=1)
        whole = decoder.handlers[61]
        await until(lambda: bool(link.far.state()["executions"]))
        await asyncio.sleep(0.05)
        decoder.handlers[61] = spoil
        with pytest.raises(TemporaryGatewayError, match="broken off: 508 came meanwhile"):
            await link.near.ask_positions()

    linked(body)


def test_library_logs_show_no_account(capfd: pytest.CaptureFixture[str]) -> None:
    async def body(link: Link) -> None:
        link.near.send(link.order())
        await link.hears(CommissionSeen)
        trouble(link.far)
        await until(lambda: any(error.code == 10349 for error in link.of(ErrorSeen)))

    linked(body)
    assert "DU1234567" not in capfd.readouterr().err


def trouble(far: GatewayInThread) -> None:
    """Have the library log an order as cancelled."""
    far.do("error", code=10349, text="Order TIF was set to DAY", request_id=1)

"""No end marker, no list: and no late one for the next."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from trading.end_markers import EndMarkers, ListKey
from utils.errors import TemporaryGatewayError

POSITIONS = ListKey(of="positions")
ORDERS = ListKey(of="open_orders")
LIMIT = 0.02


def run(body: Callable[[EndMarkers], Awaitable[None]], late_seconds: float = 60.0) -> None:
    async def in_loop() -> None:
        await body(EndMarkers(late_seconds))

    asyncio.run(in_loop())


async def ask(markers: EndMarkers, n_markers: int, key: ListKey = POSITIONS) -> None:
    """Ask, and have so many end markers come at once."""

    def answer() -> None:
        for _ in range(n_markers):
            asyncio.get_running_loop().call_soon(markers.end, key)

    await markers.ask(key, answer, LIMIT)


def test_end_markers_answered_returns() -> None:
    run(lambda markers: ask(markers, 1))


def test_end_markers_unanswered_is_an_error() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError, match="did not tell all positions within 0.02 s"):
            await ask(markers, 0)

    run(body)


def test_end_markers_of_another_list_do_not_end_this_one() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError, match="positions"):
            await markers.ask(POSITIONS, lambda: markers.end(ORDERS), LIMIT)

    run(body)


def test_end_markers_after_an_unanswered_list_one_marker_is_not_enough() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 0)
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 1)  # it may be the first one's, come late
        await ask(markers, 2)

    run(body)


def test_end_markers_that_come_late_while_nobody_waits_clear_the_debt() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 0)
        markers.end(POSITIONS)
        await ask(markers, 1)

    run(body)


def test_end_markers_that_never_come_are_forgotten_in_time_whatever_was_tried() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 0)
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 1)
        await asyncio.sleep(0.06)
        await ask(markers, 1)

    run(body, late_seconds=0.08)


def test_end_markers_that_come_twice_after_a_debt_leave_none() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 0)
        await ask(markers, 3)  # the late one, our own, and our own again
        await ask(markers, 1)

    run(body)


def test_end_markers_that_come_leave_the_newest_request_owed_one() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 0)
        await asyncio.sleep(0.3)
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 1)  # the first one's: this list is still to be told
        await asyncio.sleep(0.25)  # by now the first one would be forgotten
        with pytest.raises(TemporaryGatewayError):
            await ask(markers, 1)

    run(body, late_seconds=0.5)


def test_end_markers_of_a_list_that_could_not_be_sent_are_not_owed() -> None:
    async def body(markers: EndMarkers) -> None:
        def refuse() -> None:
            raise TemporaryGatewayError("no connection")

        with pytest.raises(TemporaryGatewayError, match="no connection"):
            await markers.ask(POSITIONS, refuse, LIMIT)
        await ask(markers, 1)

    run(body)


def test_end_markers_of_lists_with_request_ids_owe_nothing_to_each_other() -> None:
    async def body(markers: EndMarkers) -> None:
        with pytest.raises(TemporaryGatewayError, match="all executions within"):
            await ask(markers, 0, ListKey(of="executions", request_id=1))
        await ask(markers, 1, ListKey(of="executions", request_id=2))
        assert [key.request_id for key in markers._unanswered] == [1]  # answered ones do not add up

    run(body)


def test_end_markers_broken_off_fails_at_once_and_says_why() -> None:
    async def body(markers: EndMarkers) -> None:
        asyncio.get_running_loop().call_soon(markers.break_off, "1100 came meanwhile")
        with pytest.raises(TemporaryGatewayError, match="positions was broken off: 1100 came"):
            await markers.ask(POSITIONS, lambda: None, 60.0)

    run(body)


def test_end_markers_asked_at_once_go_one_after_the_other() -> None:
    async def body(markers: EndMarkers) -> None:
        sent: list[str] = []

        async def one(name: str) -> None:
            def answer() -> None:
                sent.append(f"{name} asked")
                asyncio.get_running_loop().call_later(0.005, done)

            def done() -> None:
                sent.append(f"{name} ended")
                markers.end(POSITIONS)

            await markers.ask(POSITIONS, answer, 1.0)

        await asyncio.gather(one("first"), one("second"))
        assert sent == ["first asked", "first ended", "second asked", "second ended"]

    run(body)

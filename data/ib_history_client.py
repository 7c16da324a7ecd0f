"""Asks TWS or IB Gateway for history, over the client library's own connection.

Only the handshake is waited for: no orders, positions or accounts are asked for. The library's
waits are not relied on, since some never end: every request has a deadline of ours, and its
failure is read off the error it came with.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from config.instruments import Instrument
from data.bars import BAR_COLUMNS
from data.contracts import Contract
from data.ib_client import new_contract, new_ib
from data.ib_history_errors import CLIENT_ID_IN_USE, Failure, error_of, kind_of
from data.ib_history_source import BarsWanted, ListedContract
from data.ib_history_store import no_bars
from utils.errors import GatewayError, TemporaryGatewayError

EPOCH_SECONDS = 2
"""`formatDate` that has stamps in UTC, whatever zone TWS is set to."""

TIME_KEY = "currentTime"
"""What the library knows the question for the time by: there can be but one at a time."""

SETTINGS_TO_CHECK = (
    "in its API settings, is `Enable ActiveX and Socket Clients` on and this the socket port?"
)

CLOSING_SECONDS = 1.0
"""How long a connection may take to close before it is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IbAddress:
    """Where TWS or IB Gateway listens, and who we are there."""

    host: str
    port: int
    client_id: int

    def __str__(self) -> str:
        """Return host and port."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IbDeadlines:
    """How long to wait for answers, in seconds."""

    connect_seconds: float = 10.0
    request_seconds: float = 60.0


class IbHistoryClient:
    """A HistorySource at Interactive Brokers."""

    def __init__(self, address: IbAddress, deadlines: IbDeadlines | None = None) -> None:
        """Remember where to connect; nothing is imported or opened yet."""
        self._address = address
        self._deadlines = deadlines or IbDeadlines()
        self._ib: Any = None
        self._is_closed = asyncio.Event()
        self._failed: asyncio.Future[tuple[int, str]] | None = None
        self._request_id = -1

    async def connect(self) -> None:
        """Connect and shake hands; see HistorySource."""
        self._ib = ib = new_ib()
        self._is_closed = asyncio.Event()  # an event is of the loop that first waited for it
        ib.errorEvent += self._on_error
        ib.client.apiError += self._on_api_error
        ib.client.conn.disconnected += self._on_closed
        ib.wrapper.clientId = self._address.client_id
        self._expect(-1)
        address, seconds = self._address, self._deadlines.connect_seconds
        connecting = asyncio.ensure_future(
            ib.client.connectAsync(address.host, address.port, address.client_id, seconds)
        )
        try:
            await self._first_of(connecting, seconds)
        except TimeoutError as error:
            raise TemporaryGatewayError(
                f"{address} takes connections, but did not answer within {seconds:g} s; is it TWS "
                f"or IB Gateway, logged in, with no dialog open?"
            ) from error
        except OSError as error:
            raise TemporaryGatewayError(
                f"no TWS or IB Gateway at {address} ({_reason(error)}); is it running, and "
                f"{SETTINGS_TO_CHECK}"
            ) from error
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)

    async def close(self) -> None:
        """Close the socket, and wait until it is; see HistorySource."""
        ib, self._ib = self._ib, None
        if ib is None:
            return
        transport = ib.client.conn.transport
        ib.client.disconnect()
        if transport is None:
            return
        try:
            async with asyncio.timeout(CLOSING_SECONDS):  # wait_for can lose a cancellation
                await self._is_closed.wait()
        except TimeoutError:
            transport.abort()

    async def ask_time(self) -> pd.Timestamp:
        """Return the gateway's time; see HistorySource."""
        told = await self._answer("the time", lambda client, _: client.reqCurrentTime(), TIME_KEY)
        return pd.Timestamp(told).tz_convert("UTC")

    async def ask_contracts(self, instrument: Instrument) -> tuple[ListedContract, ...]:
        """Return the contracts; see HistorySource. One request, whatever the number of months."""
        contract = new_contract(
            secType="FUT",
            symbol=instrument.ib_symbol,
            exchange=instrument.ib_exchange,
            currency=instrument.currency,
            multiplier=instrument.ib_multiplier or "",
            includeExpired=True,
        )
        what = f"contracts of {instrument.symbol} at {instrument.ib_exchange}"
        sent = await self._answer(
            what, lambda client, number: client.reqContractDetails(number, contract)
        )
        found = [_listed(details, instrument) for details in sent]
        return tuple(sorted(found, key=lambda listed: listed.contract))

    async def ask_bars(self, contract: ListedContract, wanted: BarsWanted) -> pd.DataFrame:
        """Return bars; see HistorySource."""
        fields = new_contract(
            secType="FUT", conId=contract.con_id, exchange=contract.exchange, includeExpired=True
        )
        end = wanted.end.strftime("%Y%m%d %H:%M:%S UTC")
        what = f"bars of {contract.contract.code}, {wanted.text}"
        sent = await self._answer(
            what,
            lambda client, number: client.reqHistoricalData(
                number,
                fields,
                end,
                wanted.duration,
                wanted.bar_size,
                "TRADES",
                wanted.is_rth_only,
                EPOCH_SECONDS,
                False,
                [],
            ),
        )
        return _frame(sent)

    async def _answer(
        self, what: str, send: Callable[[Any, int], None], key: str | None = None
    ) -> Any:
        """Send one request, and return its answer, mostly rows; none for NO_DATA.

        Args:
            what: What to call it in an error.
            send: Sends it, given the library's client and the request's number.
            key: What the library calls it where it has no number.
        """
        ib, seconds = self._ib, self._deadlines.request_seconds
        try:
            number = ib.client.getReqId()
            self._expect(number)
            answer = ib.wrapper.startReq(number if key is None else key)
            answer.add_done_callback(_look_at)
            send(ib.client, number)
            return await self._first_of(answer, seconds)
        except _RequestFailedError as error:
            if kind_of(error.code, error.text) is Failure.NO_DATA:
                return []
            raise error_of(error.code, error.text, what) from error
        except TimeoutError as error:
            raise TemporaryGatewayError(f"{what}: no answer within {seconds:g} s") from error
        except OSError as error:
            raise TemporaryGatewayError(
                f"{what}: the connection to {self._address} broke ({_reason(error)})"
            ) from error

    def _expect(self, request_id: int) -> None:
        """From now on, errors of this request are those to listen to."""
        self._request_id = request_id
        self._failed = asyncio.get_running_loop().create_future()

    async def _first_of(self, answer: "asyncio.Future[Any]", seconds: float) -> Any:
        """Return an answer, or raise what came instead of it: an error, or nothing in time."""
        failed = self._failed
        assert failed is not None
        await asyncio.wait({answer, failed}, timeout=seconds, return_when="FIRST_COMPLETED")
        if failed.done():
            # the library ends a failed request with what it has, so an error goes first
            self._raise(*failed.result(), answer)
        if not answer.done():
            raise TimeoutError
        return answer.result()

    def _raise(self, code: int, text: str, answer: "asyncio.Future[Any]") -> None:
        """Raise what an error says, or, of connecting, what it is said of."""
        if self._request_id >= 0:
            raise _RequestFailedError(code, text)
        if code == CLIENT_ID_IN_USE:
            raise _in_use(self._address)
        if not answer.done():
            raise ConnectionError(text or "closed")

    def _on_error(self, request_id: int, code: int, text: str, _contract: object) -> None:
        is_of_connecting = self._request_id < 0 and code == CLIENT_ID_IN_USE
        is_of_request = self._request_id >= 0 and request_id == self._request_id
        if (is_of_connecting or is_of_request) and not _is_notice(code):
            self._fail(code, text)

    def _on_api_error(self, text: str) -> None:
        if self._request_id < 0:
            self._fail(0, text)

    def _fail(self, code: int, text: str) -> None:
        if self._failed is not None and not self._failed.done():
            self._failed.set_result((code, text))

    def _on_closed(self, _text: str) -> None:
        self._is_closed.set()


class _RequestFailedError(Exception):
    """The broker answered a request with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def _look_at(answer: "asyncio.Future[Any]") -> None:
    """Take note of a failure that came too late: asyncio complains of those that nobody sees."""
    if not answer.cancelled():
        answer.exception()


def _is_notice(code: int) -> bool:
    """Return whether a code says how connections to data farms are, not that a request failed."""
    return 2100 <= code < 2200


def _in_use(address: IbAddress) -> GatewayError:
    return TemporaryGatewayError(
        f"client id {address.client_id} is in use at {address} (error 326): end the other program, "
        f"or choose another with --client-id"
    )


def _reason(error: OSError) -> str:
    return str(error) or "closed" if error.errno is None else os.strerror(error.errno).lower()


def _listed(details: Any, instrument: Instrument) -> ListedContract:
    """Return a contract's details in our words."""
    contract, month = details.contract, details.contractMonth
    return ListedContract(
        contract=Contract(instrument.symbol, int(month[:4]), int(month[4:6])),
        con_id=contract.conId,
        exchange=contract.exchange or str(instrument.ib_exchange),
        last_trade=_day(contract.lastTradeDateOrContractMonth),
    )


def _day(text: str) -> date:
    return datetime.strptime(text[:8], "%Y%m%d").date()


def _frame(sent: list[Any]) -> pd.DataFrame:
    """Return the library's bars as a frame; a daily bar's date is its midnight in UTC."""
    if not sent:
        return no_bars()
    stamps = pd.DatetimeIndex([pd.Timestamp(bar.date) for bar in sent], name="timestamp")
    stamps = stamps.tz_localize("UTC") if stamps.tz is None else stamps.tz_convert("UTC")
    columns = {name: [float(getattr(bar, name)) for bar in sent] for name in BAR_COLUMNS}
    return pd.DataFrame(columns, index=stamps.as_unit("ns"))

"""A simulated gateway that has history, and downloads from it on a clock that runs fast."""

from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path

import pandas as pd

from data.history_request import HistoryRequest
from data.ib_history import RAW_FOLDER, IbAccess
from data.ib_history_client import IbAddress, IbDeadlines, IbHistoryClient
from data.ib_pacing import PacingLimits
from tests.helpers.history import FakeListener, FastClock
from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.events import ErrorMessage
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.in_thread import GatewayInThread
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.requests import AskHistory, Request
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings
from utils.clock import Clock


def gateway_with(frame: pd.DataFrame, stands_at: str, clock: Clock) -> GatewayInThread:
    """Return a gateway, to be entered, whose market stands at the open of a bar.

    Args:
        frame: Bars of MNQ contracts.
        stands_at: When that bar opens; the ones before it are history.
        clock: What its limits on requests go by; they are enforced.
    """

    def make() -> Broker:
        settings = MarketSettings(start=datetime.fromisoformat(stands_at))
        faults = Faults(is_pacing_enforced=True)
        return Broker(Market({"MNQ": frame}, settings, clock), BrokerSettings(), clock, faults)

    return GatewayInThread(make)


def answer_history(gateway: GatewayInThread, n_answers: int, error: tuple[int, str] | None) -> None:
    """Let a gateway answer so many more requests for history, and then none, or with an error.

    Args:
        gateway: That runs.
        n_answers: How many to answer.
        error: Code and text for all further ones; None leaves them unanswered.
    """
    broker, numbers = gateway.server.broker, count()
    handle = partial(type(broker).handle, broker)

    def handle_some(client_id: int, request: Request) -> None:
        if not isinstance(request, AskHistory) or next(numbers) < n_answers:
            handle(client_id, request)
        elif error is not None:
            code, text = error
            told = ErrorMessage(request_id=request.request_id, code=code, text=text)
            broker.deliver(client_id, told)

    gateway.call(setattr, broker, "handle", handle_some)


def access_to(
    gateway: GatewayInThread,
    folder: Path,
    clock: FastClock,
    *,
    listener: FakeListener | None = None,
    limits: PacingLimits | None = None,
    deadlines: IbDeadlines | None = None,
) -> IbAccess:
    """Return how to ask a gateway for history, by the client library over TCP."""
    address = IbAddress(host="127.0.0.1", port=gateway.port, client_id=3)
    return IbAccess(
        source=IbHistoryClient(address, deadlines or IbDeadlines(request_seconds=20.0)),
        folder=folder / RAW_FOLDER,
        clock=clock,
        sleep=clock.sleep,
        listener=listener or FakeListener(),
        limits=limits or PacingLimits(),
    )


def five_minutes(duration: str) -> HistoryRequest:
    """Return a request for MNQ's bars of all hours."""
    return HistoryRequest(symbol="MNQ", duration=duration, bar_size="5 mins", is_rth_only=False)

"""Answers requests for history: bars up to a time, or up to now and from then on."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from trading.simulated_gateway.contracts import CONTINUOUS, Listed
from trading.simulated_gateway.events import HistoricalData, HistoricalUpdate, WireBar
from trading.simulated_gateway.history_pacing import HistoryPacing
from trading.simulated_gateway.history_terms import Span, span_of
from trading.simulated_gateway.hours import Hours
from trading.simulated_gateway.intake import NO_CONTRACT, NO_DEFINITION, Refusal
from trading.simulated_gateway.office import Office
from trading.simulated_gateway.requests import AskHistory
from trading.simulated_gateway.tape import Tape
from trading.simulated_gateway.wire_bars import bars_of, last_bar
from utils.clock import Clock

HISTORY = 162
NO_QUERY = 366
NO_END = 10339
COMPETING = 10197

SERVICE = "Historical Market Data Service error message:"
PACED = f"{SERVICE}Historical data request pacing violation"
NOT_PERMITTED = f"{SERVICE}No market data permissions for"
DOWN = f"{SERVICE}HMDS connection is broken"
TAKEN = "No market data during competing live session"
CONTINUOUS_END = "Setting end date/time for continuous future security type is not allowed."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptHistory:
    """A request that keeps up to date."""

    tape: Tape
    span: Span
    date_format: int


class HistoryDesk:
    """Answers with bars, and keeps telling those who want it.

    Attributes:
        kept: By client and request id.
    """

    def __init__(self, office: Office, clock: Clock):
        """Open a desk; the limits on requests go by the clock, not by the market's time."""
        self._office, self._clock = office, clock
        self._pacing = HistoryPacing()
        self.kept: dict[tuple[int, int], KeptHistory] = {}

    def answer(self, client_id: int, request: AskHistory) -> None:
        """Answer one request, with bars or an error."""
        answer = self._answer(client_id, request)
        if isinstance(answer, Refusal):
            self._office.teller.refuse(client_id, request.request_id, answer.code, answer.text)
        else:
            self._office.teller.answer(client_id, answer)

    def cancel(self, client_id: int, request_id: int) -> None:
        """End a request that keeps up to date."""
        if self.kept.pop((client_id, request_id), None) is None:
            text = f"No historical data query found for ticker id:{request_id}"
            self._office.teller.refuse(client_id, request_id, NO_QUERY, text)

    def push(self, tape: Tape) -> None:
        """Tell the bar that a tape is in to whoever keeps up to date."""
        for (client_id, request_id), kept in tuple(self.kept.items()):
            hours = self._office.market.hours(tape.instrument.symbol)
            bar = last_bar(tape, kept.span.seconds, hours) if kept.tape is tape else None
            if bar is not None and not (kept.span.is_rth_only and not hours.is_regular(bar.time)):
                event = HistoricalUpdate(
                    request_id=request_id, bar=bar, date_format=kept.date_format
                )
                self._office.teller.push(client_id, event)

    def _answer(self, client_id: int, request: AskHistory) -> HistoricalData | Refusal:
        found = self._listed(request)
        if isinstance(found, Refusal):
            return found
        market = self._office.market
        hours = market.hours(found.instrument.symbol)
        span = span_of(request, hours, market.now())
        if isinstance(span, Refusal):
            return span
        refusal = self._service_refusal(request, found)
        if refusal is not None:
            return refusal
        tape = market.tape_of(found)
        bars = () if tape is None else bars_of(tape, span, hours)
        if span.is_daily:
            bars = tuple(replace(bar, time=_midnight_of_trade_date(bar, hours)) for bar in bars)
        if tape is None or not bars:
            name = request.contract.local_symbol or found.wire.local_symbol
            text = f"{SERVICE}HMDS query returned no data: {name}@{found.wire.exchange}"
            return Refusal(code=HISTORY, text=f"{text} {request.what}")
        if request.keeps_up_to_date:
            self.kept[client_id, request.request_id] = KeptHistory(
                tape=tape, span=span, date_format=request.date_format
            )
        return HistoricalData(
            request_id=request.request_id,
            start=span.start,
            end=market.now() if span.end is None else span.end,
            bars=self._spoilt(bars),
            date_format=request.date_format,
            is_daily=span.is_daily,
        )

    def _listed(self, request: AskHistory) -> Listed | Refusal:
        """Return the one contract that is meant."""
        market = self._office.market
        found = market.contracts.find(request.contract, market.today(), request.has_expired)
        if len(found) != 1:
            return Refusal(code=NO_CONTRACT, text=NO_DEFINITION)
        if request.contract.sec_type == CONTINUOUS and request.end:
            return Refusal(code=NO_END, text=CONTINUOUS_END)
        return found[0]

    def _service_refusal(self, request: AskHistory, listed: Listed) -> Refusal | None:
        """Return why the history farm does not answer now, or None."""
        faults = self._office.faults
        if not faults.has_data_permission:
            where = f"{listed.wire.exchange} {listed.wire.sec_type}"
            return Refusal(code=HISTORY, text=f"{NOT_PERMITTED} {where}")
        if not faults.is_history_up:
            return Refusal(code=HISTORY, text=DOWN)
        is_violated = self._pacing.is_violated(request, self._clock.now())
        if faults.is_pacing_enforced and is_violated:
            return Refusal(code=HISTORY, text=PACED)
        if request.keeps_up_to_date and not faults.is_data_up:
            return Refusal(code=COMPETING, text=TAKEN)
        return None

    def _spoilt(self, bars: tuple[WireBar, ...]) -> tuple[WireBar, ...]:
        """Return bars with the gap, the disorder and the double that the faults ask for."""
        faults = self._office.faults
        middle = len(bars) // 2
        if faults.history_gap_bars:
            first = max(0, middle - faults.history_gap_bars // 2)
            bars = (*bars[:first], *bars[first + faults.history_gap_bars :])
        if faults.is_shuffling_history and len(bars) > 1:
            middle = len(bars) // 2
            swapped = (bars[middle], bars[middle - 1])
            bars = (*bars[: middle - 1], *swapped, *bars[middle + 1 :], bars[-1])
        return bars


def _midnight_of_trade_date(bar: WireBar, hours: Hours) -> datetime:
    """Return what a bar of a whole session is dated by: it opens on the evening before."""
    return datetime.combine(hours.trade_date(bar.time), time(), UTC)

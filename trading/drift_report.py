"""How far a trading day went apart from what the kernel makes of the same decisions and bars.

The difference of the two results is a sum: what the fills of the same contracts differ by in price
and in commission, and what fills that only one of the two had were worth at the last close. Nothing
is left over, to the cent; a rest says that one of the accounts was wrong. docs/drift.md reads it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from config.instrument_type import Instrument
from config.settings import EnvSettings
from env.terms import terms_of
from trading.bar_verdicts import ClosedBar
from trading.contract_sessions import LastSession
from trading.drift_bars import DriftBars, drift_bars
from trading.drift_fills import own_fills
from trading.drift_notes import Notes, remarks_of, targets_apart
from trading.drift_pairs import legs_of, paired
from trading.drift_paths import DayPath, account_before, kernel_path, live_path
from trading.drift_records import choices_of, decisions_of
from trading.drift_rows import DriftRow, Valuing, row_of
from trading.journal_reader import JournalReader


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSide:
    """What one of the two accounts did on the day.

    Attributes:
        net_usd: Change of its equity, positions marked to the last close.
        commission_usd: Paid.
        n_fills: Number of fills.
        n_contracts: Contracts traded.
        position: Signed contracts at the last close.
    """

    net_usd: float
    commission_usd: float
    n_fills: int
    n_contracts: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """A trading day beside the kernel's.

    Attributes:
        day: CME trade date.
        symbol: What was traded.
        first: The close from which on it is compared, UTC.
        last: Close of the last one.
        n_bars: Bars that are compared.
        n_decisions: Decisions of the trader.
        live: The trader's account.
        kernel: The kernel's.
        rows: Fills side by side, in order of time.
        remarks: What else there is to know, a line each.
    """

    day: date
    symbol: str
    first: datetime
    last: datetime
    n_bars: int
    n_decisions: int
    live: DriftSide
    kernel: DriftSide
    rows: tuple[DriftRow, ...]
    remarks: tuple[str, ...]

    @property
    def difference_usd(self) -> float:
        """What the trader made more than the kernel, to a hundredth of a cent."""
        return _sum([self.live.net_usd, -self.kernel.net_usd])

    @property
    def price_usd(self) -> float:
        """Of it, from better prices of the same contracts: slippage less than supposed."""
        return _sum([row.price_usd for row in self.rows])

    @property
    def commission_usd(self) -> float:
        """Of it, from smaller commissions on the same contracts."""
        return _sum([row.commission_usd for row in self.rows])

    @property
    def missed_usd(self) -> float:
        """Of it, from fills that the kernel had alone: what they were worth at the last close."""
        return _sum([row.unmatched_usd for row in self.rows if row.kind == "missed"])

    @property
    def extra_usd(self) -> float:
        """Of it, from fills that the trader had alone, likewise."""
        return _sum([row.unmatched_usd for row in self.rows if row.kind == "extra"])

    @property
    def rest_usd(self) -> float:
        """What none of these explains; 0 unless an account is wrong."""
        parts = [self.price_usd, self.commission_usd, self.missed_usd, self.extra_usd]
        return _sum([self.difference_usd, *(-part for part in parts)])


def daily_drift(
    reader: JournalReader,
    bars: Sequence[ClosedBar],
    settings: EnvSettings,
    day: date,
    last_session: LastSession | None = None,
) -> DriftReport:
    """Compare a trading day of a journal with what the kernel makes of the same decisions.

    Args:
        reader: Of the journal.
        bars: As the trader had them, oldest first: those of the day, and earlier ones, as many as
            there are; later ones are left out.
        settings: The account that the model is made for.
        day: CME trade date.
        last_session: As the trader's `LiveBars` have it.

    Raises:
        DataError: If bars or fills cannot be used, or decisions are of another kind of action.
        JournalError: If the journal cannot be read.
    """
    known = drift_bars(bars, settings, day, last_session)
    instrument = terms_of(settings).instrument
    fills, foreign = own_fills(reader, instrument, known.points_at(settings.symbol))
    decisions = decisions_of(reader, known.begun, known.day[-1].closed)
    choices = choices_of(decisions, settings.action_mode)
    account = account_before(known, settings, fills, choices.get(known.begun))
    position = account.position
    kernel = kernel_path(account, known, choices)
    live = live_path(account, known, fills)
    notes, valuing = Notes(reader, decisions), _valuing(known, instrument)
    both = [legs_of(path.fills, position, known.roll_places) for path in (live, kernel)]
    apart = targets_apart(kernel, live, decisions)
    return DriftReport(
        day=day,
        symbol=instrument.symbol,
        first=known.begun,
        last=known.day[-1].closed,
        n_bars=len(known.day),
        n_decisions=len(decisions),
        live=_side(live),
        kernel=_side(kernel),
        rows=tuple(row_of(pair, valuing, notes.of(pair)) for pair in paired(*both)),
        remarks=(*remarks_of(known, decisions, fills, foreign), *([apart] if apart else [])),
    )


def _valuing(bars: DriftBars, instrument: Instrument) -> Valuing:
    close = int(bars.day[-1].ticks.close)
    return Valuing(instrument=instrument, close_ticks=close, gaps=tuple(bars.gaps))


def _side(path: DayPath) -> DriftSide:
    return DriftSide(
        net_usd=path.net_usd,
        commission_usd=_sum(fill.fee_usd for fill in path.fills),
        n_fills=len(path.fills),
        n_contracts=sum(abs(fill.quantity) for fill in path.fills),
        position=path.position,
    )


def _sum(amounts: Iterable[float]) -> float:
    """Return a sum to a hundredth of a cent, never minus zero."""
    return round(math.fsum(amounts), 4) + 0.0

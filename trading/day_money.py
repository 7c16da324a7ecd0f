"""What our own fills have made since the trading day began, of all that they ever made.

The day's PnL itself is a difference of equities, and trading/day_keeper.py's; here it is split into
what people are shown. As in trading/own_position.py a trade is flat to flat, so that one which was
carried into the day is realised as a whole when it closes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from trading.own_position import OwnFills
from trading.status import ProfitStatus

CENTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMoney:
    """Sums over fills, USD; None is unknown.

    Attributes:
        equity_usd: Realised and unrealised PnL less commissions, of all fills there ever were.
        realised_usd: Of the trades that closed since the day began, before commission.
        commission_usd: Of the fills since then.
        unrealised_usd: Of the open trade since its entry; 0 when flat.
    """

    equity_usd: float | None
    realised_usd: float | None
    commission_usd: float | None
    unrealised_usd: float | None

    @property
    def realised_net_usd(self) -> float | None:
        """What the day's closed trades brought, less the day's commissions."""
        return _less(self.realised_usd, self.commission_usd)


def money_of(fills: OwnFills, earlier: OwnFills, marks: Mapping[int, float]) -> DayMoney:
    """Return what fills have made.

    Args:
        fills: All of them.
        earlier: Those of before the day, with the same instruments.
        marks: Prices of what is held, points, by con id.
    """
    return DayMoney(
        equity_usd=fills.net_usd(marks),
        realised_usd=_less(fills.realised_usd(), earlier.realised_usd()),
        commission_usd=_less(fills.commissions_usd(), earlier.commissions_usd()),
        unrealised_usd=fills.unrealised_usd(marks),
    )


def carried_usd(fills: OwnFills, earlier: OwnFills, marks: Mapping[int, float]) -> float | None:
    """Return what a day begins with that a position was carried into; None where not known.

    What it was worth at the turn was written down by nobody. Held as it was, it counts from its
    price now. Where any of it was traded since, fills tell no more than what it has lost since it
    was entered: all of that is the day's, and a gain, which may be of the day before, is not.

    Args:
        fills: All of them.
        earlier: Those of before the day, with the same instruments.
        marks: Prices of what is held now, points, by con id.
    """
    now = fills.net_usd(marks)
    entries = {
        con_id: earlier.holding(con_id).entry_ticks * instrument.tick_size
        for con_id, instrument in earlier.instruments.items()
    }
    entered = earlier.net_usd(entries)
    if now is None or entered is None:
        return None
    has_changed = fills.net_usd(entries) != entered  # what has come to nothing has lost nothing
    return max(now, entered) if has_changed else now


def profit_status(
    money: DayMoney, day_pnl_usd: float | None, limit_usd: float, *, is_flat: bool
) -> ProfitStatus:
    """Return the day's money as people are shown it, so that its parts add up to the day's PnL.

    What an open trade had gained before the day began, and what a reset has forgiven, is in no sum
    of fills: the open trade bears it while nothing else was closed today, else the closed ones do.

    Args:
        money: Sums over fills.
        day_pnl_usd: What counts against the limit; None where it is not known.
        limit_usd: Loss that locks the day, > 0.
        is_flat: Whether nothing is held.
    """
    realised, unrealised = money.realised_usd, money.unrealised_usd
    commission = money.commission_usd
    if day_pnl_usd is None or commission is None or unrealised is None:
        unrealised = None
    else:
        gross = round(day_pnl_usd + commission, CENTS)
        if not is_flat and not realised:
            unrealised = gross
        realised = gross - unrealised
    return ProfitStatus(
        realised_usd=_in_cents(realised),
        unrealised_usd=_in_cents(unrealised),
        commission_usd=_in_cents(commission),
        daily_loss_limit_usd=limit_usd,
    )


def _less(amount: float | None, other: float | None) -> float | None:
    return None if amount is None or other is None else round(amount - other, 4)


def _in_cents(amount: float | None) -> float | None:
    return None if amount is None else round(amount, CENTS)

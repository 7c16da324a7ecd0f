"""What is wrong with a live bar by itself, or after the one before it; and what a roll is."""

import math

from config.instruments import Instrument
from trading.bar_verdicts import ClosedBar


def is_other_contract(before: ClosedBar, bar: ClosedBar) -> bool:
    """Return whether a bar is the first of a new contract: by its gap, or by its name."""
    is_named_otherwise = bool(before.contract and bar.contract) and before.contract != bar.contract
    return is_named_otherwise or bool(bar.roll_gap)


def problem_of(bar: ClosedBar, before: ClosedBar | None, instrument: Instrument) -> str | None:
    """Return why a bar cannot be used, and what to do; None where it can.

    Args:
        bar: As the market told it.
        before: The last bar that was taken in; None before the first.
        instrument: Whose tick grid its prices must lie on.
    """
    if bar.opened.tz is None:
        return "its stamp has no time zone: localise it"
    wrong = _impossible(bar)
    if wrong is not None:
        return f"{wrong}: request it again"
    if instrument.off_grid((*bar.prices, bar.roll_gap or 0.0)).any():
        return (
            f"its prices must be whole {instrument.symbol} ticks of {instrument.tick_size}, were "
            f"{bar.prices}, roll gap {bar.roll_gap}: is it of another instrument?"
        )
    if before is None or bar.opened <= before.opened or bar.roll_gap is not None:
        return None
    if not is_other_contract(before, bar):
        return None
    return (
        f"it is the first of {bar.contract} after {before.contract}, and its roll gap is not "
        "known: give what the new contract trades above the old one"
    )


def problem_of_place(
    bar: ClosedBar, known: ClosedBar | None, before: ClosedBar | None
) -> str | None:
    """Return why a bar cannot be put among those after it; None where it can.

    A bar that begins a contract, or no longer does, would have the bars after it rolled once more,
    or not at all.

    Args:
        bar: Corrected, or late.
        known: What was taken in of its time; None for a late one.
        before: The bar before it; None before the first.
    """
    contract, gap = (known.contract, known.roll_gap) if known is not None else ("", None)
    if known is None and before is not None:
        contract = before.contract
    is_named_otherwise = bool(contract and bar.contract) and contract != bar.contract
    if not is_named_otherwise and bool(gap) == bool(bar.roll_gap):
        return None
    return (
        f"it is of contract {bar.contract or '(unnamed)'} with a roll gap of {bar.roll_gap}, where "
        f"{contract or '(unnamed)'} with one of {gap} belongs: start anew from history"
    )


def _impossible(bar: ClosedBar) -> str | None:
    """Return what no bar can be, whatever the instrument."""
    told = (*bar.prices, bar.volume)
    if not all(map(math.isfinite, told)):
        return f"its prices and volume must be finite, were {told}"
    if bar.low > min(bar.open, bar.close) or bar.high < max(bar.open, bar.close):
        return f"its prices must lie between low and high, were {bar.prices}"
    if bar.volume < 0.0:
        return f"its volume must be >= 0, was {bar.volume:g}"
    return None

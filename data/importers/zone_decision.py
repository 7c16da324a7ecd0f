"""Decide in which zone, and at which end of the bar, a file's stamps are: proven, given, assumed.

How bars prove it is data/importers/zone_proof.py's.
"""

from dataclasses import dataclass

from data.calendar import SECONDS_PER_DAY
from data.importers.options import ImportOptions, Stamp
from data.importers.zone_proof import (
    SECONDS_PER_HOUR,
    BreakFit,
    best_zones,
    break_fit,
    can_prove,
    zone_change,
)
from data.importers.zones import NS_PER_DAY, Stamps, Zone, parse_zone
from utils.errors import DataError

PROVEN, GIVEN, ASSUMED = "proven", "given", "assumed"
_MOST_PROPOSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDecision:
    """The clock of a file, and how it is known.

    Attributes:
        zone: Of its stamps.
        zone_status: "proven", "given" or "assumed".
        zone_reason: Why.
        stamp: Which end of a bar is stamped.
        stamp_status: As for the zone.
    """

    zone: Zone
    zone_status: str
    zone_reason: str
    stamp: Stamp
    stamp_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a file of bars is taken for until its bars speak.

    Attributes:
        where: What to call the file.
        stamps: Its stamps, sorted, unique, none missing.
        seconds: Size of a bar.
        zone: The dialect's.
        stamp: The dialect's; None where it has no habit.
        is_utc: Whether the stamps themselves say that they are UTC.
        is_always_open: Whether the instrument trades around the clock.
    """

    where: str
    stamps: Stamps
    seconds: int
    zone: Zone
    stamp: Stamp | None
    is_utc: bool
    is_always_open: bool


def decided_zone(claim: Claim, options: ImportOptions) -> ZoneDecision:
    """Return zone and stamp of a file.

    Raises:
        DataError: If the bars have a daily break that is elsewhere than in the claimed zone, if
            they change zone on the way, or if nothing says which end of a bar is stamped.
    """
    zone = claim.zone if options.tz is None else parse_zone(options.tz)
    if claim.is_always_open or not can_prove(claim.stamps, claim.seconds):
        return _assumed(claim, zone, options, _why_unprovable(claim))
    for stamp in _ends(claim):
        fit = break_fit(claim.stamps, claim.seconds, zone, stamp)
        if fit.is_likely:
            return _proven(claim, zone, stamp, fit, options)
    others = _proposals(claim)
    if options.tz is None:
        _refuse_misfit(claim, zone, others)
    reason = "the bars show no daily break of an hour"
    if others:
        reason = f"although the empty hour fits {' or '.join(others)}"
    return _assumed(claim, zone, options, reason)


def _why_unprovable(claim: Claim) -> str:
    if claim.is_always_open:
        return "the market never closes"
    if claim.seconds >= SECONDS_PER_DAY:
        return "daily bars have a date only"
    if claim.seconds > SECONDS_PER_HOUR:
        return "bars larger than an hour show no daily break"
    return "the bars cover only part of the day"


def _ends(claim: Claim) -> tuple[Stamp, ...]:
    """Return which ends of the bar to try, the likeliest first."""
    return (Stamp.END, Stamp.OPEN) if claim.stamp is Stamp.END else (Stamp.OPEN, Stamp.END)


def _proven(
    claim: Claim, zone: Zone, stamp: Stamp, fit: BreakFit, options: ImportOptions
) -> ZoneDecision:
    """Return the reading that fits; a DataError if another fits better and none is given."""
    better = _proposals(claim, fewer_bad_than=fit.n_bad)
    if better and options.tz is None:
        _refuse_misfit(claim, zone, better)
    reason = f"16:00-17:00 Chicago is empty, {fit.season}"
    if better:
        reason = f"although the empty hour fits {' or '.join(better)} better"
    asked = options.stamp or stamp
    if asked != stamp:
        reason += f", if the bars are stamped at their {stamp}"
    return ZoneDecision(
        zone=zone,
        zone_status=GIVEN if better else PROVEN,
        zone_reason=reason,
        stamp=Stamp(asked),
        stamp_status=PROVEN if options.stamp is None else GIVEN,
    )


def _assumed(claim: Claim, zone: Zone, options: ImportOptions, reason: str) -> ZoneDecision:
    """Return what is given or usual; a DataError if the stamp is neither, and matters."""
    status = ASSUMED if options.tz is None else GIVEN
    if claim.is_utc and options.tz is None:
        reason = f"the stamps say so; {reason}"
    elif claim.is_utc:
        reason = f"overrides the zone that the file states; {reason}"
    stamp = claim.stamp if options.stamp is None else Stamp(options.stamp)
    is_dated = not (claim.stamps % NS_PER_DAY).any()
    if stamp is None and (is_dated or claim.seconds >= SECONDS_PER_DAY):
        stamp = Stamp.OPEN
    if stamp is None:
        raise DataError(
            f"{claim.where}: nothing tells whether a stamp is the open or the end of its bar of "
            f"{claim.seconds} s ({reason}); say with --stamp open or --stamp end"
        )
    return ZoneDecision(
        zone=zone,
        zone_status=status,
        zone_reason=reason,
        stamp=stamp,
        stamp_status=ASSUMED if options.stamp is None else GIVEN,
    )


def _proposals(claim: Claim, fewer_bad_than: int | None = None) -> list[str]:
    """Return options that the bars prove, e.g. "--tz America/Chicago", the most usual first."""
    if fewer_bad_than == 0:
        return []
    best = best_zones(claim.stamps, claim.seconds, _ends(claim), fewer_bad_than)
    return list(dict.fromkeys(f"--tz {zone.name}" for zone, _ in best))[:_MOST_PROPOSED]


def _refuse_misfit(claim: Claim, zone: Zone, others: list[str]) -> None:
    """Raise if the bars have a daily break, and it is not where `zone` has it."""
    if not others:
        _refuse_changing_zone(claim)
        return
    also = f" (as well: {', '.join(others[1:])})" if len(others) > 1 else ""
    stated = "as the file says" if claim.is_utc else "as is usual for this dialect"
    raise DataError(
        f"{claim.where}: the stamps are not in {zone.name}, {stated}: bars lie in the closed hour "
        f"of 16:00-17:00 Chicago; the empty hour fits {others[0]}{also}, give that option"
    )


def _refuse_changing_zone(claim: Claim) -> None:
    """Raise if weeks by themselves fit different zones."""
    change = zone_change(claim.stamps, claim.seconds, _ends(claim))
    if change is None:
        return
    (before, zone_before), (after, zone_after) = change
    raise DataError(
        f"{claim.where}: mixed zones: no single zone keeps 16:00-17:00 Chicago empty; the week of "
        f"{before} fits {zone_before}, that of {after} {zone_after}; split the file where its zone "
        f"changes, or say with --tz which zone it is"
    )

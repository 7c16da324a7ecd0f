"""Decide in which zone, and at which end of the bar, a file's stamps are: proven, given, assumed.

How bars prove it is data/importers/zone_proof.py's.
"""

from dataclasses import dataclass, replace

from data.calendar import SECONDS_PER_DAY
from data.importers.options import ImportOptions, Stamp
from data.importers.zone_proof import (
    MAX_BAD_SHARE,
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
        warning: What speaks against it, where the file itself says that its stamps are UTC.
    """

    zone: Zone
    zone_status: str
    zone_reason: str
    stamp: Stamp
    stamp_status: str
    warning: str | None = None


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
        is_exact: Whether the format itself defines which end of a bar is stamped.
        is_always_open: Whether the instrument trades around the clock.
    """

    where: str
    stamps: Stamps
    seconds: int
    zone: Zone
    stamp: Stamp | None
    is_utc: bool
    is_exact: bool
    is_always_open: bool


def decided_zone(claim: Claim, options: ImportOptions) -> ZoneDecision:
    """Return zone and stamp of a file.

    Stamps that say themselves that they are UTC are taken at their word: bars in the closed hour
    are then worth a warning, since they may be wrong as well as the zone.

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
    others, n_closed = _proposals(claim), _n_closed(claim, zone)
    is_refuted = n_closed > MAX_BAD_SHARE * len(claim.stamps)
    if is_refuted and options.tz is None and not claim.is_utc:
        _refuse_misfit(claim, zone, others)
    decision = _assumed(claim, zone, options, _why_unproven(others, is_refuted=is_refuted))
    if is_refuted and options.tz is None and claim.is_utc:
        return replace(decision, warning=_doubt(n_closed, others))
    return decision


def _n_closed(claim: Claim, zone: Zone) -> int:
    """Return how many bars lie in the closed hour, read from the end of the bar with the fewest."""
    return min(break_fit(claim.stamps, claim.seconds, zone, end).n_closed for end in _ends(claim))


def _why_unproven(others: list[str], *, is_refuted: bool) -> str:
    if is_refuted and others:
        return f"although the empty hour fits {' or '.join(others)}"
    if is_refuted:
        return "the bars show no daily break of an hour"
    return "too few bars lie beside 16:00-17:00 Chicago to prove it"


def _doubt(n_closed: int, others: list[str]) -> str:
    """Say what bars in the closed hour mean where the stamps say that they are UTC."""
    other = f"; the empty hour would fit {' or '.join(others)}" if others else ""
    return (
        f"the file says UTC, but {n_closed:,} bars lie in the closed hour of 16:00-17:00 Chicago"
        f"{other}; if the file is wrong about its zone, say with --tz which it is"
    )


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
    if claim.is_exact and claim.stamp is not None:
        return (claim.stamp,)
    return (Stamp.END, Stamp.OPEN) if claim.stamp is Stamp.END else (Stamp.OPEN, Stamp.END)


def _proven(
    claim: Claim, zone: Zone, stamp: Stamp, fit: BreakFit, options: ImportOptions
) -> ZoneDecision:
    """Return the reading that fits; a DataError if another fits better and nobody says which."""
    better = _proposals(claim, fewer_bad_than=fit.n_bad)
    is_given = options.tz is not None
    if better and not is_given and not claim.is_utc:
        _refuse_misfit(claim, zone, better)
    reason = f"16:00-17:00 Chicago is empty, {fit.season}"
    if better and is_given:
        reason = f"although the empty hour fits {' or '.join(better)} better"
    asked = options.stamp or stamp
    if asked != stamp:
        reason += f", if the bars are stamped at their {stamp}"
    return ZoneDecision(
        zone=zone,
        zone_status=GIVEN if better and is_given else PROVEN,
        zone_reason=reason,
        stamp=Stamp(asked),
        stamp_status=PROVEN if options.stamp is None else GIVEN,
        warning=_doubt(fit.n_closed, better) if better and not is_given else None,
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
    raise DataError(
        f"{claim.where}: the stamps are not in {zone.name}, as is usual for this dialect: bars lie "
        f"in the closed hour of 16:00-17:00 Chicago; the empty hour fits {others[0]}{also}, give "
        f"that option"
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

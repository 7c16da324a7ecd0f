"""When each family of products trades on an ordinary day, on its exchange's own clock.

Times are minutes since midnight of the trade date; negative ones lie on the evening before it.
Holidays and half days are left to data/session_table.py.
"""

from dataclasses import dataclass

from utils.registry import lookup

CHICAGO = "America/Chicago"

Spans = tuple[tuple[int, int], ...]
"""(open, close) of each stretch of trading in one session, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours of ordinary sessions from one trade date on, until the next entry.

    Attributes:
        since: First trade date with these hours, "YYYY-MM-DD".
        spans: Stretches of trading, in minutes; between them the market pauses.
    """

    since: str
    spans: Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTemplate:
    """The clock of one family of products.

    Attributes:
        name: Key in TEMPLATES.
        zone: The exchange's time zone.
        turn_minute: Minute of the exchange's day from which a bar belongs to the next trade date;
            0 where trade dates are calendar days.
        has_weekends: Whether Saturday and Sunday are trade dates.
        hours: Oldest first; the first entry also stands for all time before it.
        rth: Regular trading hours, in minutes; None where every open minute counts as regular.
        library_name: Whose holidays and early closes to take from pandas_market_calendars; None
            for a market that never closes.
        library_close: The ordinary close that the library assumes, in minutes.
    """

    name: str
    zone: str
    turn_minute: int
    has_weekends: bool
    hours: tuple[Hours, ...]
    rth: tuple[int, int] | None
    library_name: str | None
    library_close: int


def _at(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


_EVENING = _at(17 - 24)
"""17:00 on the evening before."""

_GLOBEX_DAY: Spans = ((_EVENING, _at(16)),)

_NYMEX_HOURS = (
    Hours(since="2012-11-19", spans=((_EVENING, _at(16, 15)),)),
    Hours(since="2015-09-21", spans=_GLOBEX_DAY),
)

TEMPLATES: dict[str, SessionTemplate] = {
    template.name: template
    for template in (
        SessionTemplate(
            name="equity_index",
            zone=CHICAGO,
            turn_minute=_at(17),
            has_weekends=False,
            hours=(
                Hours(
                    since="2012-11-19",
                    spans=((_EVENING, _at(15, 15)), (_at(15, 30), _at(16, 15))),
                ),
                Hours(
                    since="2015-09-21",
                    spans=((_EVENING, _at(15, 15)), (_at(15, 30), _at(16))),
                ),
                Hours(since="2021-06-28", spans=_GLOBEX_DAY),
            ),
            rth=(_at(8, 30), _at(15)),
            library_name="CME Globex Equity",
            library_close=_at(16),
        ),
        SessionTemplate(
            name="energy",
            zone=CHICAGO,
            turn_minute=_at(17),
            has_weekends=False,
            hours=_NYMEX_HOURS,
            rth=(_at(8), _at(13, 30)),
            library_name="CMEGlobex_EnergyAndMetals",
            library_close=_at(16),
        ),
        SessionTemplate(
            name="metals",
            zone=CHICAGO,
            turn_minute=_at(17),
            has_weekends=False,
            hours=_NYMEX_HOURS,
            rth=(_at(7, 20), _at(12, 30)),
            library_name="CMEGlobex_EnergyAndMetals",
            library_close=_at(16),
        ),
        SessionTemplate(
            name="grains",
            zone=CHICAGO,
            turn_minute=_at(17),
            has_weekends=False,
            hours=(
                Hours(
                    since="2013-04-08",
                    spans=((_at(19 - 24), _at(7, 45)), (_at(8, 30), _at(13, 15))),
                ),
                Hours(
                    since="2015-07-06",
                    spans=((_at(19 - 24), _at(7, 45)), (_at(8, 30), _at(13, 20))),
                ),
            ),
            rth=(_at(8, 30), _at(13, 20)),
            library_name="CMEGlobex_Grains",
            library_close=_at(13, 20),
        ),
        SessionTemplate(
            name="fx",
            zone=CHICAGO,
            turn_minute=_at(17),
            has_weekends=False,
            hours=(Hours(since="2012-11-19", spans=_GLOBEX_DAY),),
            rth=(_at(7, 20), _at(14)),
            library_name="CMEGlobex_FX",
            library_close=_at(16),
        ),
        SessionTemplate(
            name="always_open",
            zone="UTC",
            turn_minute=0,
            has_weekends=True,
            hours=(Hours(since="1970-01-01", spans=((0, _at(24)),)),),
            rth=None,
            library_name=None,
            library_close=_at(24),
        ),
    )
}
"""Regular trading hours are those of the old trading floors, which still hold most of the volume.

Hours before the first entry of a product differed (the end of the day moved more than once) and
are not known here: the first entry stands for them.
"""


def get_template(name: str) -> SessionTemplate:
    """Return the template called `name`; a ConfigError names the choices."""
    return lookup(TEMPLATES, name, "session template")

"""Which rows an episode spans: all bars once, a random window of them, or one random session.

Nothing here looks at a price. What happens within an episode is left to env.simulation.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.market import Market
from utils.errors import ConfigError
from utils.registry import unknown_name_message

FULL, WINDOW, SESSION = "full", "window", "session"
RESET_OPTIONS = ("start", "session")

Span = tuple[int, int]
"""Row at whose close the first decision is made, and the row after the last bar."""

Day = str | date | np.datetime64
"""A trade date, e.g. "2025-01-09"."""


class Episodes:
    """The episodes that a market has room for.

    A session's first decision is made at the close of its first bar, so that it sees and trades
    that session alone. A session whose first window reaches back before the first valid row, or
    that has one bar only, is left out.

    Attributes:
        mode: "full", "window" or "session".
        first_start: First row at which an episode may begin.
        last_start: Last one.
        session_dates: (m,) datetime64[D], the sessions on offer, oldest first; empty but in mode
            "session".
    """

    def __init__(self, market: Market, settings: EnvSettings) -> None:
        """Find the episodes.

        Raises:
            ConfigError: For a mode and an `episode_bars` that do not go together, or if there is
                no episode at all.
        """
        self.mode = episode_mode_of(settings)
        self._n_bars = market.n_bars
        self._length = settings.episode_bars
        self.first_start = market.first_decision(settings.lookback_window)
        self.last_start = market.n_bars - 1 - (self._length or 1)
        self._starts, self._stops = np.empty((2, 0), dtype=np.int64)
        if self.mode == SESSION:
            self._starts, self._stops = _session_rows(market, self.first_start)
            if len(self._starts) > 0:
                self.first_start, self.last_start = int(self._starts[0]), int(self._stops[-1]) - 2
        self.session_dates: NDArray[np.datetime64] = market.trade_dates[self._starts]
        self._check_room(market, settings)

    def draw(self, rng: np.random.Generator) -> Span:
        """Return an episode: the only one in mode "full", else one at random, each as likely."""
        if self.mode == FULL:
            return self.first_start, self._n_bars
        if self.mode == WINDOW:
            start = int(rng.integers(self.first_start, self.last_start, endpoint=True))
            return start, self._stop_after(start)
        chosen = int(rng.integers(len(self._starts)))
        return int(self._starts[chosen]), int(self._stops[chosen])

    def spans(self) -> list[Span]:
        """Return all sessions on offer, in order; none but in mode "session"."""
        return list(zip(self._starts.tolist(), self._stops.tolist(), strict=True))

    def asked(self, options: Mapping[str, Any]) -> Span | None:
        """Return the episode that the options of `reset` ask for, or None where they ask for none.

        Raises:
            ConfigError: For an unknown option, or an episode that is not on offer.
        """
        for name in options:
            if name not in RESET_OPTIONS:
                raise ConfigError(unknown_name_message(name, "reset option", RESET_OPTIONS))
        if len(options) > 1:
            raise ConfigError("the options of reset must be `start` or `session`, was both")
        if "session" in options:
            return self.of_session(options["session"])
        return self.starting_at(options["start"]) if "start" in options else None

    def starting_at(self, row: object) -> Span:
        """Return the episode whose first decision is made at the close of `row`.

        In mode "session" it is the rest of that row's session.

        Raises:
            ConfigError: If `row` is no row, or leaves no room.
        """
        first, last = self.first_start, self.last_start
        if isinstance(row, int | np.integer) and first <= row <= last:
            start = int(row)
            stop = self._stop_after(start)
            if start <= stop - 2:
                return start, stop
        further = " with a further bar of its session" if self.mode == SESSION else ""
        raise ConfigError(
            f"`start` in the options of reset must be a row in [{first}, {last}]{further}, was "
            f"{row!r}"
        )

    def of_session(self, day: Day) -> Span:
        """Return the episode of the session with that trade date.

        Raises:
            ConfigError: In another mode, or if there is no such session.
        """
        if self.mode != SESSION:
            raise ConfigError(
                '`session` in the options of reset goes with `episode_mode` "session", which was '
                f'"{self.mode}"; give `start`, or change the mode'
            )
        rows = np.flatnonzero(self.session_dates == _day(day))
        if len(rows) == 0:
            raise ConfigError(
                f"`session` in the options of reset must be the trade date of one of "
                f"{len(self.session_dates)} sessions from {self.session_dates[0]} to "
                f"{self.session_dates[-1]}, was {day!r}"
            )
        return int(self._starts[rows[0]]), int(self._stops[rows[0]])

    def _stop_after(self, start: int) -> int:
        """Return the row after the last bar of the episode that begins at `start`."""
        if self.mode == FULL:
            return self._n_bars
        if self._length is not None:
            return start + 1 + self._length
        session = int(np.searchsorted(self._starts, start, side="right")) - 1
        return int(self._stops[session])

    def _check_room(self, market: Market, settings: EnvSettings) -> None:
        """Refuse a market too short for one episode."""
        shown = (
            f"(warm-up {market.first_valid}, `lookback_window` {settings.lookback_window}, "
            f"`episode_bars` {self._length})"
        )
        if self.mode == SESSION and len(self._starts) == 0:
            raise ConfigError(
                f"none of the sessions in {self._n_bars} bars has a full window at its first "
                f"close {shown} and a bar after it; give more bars or a shorter lookback"
            )
        if self.first_start > self.last_start:
            needed = self.first_start + 1 + (self._length or 1)
            raise ConfigError(
                f"an episode needs at least {needed} bars {shown}, had {self._n_bars}; give more "
                "bars or a shorter lookback or episode"
            )


def episode_mode_of(settings: EnvSettings) -> str:
    """Return the mode; where none is set it is a window if `episode_bars` is given, else all bars.

    Raises:
        ConfigError: For a window without `episode_bars`, or another mode with them.
    """
    mode, length = settings.episode_mode, settings.episode_bars
    if mode is None:
        return FULL if length is None else WINDOW
    if (mode == WINDOW) == (length is None):
        needed = "be given" if length is None else "be None"
        raise ConfigError(
            f'`episode_bars` must {needed} where `episode_mode` is "{mode}", was {length}'
        )
    return mode


def _session_rows(market: Market, first_decision: int) -> NDArray[np.int64]:
    """Return the first row of each session that makes an episode, and the row after its last."""
    starts, lasts = market.session_bounds.T
    is_whole = (starts >= first_decision) & (lasts > starts)
    return np.stack([starts[is_whole], lasts[is_whole] + 1])


def _day(day: Day) -> np.datetime64:
    try:
        return np.datetime64(pd.Timestamp(day).date(), "D")
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"`session` in the options of reset must be a trade date, YYYY-MM-DD, was {day!r}"
        ) from error

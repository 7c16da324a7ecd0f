"""What variance is usual at each time of the session, and how much of it lies ahead of a bar."""

import numpy as np

from models.forecast.clock import Masks
from models.forecast.family import Floats, Integers

MOST_SHARE = 20.0
"""A bar's share of its session's mean variance counts for this much at most: jumps are rare."""

LEAST_SHARE = 1e-3
"""Usual share of a slot, at least: no slot is without risk."""

SMOOTHING = (1.0, 2.0, 3.0, 2.0, 1.0)
"""Weights of a slot and its neighbours, which are averaged in logarithms."""

EVENT_LOG = 0.3
EVENT_ERRORS = 3.0
"""A slot is kept as it is where it departs from its neighbourhood by so much in logarithms, and by
so many standard errors: openings and releases are not smoothed away."""

LOG_SD = 1.0
"""Standard deviation of the logarithm of a bar's share, roughly."""


def seasonal_variances(
    variances: Floats, slots: Integers, sessions: Integers, n_slots: int
) -> Floats:
    """Return the variance that is usual for a bar of each slot, (n_slots,), all > 0.

    The mean share of a slot in its session's variance, smoothed over neighbouring slots that have
    bars, times the mean variance of all: the shares make a volatile session count as any other.

    Args:
        variances: (n,) of training bars, > 0.
        slots: (n,) of the session.
        sessions: (n,) never falling.
        n_slots: Slots in a day.
    """
    places = np.unique(sessions, return_inverse=True)[1]
    means = np.bincount(places, variances) / np.bincount(places)
    shares = np.minimum(variances / means[places], MOST_SHARE)
    counts = np.bincount(slots, minlength=n_slots)
    raw = np.bincount(slots, shares, minlength=n_slots) / np.maximum(counts, 1)
    usual = np.where(counts > 0, _smoothed(np.maximum(raw, LEAST_SHARE), counts), 1.0)
    # the variances divided by what is usual have mean one
    return np.asarray(usual * np.mean(variances / usual[slots]))


def _smoothed(shares: Floats, counts: Integers) -> Floats:
    """Return shares smoothed in logarithms, each slot weighing what it has bars, events kept."""
    reach = len(SMOOTHING) // 2
    weights = np.pad(counts.astype(np.float64), reach)
    logs = np.pad(np.log(shares), reach)
    total, weight = np.zeros(len(shares)), np.zeros(len(shares))
    for place, factor in enumerate(SMOOTHING):
        own = slice(place, place + len(shares))
        total += factor * weights[own] * logs[own]
        weight += factor * weights[own]
    smooth = total / np.maximum(weight, 1.0)
    bound = np.maximum(EVENT_LOG, EVENT_ERRORS * LOG_SD / np.sqrt(np.maximum(counts, 1)))
    is_event = np.abs(np.log(shares) - smooth) > bound
    return np.asarray(np.where(is_event, shares, np.exp(smooth)))


def bars_ahead(is_open: Masks, horizon: int) -> Integers:
    """Return how many of the next bars the session still has, (m, n_slots), from 0 to `horizon`.

    Args:
        is_open: (m, n_slots) slots that trade, of m sessions.
        horizon: Bars.
    """
    after: Integers = np.cumsum(is_open[:, ::-1], axis=1)[:, ::-1] - is_open
    return np.asarray(np.minimum(after, horizon))


def variance_ahead(seasonal: Floats, is_open: Masks, horizon: int, decay: float = 1.0) -> Floats:
    """Return the sum of what is usual over the next bars of the session, (m, n_slots), > 0.

    Where the session has fewer than `horizon` left, of those; where it has none, of one bar like
    the slot's own.

    Args:
        seasonal: (n_slots,) variances.
        is_open: (m, n_slots) slots that trade, of m sessions.
        horizon: Bars.
        decay: Weight of each bar relative to the one before.
    """
    ahead = np.empty(is_open.shape)
    for row, mask in enumerate(is_open):
        ahead[row] = _ahead_in_one(seasonal, mask, horizon, decay)
    return ahead


def _ahead_in_one(seasonal: Floats, is_open: Masks, horizon: int, decay: float) -> Floats:
    n_slots = len(seasonal)
    traded = np.flatnonzero(is_open)
    values = np.zeros(len(traded) + horizon)
    values[: len(traded)] = seasonal[traded]
    first = np.searchsorted(traded, np.arange(n_slots), side="right")
    total, weight = np.zeros(n_slots), 1.0
    for k in range(horizon):
        total += weight * values[first + k]
        weight *= decay
    return np.asarray(np.where(first < len(traded), total, seasonal))

"""What was tried on which sessions: the count that a good record must be weighed against.

How trials are kept on disk is left to `trial_log.py`, what their number does to a Sharpe ratio to
`sharpe_inference.py`.

A *trial* is one thing on one span of sessions. Trying the same thing on the same span again tells
nothing new about things, so it is no further trial; it is a further *look* at those sessions, and
sessions that were looked at often are no hold-out any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import session_equity, session_returns
from backtest.result import BacktestResult
from backtest.sharpe_inference import estimate_sharpe
from utils.files import canonical_json, sha256_of_bytes
from utils.wording import counted

DIGEST_LENGTH = 16

MOST_RETURNS = 2_520
"""Ten years of sessions; longer records are kept without their returns."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One thing on one span of sessions.

    Attributes:
        name: What people call it.
        digest: Of all that makes it what it is; equal things have equal ones, see `digest_of`.
        first_session: Trade date of its first session, e.g. "2025-01-02".
        last_session: Of its last one, included.
        sharpe: Per session, ddof 1; NaN where undefined.
        skewness: Third standardised moment of the session returns; NaN where undefined.
        kurtosis: Fourth, raw; NaN where undefined.
        n_sessions: Length of the record.
        returns: Session returns, oldest first; empty where they were too many to keep.
        n_looks: How often it was tried on this span.
    """

    name: str
    digest: str
    first_session: str
    last_session: str
    sharpe: float
    skewness: float
    kurtosis: float
    n_sessions: int
    returns: tuple[float, ...] = ()
    n_looks: int = 1

    @property
    def span(self) -> tuple[str, str]:
        """Trade dates of the first and the last session."""
        return self.first_session, self.last_session


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedTrials:
    """What a log says of a span.

    Attributes:
        trials: Distinct things on spans that share a session with it, oldest first.
        n_damaged: Lines of the log that could not be read, whatever their span.
    """

    trials: tuple[Trial, ...]
    n_damaged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOutUses:
    """How often sessions were looked at.

    Attributes:
        n_looks: Back-tests whose sessions overlap the span.
        n_things: How many different things these were of.
    """

    n_looks: int
    n_things: int

    @property
    def sentence(self) -> str:
        """For a report, without a full stop."""
        if self.n_looks == 0:
            return "no look at these sessions was logged"
        looks = "once" if self.n_looks == 1 else f"{self.n_looks:,} times"
        return f"these sessions were looked at {looks}, by {counted(self.n_things, 'candidate')}"


def digest_of(thing: Any) -> str:
    """Return a short digest of JSON values: names, settings, features, hashes of weights."""
    return sha256_of_bytes(canonical_json(thing).encode("utf-8"))[:DIGEST_LENGTH]


def trial_of(result: BacktestResult, thing: Any) -> Trial:
    """Return the trial that a back-test was.

    Args:
        result: Of the back-test.
        thing: What was tried, as JSON values, e.g. a model's provenance or the hash of its
            weights; the account and the features of the result are added to it.
    """
    settings = result.settings.model_dump(mode="json")
    digest = digest_of([thing, settings, list(result.feature_columns)])
    returns = session_returns(session_equity(result.equity, result.trade_dates))
    dates = result.trade_dates[1:] if len(result.trade_dates) > 1 else result.trade_dates
    return trial_of_returns(result.name, digest, (str(dates[0]), str(dates[-1])), returns)


def trial_of_returns(name: str, digest: str, span: tuple[str, str], returns: Floats) -> Trial:
    """Return the trial of a record of session returns.

    Args:
        name: What people call what was tried.
        digest: Of it, see `digest_of`.
        span: Trade dates of the first and the last session.
        returns: (n_sessions,) fractions, oldest first.
    """
    estimate = estimate_sharpe(returns)
    return Trial(
        name=name,
        digest=digest,
        first_session=span[0],
        last_session=span[1],
        sharpe=estimate.sharpe,
        skewness=estimate.skewness,
        kurtosis=estimate.kurtosis,
        n_sessions=len(returns),
        returns=tuple(returns.tolist()) if len(returns) <= MOST_RETURNS else (),
    )


def overlapping(looks: Iterable[Trial], span: tuple[str, str]) -> tuple[Trial, ...]:
    """Return the trials that share a session with a span, oldest first, their looks added up.

    Args:
        looks: One per back-test, oldest first.
        span: Trade dates of the first and the last session; ISO dates sort as dates do.
    """
    found: dict[tuple[str, str, str], Trial] = {}
    for look in looks:
        if look.first_session > span[1] or look.last_session < span[0]:
            continue
        key = (look.digest, *look.span)
        known = found.get(key)
        n_looks = look.n_looks + (0 if known is None else known.n_looks)
        found[key] = replace(look, n_looks=n_looks)
    return tuple(found.values())


def uses_of(trials: Sequence[Trial]) -> HoldOutUses:
    """Return how often the sessions that these trials share were looked at, and by how many."""
    return HoldOutUses(
        n_looks=sum(trial.n_looks for trial in trials),
        n_things=len({trial.digest for trial in trials}),
    )


def with_this(trials: Sequence[Trial], this: Trial) -> tuple[Trial, ...]:
    """Return the trials with `this` among them; one of the same record is taken for it."""
    is_there = any(is_same_record(trial, this) for trial in trials)
    return tuple(trials) if is_there else (*trials, this)


def is_same_record(trial: Trial, other: Trial) -> bool:
    """Return whether two trials made the same returns on the same sessions, bit for bit."""
    if trial.span != other.span or trial.n_sessions != other.n_sessions:
        return False
    return trial.returns == other.returns and trial.sharpe == other.sharpe


def sharpes_of(trials: Sequence[Trial]) -> Floats:
    """Return the per-session Sharpe ratios, (n_trials,), NaN where undefined."""
    return np.array([trial.sharpe for trial in trials], dtype=np.float64)


def variants_beside(trials: Sequence[Trial], this: Trial) -> dict[str, Floats]:
    """Return the session returns, by name and digest, of other trials on the sessions of `this`.

    A thing that was logged with another number of sessions, or without its returns, is left out,
    and so is one that did the very same.
    """
    return {
        f"{trial.name} {trial.digest}": np.array(trial.returns)
        for trial in trials
        if trial.span == this.span
        and len(trial.returns) == len(this.returns)
        and trial.returns != this.returns
    }

"""How a trader stands at one moment, begun or not: what trading/status_builder.py is given."""

from datetime import datetime, timedelta
from functools import cache

from trading.broker_line import BrokerLine
from trading.decision_desk import Decided
from trading.modes import Link, Mode
from trading.status import (
    ConnectionStatus,
    DataStatus,
    DecisionStatus,
    HoldingStatus,
    ProfitStatus,
    TraderStatus,
)
from trading.status_builder import StatusSource, build_status
from trading.trader_desk import TraderDesk
from trading.trader_terms import TraderTerms
from utils.provenance import versions


def status_of(desk: TraderDesk, line: BrokerLine, terms: TraderTerms) -> TraderStatus:
    """Return how a trader stands that has begun."""
    close = desk.market.last_close
    size = timedelta(seconds=terms.bar_seconds)
    return build_status(
        StatusSource(
            venue=terms.mode,
            desk=desk.orders,
            supervisor=line.supervisor,
            contract=desk.contract.facts,
            profit=desk.day.profit,
            data=DataStatus(last_bar_close=close, next_bar_due=_next_due(desk, close, size)),
            decision=_decision(desk.decisions.last),
            day_begun=desk.day.begins_at,
            versions=_versions(terms),
        )
    )


def _next_due(desk: TraderDesk, close: datetime | None, size: timedelta) -> datetime | None:
    """Return when a bar closes next: in a closed market, one after it has opened."""
    if close is None:
        return None
    hours, now = desk.contract.hours, desk.orders.manager.now()
    opens = hours.next_open(now) if hours.is_open(now) is False else None
    return (close if opens is None else opens) + size


def early_status(
    line: BrokerLine, terms: TraderTerms, max_loss_usd: float, now: datetime
) -> TraderStatus:
    """Return how a trader stands that has not heard from the broker what it needs to begin."""
    supervisor = line.supervisor
    return TraderStatus(
        at=now,
        venue=terms.mode,
        account=terms.account or "",
        mode=Mode.CONNECTING,
        connection=ConnectionStatus(
            link=Link.CONNECTING,
            since=supervisor.since,
            is_broker_up=not supervisor.is_blocked,
            is_planned=supervisor.is_planned,
            outage_seconds=supervisor.outage_seconds,
            n_outage_limits=supervisor.n_outage_limits,
            probe_ms=supervisor.probe_ms,
            clock_offset_seconds=supervisor.clock_skew_seconds,
        ),
        holding=HoldingStatus(contract="", position=None),
        profit=ProfitStatus(
            realised_usd=None,
            unrealised_usd=None,
            commission_usd=None,
            daily_loss_limit_usd=max_loss_usd,
        ),
        versions=_versions(terms),
    )


def _decision(decided: Decided | None) -> DecisionStatus | None:
    if decided is None:
        return None
    decision = decided.decision
    text = "being acted on" if decided.outcome is None else decided.outcome.text
    if decision.reason != "signal":
        text = f"{text} ({decision.reason})"
    return DecisionStatus(
        decided_at=decision.at.to_pydatetime(warn=False),
        action=decision.action,
        target=decision.target,
        reason=text,
    )


def _versions(terms: TraderTerms) -> dict[str, str]:
    return {**_of_the_program(), "model": terms.model.identity[:12]}


_of_the_program = cache(versions)
"""Looked up once: it reads files, and a status is made every second."""

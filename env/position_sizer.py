"""How many contracts a new position has: whole ones, never more than the largest position.

A sizer is asked at the close before the entry. One that cannot be evaluated says 0, and why in
`account.denial`; so does one that comes to less than a contract. At bar t uses bars <= t.
"""

import math
from collections.abc import Callable

import numpy as np

from env.kernel.costs import adverse_ticks, fee_usd
from env.kernel.names import Denial
from env.kernel.types import NO_OFFSET
from utils.jit import lean_jit

ROUNDING = 1e-9
"""Float noise that must not cost a whole contract: 0.01 x 10,174 / 101.74 may fall short of 1."""


@lean_jit
def fixed_contracts(account: np.record, bar: np.record) -> int:
    """Return the largest allowed position that the margin allows."""
    return _whole_contracts(account, float(account.limits.max_position))


@lean_jit
def fixed_fractional_contracts(account: np.record, bar: np.record) -> int:
    """Return as many contracts as lose `risk_fraction` of the equity where they are stopped out.

    NO_STOP without a stop.
    """
    return _contracts_at_risk(account, bar, account.sizing.risk_fraction)


@lean_jit
def drawdown_contracts(account: np.record, bar: np.record) -> int:
    """Return as `fixed_fractional_contracts` does, of a risk that shrinks with the drawdown.

    Linearly, from all of it at the equity's peak to none at `full_drawdown` below it.
    """
    drawdown = 1.0 - account.equity_usd / account.peak_usd
    share = max(0.0, 1.0 - drawdown / account.sizing.full_drawdown)
    return _contracts_at_risk(account, bar, account.sizing.risk_fraction * share)


@lean_jit
def volatility_contracts(account: np.record, bar: np.record) -> int:
    """Return as many contracts as lose `risk_fraction` of the equity in `range_multiple` ranges.

    A range is the bar's average true range; NO_VOLATILITY where that is not known, or zero.
    """
    sizing = account.sizing
    range_usd = bar.average_range * account.costs.tick_value_usd
    if not range_usd > 0.0:
        return _none(account, Denial.NO_VOLATILITY.value)
    staked_usd = sizing.risk_fraction * account.equity_usd
    return _whole_contracts(account, staked_usd / (sizing.range_multiple * range_usd))


@lean_jit
def kelly_contracts(account: np.record, bar: np.record) -> int:
    """Return as many contracts as lose `kelly_fraction` of the Kelly stake in a mean loss.

    With win rate p and payoff b, mean gain / mean loss, the share of equity that a loss should cost
    for the fastest growth is f = p - (1 - p) / b (Kelly, 1956; Thorp, 2006). NO_EDGE where that is
    not positive. The figures are those of the account's own closed trades that won or lost, per
    contract. Before there are `kelly_trades` of them, and a loss, they are the expected ones, with
    the loss at the stop for a mean loss: TOO_FEW_TRADES without them, NO_STOP without a stop.
    """
    sizing = account.sizing
    n_decided = account.n_wins + account.n_losses
    if n_decided >= sizing.kelly_trades and account.n_losses > 0:
        win_rate = account.n_wins / n_decided
        loss_usd = -account.unit_losses_usd / account.n_losses
        payoff = account.unit_gains_usd / max(account.n_wins, 1) / loss_usd
    else:
        win_rate, payoff = sizing.kelly_win_rate, sizing.kelly_payoff
        loss_usd = stopped_loss_usd(account, bar)
        if not (win_rate > 0.0 and payoff > 0.0):
            return _none(account, Denial.TOO_FEW_TRADES.value)
        if loss_usd == 0.0:
            return _none(account, Denial.NO_STOP.value)
    stake = win_rate - (1.0 - win_rate) / payoff if payoff > 0.0 else 0.0
    if not stake > 0.0:
        return _none(account, Denial.NO_EDGE.value)
    return _whole_contracts(account, sizing.kelly_fraction * stake * account.equity_usd / loss_usd)


@lean_jit
def _contracts_at_risk(account: np.record, bar: np.record, risk_fraction: float) -> int:
    """Return the contracts whose loss at the stop is that fraction of the equity."""
    loss_usd = stopped_loss_usd(account, bar)
    if loss_usd == 0.0:
        return _none(account, Denial.NO_STOP.value)
    return _whole_contracts(account, risk_fraction * account.equity_usd / loss_usd)


@lean_jit
def stopped_loss_usd(account: np.record, bar: np.record) -> float:
    """Return what a contract loses from its fill to its stop, USD > 0; 0 without a stop.

    The stop's distance, its slippage as of `bar`, and the commission of both sides. A gap beyond
    the stop costs more, and an off-grid stop up to a tick less.
    """
    distance_ticks = account.stop_offset_ticks
    if distance_ticks == NO_OFFSET:
        distance_ticks = account.trail_offset_ticks
    if distance_ticks == NO_OFFSET:
        return 0.0
    ticks = distance_ticks + adverse_ticks(bar, account.costs)
    return float(ticks * account.costs.tick_value_usd + fee_usd(2, account.costs))


@lean_jit
def _whole_contracts(account: np.record, contracts: float) -> int:
    """Return `contracts` rounded down, as far as cap and margin go.

    SIZE_BELOW_ONE where none is left, MARGIN where the equity does not cover one.
    """
    limits = account.limits
    if not (account.equity_usd > 0.0 and contracts + ROUNDING >= 1.0):
        return _none(account, Denial.SIZE_BELOW_ONE.value)
    size = min(contracts + ROUNDING, float(limits.max_position))
    if limits.initial_margin_usd > 0.0:
        size = min(size, account.equity_usd / limits.initial_margin_usd)
    if size < 1.0:
        return _none(account, Denial.MARGIN.value)
    return math.floor(size)


@lean_jit
def _none(account: np.record, denial: int) -> int:
    """Note why there is no size, and return 0."""
    account.denial = denial
    return 0


SIZERS: dict[str, Callable[[np.record, np.record], int]] = {
    "fixed": fixed_contracts,
    "fixed_fractional": fixed_fractional_contracts,
    "kelly": kelly_contracts,
    "volatility": volatility_contracts,
    "drawdown": drawdown_contracts,
}
"""Each takes an account and the BAR_TICKS record that it stands at; returns whole contracts, >= 0.
"""

SIZER_CODES = {name: code for code, name in enumerate(SIZERS)}
"""Compiled code knows a sizer by its number."""

FIXED_CODE = SIZER_CODES["fixed"]
FIXED_FRACTIONAL_CODE = SIZER_CODES["fixed_fractional"]
KELLY_CODE = SIZER_CODES["kelly"]
VOLATILITY_CODE = SIZER_CODES["volatility"]
DRAWDOWN_CODE = SIZER_CODES["drawdown"]


@lean_jit
def contracts_of(code: int, account: np.record, bar: np.record) -> int:
    """Return what the sizer with that code says: one branch for each of SIZERS."""
    if code == FIXED_CODE:
        return fixed_contracts(account, bar)
    if code == FIXED_FRACTIONAL_CODE:
        return fixed_fractional_contracts(account, bar)
    if code == KELLY_CODE:
        return kelly_contracts(account, bar)
    if code == VOLATILITY_CODE:
        return volatility_contracts(account, bar)
    assert code == DRAWDOWN_CODE
    return drawdown_contracts(account, bar)

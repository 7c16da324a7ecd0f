"""Terms under which an account could never do what they say, refused before it is opened."""

import math

from config.env_settings import EnvSettings
from env.terms import Terms
from utils.errors import ConfigError

SIZERS_BY_STOP = ("fixed_fractional", "drawdown", "kelly")
"""Sizers that ask what a contract loses where it is stopped out."""


def check_can_trade(terms: Terms) -> None:
    """Refuse a sizer that is never asked, or would answer 0 for ever, and margin of another hour.

    Raises:
        ConfigError: Naming the setting, the bound, and what to do.
    """
    settings = terms.settings
    _check_margin(settings)
    if settings.position_sizer == "fixed":
        return
    if settings.action_mode != "discrete":
        raise ConfigError(
            f'`position_sizer` must be "fixed" where `action_mode` is "{settings.action_mode}", '
            f'whose actions are sizes, was "{settings.position_sizer}"; leave it out, or act '
            '"discrete"'
        )
    if settings.position_sizer in SIZERS_BY_STOP:
        _check_stop(settings)
        _check_stake(terms)


def _check_margin(settings: EnvSettings) -> None:
    if settings.margin == "intraday" and settings.flatten_minutes_before_close is None:
        raise ConfigError(
            '`margin` "intraday" is for positions that are closed before the session ends: set '
            '`flatten_minutes_before_close` too, e.g. 15, or take "overnight"'
        )


def _check_stop(settings: EnvSettings) -> None:
    if settings.stop_loss_ticks is None and settings.trailing_stop_ticks is None:
        raise ConfigError(
            f'`position_sizer` "{settings.position_sizer}" goes by the loss at the stop, and there '
            "is none: set `stop_loss_ticks` or `trailing_stop_ticks`, or size by volatility"
        )


def _check_stake(terms: Terms) -> None:
    """Refuse a stake that does not pay for the loss of one contract, from the start."""
    settings = terms.settings
    share = settings.risk_per_trade
    name = "risk_per_trade"
    if settings.position_sizer == "kelly":
        share, name = _kelly_share(settings), "kelly_fraction"
    loss_usd = stopped_loss_usd(terms)
    if share * settings.initial_balance < loss_usd:
        raise ConfigError(
            f"`{name}` stakes {share * settings.initial_balance:,.2f} USD, and one "
            f"{settings.symbol} loses {loss_usd:,.2f} at its stop, costs included: no contract "
            "could be opened; stake more, move the stop nearer, or trade a smaller contract"
        )


def _kelly_share(settings: EnvSettings) -> float:
    """Return the share of equity that the expected record stakes."""
    win_rate, payoff = settings.kelly_win_rate, settings.kelly_payoff
    if win_rate is None or payoff is None:
        raise ConfigError(
            '`position_sizer` "kelly" needs `kelly_win_rate` and `kelly_payoff`, what is expected '
            f"until the account has {settings.kelly_min_trades} trades of its own; without them it "
            "would never open the first"
        )
    edge = win_rate - (1.0 - win_rate) / payoff
    if edge <= 0.0:
        raise ConfigError(
            f"`kelly_win_rate` {win_rate:g} at a `kelly_payoff` of {payoff:g} is no edge, the "
            f"stake is {edge:.3f}; it must be > 0"
        )
    return settings.kelly_fraction * edge


def stopped_loss_usd(terms: Terms) -> float:
    """Return what a contract loses from its fill to its stop, USD, at the least slippage."""
    settings = terms.settings
    distance = settings.stop_loss_ticks
    if distance is None:
        distance = settings.trailing_stop_ticks or 0.0
    ticks = distance + settings.slippage_ticks + math.ceil(settings.spread_ticks / 2)
    return ticks * terms.instrument.tick_value_usd + 2.0 * terms.commission_usd

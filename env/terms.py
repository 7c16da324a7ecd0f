"""An account's terms: the settings as the kernel keeps them, in whole ticks and USD per contract.

A setting that fits no account is refused here, before anything is traded.
"""

from dataclasses import dataclass

import numpy as np

from config.instruments import Instrument, get_instrument
from config.margins import margin_of
from config.prop_rules import PropRules
from config.settings import EnvSettings
from env.kernel.names import PATH_POLICIES
from env.kernel.types import NO_COUNT, NO_LIMIT, NO_OFFSET
from utils.errors import ConfigError
from utils.registry import lookup

_FREE = PropRules(name="none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What does not change from one episode to the next.

    Attributes:
        settings: As they were given.
        instrument: What is traded.
        initial_margin_usd: Per contract, to open.
        maintenance_margin_usd: Per contract, to hold.
        rules: A prop firm's, or those that forbid nothing.
    """

    settings: EnvSettings
    instrument: Instrument
    initial_margin_usd: float
    maintenance_margin_usd: float
    rules: PropRules

    @property
    def max_position(self) -> int:
        """Largest position either way, contracts."""
        own = self.settings.max_position
        cap = self.rules.max_contracts
        return own if cap is None else min(own, cap)

    @property
    def commission_usd(self) -> float:
        """Per contract and side."""
        own = self.settings.commission
        return self.instrument.commission_per_side_usd if own is None else own


def terms_of(settings: EnvSettings) -> Terms:
    """Return the terms of an account.

    Raises:
        ConfigError: For an unknown symbol, policy or rule set, a ruin level that is not below the
            initial balance, or margin above it.
    """
    instrument = get_instrument(settings.symbol)
    lookup(PATH_POLICIES, settings.path_policy, "path policy")
    initial, maintenance = _margins(settings)
    rules = _FREE if settings.prop_rules is None else settings.prop_rules
    terms = Terms(
        settings=settings,
        instrument=instrument,
        initial_margin_usd=initial,
        maintenance_margin_usd=maintenance,
        rules=rules,
    )
    _check_balance(terms)
    return terms


def _margins(settings: EnvSettings) -> tuple[float, float]:
    """Return initial and maintenance margin per contract, USD; 0 where none is asked for."""
    if settings.margin == "none":
        return 0.0, 0.0
    margin = margin_of(settings.symbol)
    if settings.margin == "overnight":
        return margin.initial_usd, margin.maintenance_usd
    share = margin.maintenance_usd / margin.initial_usd
    return margin.intraday_usd, margin.intraday_usd * share


def _check_balance(terms: Terms) -> None:
    """Refuse a balance that is ruined, or cannot open anything, from the start."""
    settings = terms.settings
    if settings.ruin_equity >= settings.initial_balance:
        raise ConfigError(
            f"`ruin_equity` must be below `initial_balance` ({settings.initial_balance:g}), was "
            f"{settings.ruin_equity:g}"
        )
    is_always_full = settings.action_mode == "discrete" and settings.position_sizer == "fixed"
    size = terms.max_position if is_always_full else 1
    needed = size * terms.initial_margin_usd
    if needed > settings.initial_balance:
        raise ConfigError(
            f"`initial_balance` must cover the {settings.margin} margin of {size} "
            f"{settings.symbol} ({needed:,.0f} USD), was {settings.initial_balance:,.0f}; raise "
            'it, trade fewer contracts or a smaller one, or set `margin` to "intraday" or "none"'
        )


def open_account(account: np.record, terms: Terms, start: int, last_bar: int) -> None:
    """Write a fresh account, all zeros before, at the close of row `start`.

    Args:
        account: Account record; its cost scale is set to full.
        terms: What it may do and pays.
        start: Row at whose close the first decision is made.
        last_bar: Row after whose close nothing is left open.
    """
    settings = terms.settings
    account.initial_usd = settings.initial_balance
    account.stop_offset_ticks = _or_none(settings.stop_loss_ticks)
    account.target_offset_ticks = _or_none(settings.take_profit_ticks)
    account.trail_offset_ticks = _or_none(settings.trailing_stop_ticks)
    account.path_policy = PATH_POLICIES[settings.path_policy]
    account.bar, account.last_bar = start, last_bar
    _write_costs(account.costs, terms)
    _write_limits(account.limits, terms)
    _write_sizing(account.sizing, settings)
    account.rewarding.gamma = settings.reward_gamma
    account.rewarding.decay = 1.0 - 0.5 ** (1.0 / settings.reward_half_life)
    account.rewarding.drawdown_penalty = settings.drawdown_penalty
    account.cash_usd = account.equity_usd = settings.initial_balance
    account.peak_usd = account.drawdown_peak_usd = settings.initial_balance
    account.session_start_usd = settings.initial_balance


def _or_none(ticks: float | None) -> float:
    return NO_OFFSET if ticks is None else ticks


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _write_costs(costs: np.record, terms: Terms) -> None:
    settings = terms.settings
    costs.tick_value_usd = terms.instrument.tick_value_usd
    costs.commission_per_side_usd = terms.commission_usd
    costs.slippage_ticks = settings.slippage_ticks + (settings.spread_ticks + 1) // 2
    costs.scale = 1.0
    costs.through_ticks = settings.limit_through_ticks


def _write_limits(limits: np.record, terms: Terms) -> None:
    settings, rules = terms.settings, terms.rules
    losses = [NO_LIMIT, settings.daily_loss_limit, rules.daily_loss_usd]
    limits.ruin_usd = settings.ruin_equity
    limits.initial_margin_usd = terms.initial_margin_usd
    limits.maintenance_margin_usd = terms.maintenance_margin_usd
    limits.daily_loss_usd = min(loss for loss in losses if loss is not None)
    limits.ends_on_daily_loss = rules.ends_on_daily_loss
    limits.drawdown_usd = NO_LIMIT if rules.drawdown_usd is None else rules.drawdown_usd
    limits.is_drawdown_daily = rules.is_drawdown_daily
    limits.drawdown_floor_usd = (
        NO_LIMIT
        if rules.drawdown_stops_at_usd is None
        else settings.initial_balance + rules.drawdown_stops_at_usd
    )
    trades = settings.max_trades_per_day
    limits.max_session_trades = NO_COUNT if trades is None else trades
    limits.max_position = terms.max_position


def _write_sizing(sizing: np.record, settings: EnvSettings) -> None:
    sizing.risk_fraction = settings.risk_per_trade
    sizing.kelly_fraction = settings.kelly_fraction
    sizing.kelly_trades = settings.kelly_min_trades
    sizing.kelly_win_rate = _or_nan(settings.kelly_win_rate)
    sizing.kelly_payoff = _or_nan(settings.kelly_payoff)
    sizing.range_multiple = settings.sizer_range_multiple
    sizing.full_drawdown = settings.full_drawdown

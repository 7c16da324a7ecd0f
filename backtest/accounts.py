"""Which account a back-test gives to whom: settings of a model, of the engine, of a replay."""

from collections.abc import Mapping
from typing import Any

from config.settings import EnvSettings, overridden
from env.terms import terms_of
from models.policy import TrainedPolicy
from utils.errors import ConfigError

WHERE = "BacktestEngine"
ARGUMENTS = {"initial_balance": "initial_capital"}
"""Settings that the engine's callers know by another name."""

WHOLE_TICKS = 1e-9
"""Float noise that a number of ticks may have and still be whole."""


def account_of(settings: EnvSettings, account: Mapping[str, Any]) -> EnvSettings:
    """Return the settings with what the engine was told in place of their own."""
    return overridden(settings, account, WHERE, ARGUMENTS)


def without_foreign_fee(agent: TrainedPolicy, account: Mapping[str, Any]) -> EnvSettings:
    """Return the agent's settings; its commission is dropped where another contract is traded."""
    own = agent.env_settings
    if account["symbol"] is None or account["symbol"] == own.symbol:
        return own
    return own.model_copy(update={"commission": None})


def all_or_nothing(settings: EnvSettings) -> EnvSettings:
    """Return the settings for rules that are long, short or flat, and no shares of that.

    Where actions are sizes, the largest position that the account can open from the start.
    """
    if settings.action_mode == "discrete":
        return settings
    terms = terms_of(settings)
    largest = terms.max_position
    if terms.initial_margin_usd > 0:
        largest = min(largest, int(settings.initial_balance // terms.initial_margin_usd))
    return settings.model_copy(update={"action_mode": "discrete", "max_position": largest})


def with_window_before(settings: EnvSettings, row: int) -> EnvSettings:
    """Return the settings with a window that is complete at `row`: a strategy may begin early."""
    if settings.lookback_window <= row + 1:
        return settings
    return settings.model_copy(update={"lookback_window": row + 1})


def other_terms(
    settings: EnvSettings, path_policy: str | None, factors: tuple[float, float]
) -> EnvSettings:
    """Return the settings with another path policy, and with dearer or cheaper fills.

    The half of the spread that a fill pays is slippage too, and becomes part of its fixed ticks.

    Args:
        settings: To start from.
        path_policy: Key of PATH_POLICIES; None keeps it.
        factors: Each >= 0: times the commission, and times every kind of slippage, whose ticks must
            stay whole.

    Raises:
        ConfigError: For an unknown policy, or a factor that is below 0, or breaks a tick.
    """
    commission_factor, slippage_factor = factors
    changes: dict[str, Any] = {"path_policy": path_policy}
    if commission_factor != 1.0:
        changes["commission"] = commission_factor * terms_of(settings).commission_usd
    if slippage_factor != 1.0:
        fixed = settings.slippage_ticks + (settings.spread_ticks + 1) // 2
        changes["slippage_ticks"] = _times(fixed, slippage_factor, "slippage_ticks")
        changes["spread_ticks"] = 0
        changes["volatility_slippage_ticks"] = slippage_factor * settings.volatility_slippage_ticks
        changes["off_hours_slippage_ticks"] = _times(
            settings.off_hours_slippage_ticks, slippage_factor, "off_hours_slippage_ticks"
        )
    changed = overridden(settings, changes, "replayed")
    terms_of(changed)  # refuses a policy that is none
    return changed


def _times(ticks: int, factor: float, name: str) -> int:
    """Return so many times the ticks, which fills are slipped by whole."""
    exact = factor * ticks
    if abs(exact - round(exact)) > WHOLE_TICKS * max(1.0, exact):
        raise ConfigError(
            f"`slippage_factor` must leave `{name}` whole, {factor:g} x {ticks} is {exact:g}; "
            "choose a whole factor"
        )
    return round(exact)

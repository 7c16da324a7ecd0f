"""Accounts whose next state depends on more than a position and its entry, refused by name."""

from config.settings import EnvSettings
from utils.errors import ConfigError

SUMMED_REWARDS = ("sparse", "pnl", "shaped")
"""Rewards whose sum over an episode is the net PnL, which is what is described."""

DAILY = ("daily_loss_limit", "max_trades_per_day", "prop_rules")
"""Settings by which a decision depends on what the session has brought so far."""

MAX_SIZES = 20
"""Largest position, contracts, where actions are positions: a bar has the square of all sizes."""

ADVICE = "change it, or learn with an algorithm that tries things out, e.g. PPO"


def check_enumerable(settings: EnvSettings) -> None:
    """Refuse accounts that cannot be described state by state.

    Raises:
        ConfigError: Naming the setting, its value and why.
    """
    if settings.action_mode == "continuous":
        _refuse("action_mode", "continuous", "its actions cannot be counted")
    if settings.action_mode == "contracts" and settings.max_position > MAX_SIZES:
        reason = f"every size is a state, of which more than {MAX_SIZES} either way are too many"
        _refuse("max_position", settings.max_position, reason)
    if settings.position_sizer != "fixed":
        _refuse("position_sizer", settings.position_sizer, "sizes depend on the equity")
    if settings.reward not in SUMMED_REWARDS:
        _refuse("reward", settings.reward, "it depends on the equity's whole path")
    if settings.reward == "shaped" and settings.reward_gamma != 1.0:
        _refuse("reward_gamma", settings.reward_gamma, "rewards then do not add up to the PnL")
    for name in DAILY:
        if getattr(settings, name) is not None:
            _refuse(name, getattr(settings, name), "it depends on the session so far")


def check_entries_enumerable(settings: EnvSettings) -> None:
    """Refuse positions of several sizes where it matters when they were entered.

    Raises:
        ConfigError: As above.
    """
    if settings.action_mode == "contracts" and settings.max_position > 1:
        _refuse("max_position", settings.max_position, "contracts may have several entries")


def _refuse(name: str, value: object, reason: str) -> None:
    shown = getattr(value, "name", value)
    raise ConfigError(
        f"exact gradients cannot be had with `{name}` {shown}, because {reason}; {ADVICE}"
    )

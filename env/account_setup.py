"""What the settings mean to one account on one market: its terms, and codes of what they name."""

from collections.abc import Mapping
from typing import Any

from config.checking import checked
from config.settings import EnvSettings
from env.actions import ACTION_CODES
from env.dead_terms import check_can_trade
from env.market import Market
from env.position_sizer import SIZER_CODES
from env.rewards import REWARD_CODES
from env.step import Codes
from env.terms import Terms, terms_of
from utils.errors import ConfigError
from utils.registry import lookup


def chosen_settings(
    settings: EnvSettings | None, changes: Mapping[str, Any], where: str
) -> EnvSettings:
    """Return checked settings with changes; None is a value among these.

    Args:
        settings: What to start from; None takes the defaults.
        changes: Fields and their new values.
        where: What to call the place of a mistake.

    Raises:
        ConfigError: For an unknown field, a value out of bounds, or settings of another type.
    """
    start = EnvSettings() if settings is None else settings
    if not isinstance(start, EnvSettings):
        raise ConfigError(
            f"`settings` of {where} must be an EnvSettings, was a {type(start).__name__}; give "
            "single settings as keyword arguments"
        )
    return checked(EnvSettings, {**start.model_dump(), **changes}, where)


def codes_of(settings: EnvSettings) -> Codes:
    """Return how compiled code knows the reward, the sizer and the kind of action.

    Raises:
        ConfigError: For an unknown one.
    """
    return (
        lookup(REWARD_CODES, settings.reward, "reward"),
        lookup(SIZER_CODES, settings.position_sizer, "position sizer"),
        lookup(ACTION_CODES, settings.action_mode, "action mode"),
    )


def terms_on(market: Market, settings: EnvSettings) -> Terms:
    """Return the account's terms, refusing those for another instrument than the market's.

    Raises:
        ConfigError: Also for terms that fit no account, see `terms_of`.
    """
    terms = terms_of(settings)
    check_can_trade(terms)
    if terms.instrument != market.instrument:
        raise ConfigError(
            f"`symbol` must be that of the market ({market.instrument.symbol}), was "
            f"{settings.symbol}; build another market for it"
        )
    return terms

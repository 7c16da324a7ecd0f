"""What the settings mean to one account on one market: its terms, and codes of what they name."""

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

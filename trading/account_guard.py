"""Whether an account may be traded in a mode at all: real money never by mistake.

A port proves nothing, so the account id decides; no message of this file shows one.
"""

from collections.abc import Sequence

from utils.errors import ConfigError
from utils.registry import lookup

PAPER_PREFIXES = ("DU", "DF")
"""How ids of Interactive Brokers' paper accounts begin: of one person, and of an adviser."""

WANTS_PAPER = {"sim": True, "paper": True, "live": False}
"""Whether a mode wants a paper account, by mode."""


def is_paper_account(account: str) -> bool:
    """Return whether an account id is one of paper; neither case nor blanks around it matter."""
    return account.strip().upper().startswith(PAPER_PREFIXES)


def check_account(mode: str, account: str, managed: Sequence[str]) -> None:
    """Check that the account which shall be traded fits the mode and is one of the login's.

    Args:
        mode: "sim", "paper" or "live".
        account: What the user gave, or took from `the_only_account`.
        managed: The accounts that the broker says this login may trade.

    Raises:
        ConfigError: If a paper mode is given a live account, the live mode a paper one, or the
            login does not have the account. A list that has not come denies.
    """
    wants_paper = lookup(WANTS_PAPER, mode, "mode")
    if not account.strip():
        raise ConfigError(f"`--mode {mode}` was given an empty account id; give `--account ID`")
    if is_paper_account(account) and not wants_paper:
        raise ConfigError(
            f"`--mode {mode}` was given a paper account (its id begins with DU or DF); use "
            "`--mode paper`, or give the id of the live account"
        )
    if wants_paper and not is_paper_account(account):
        raise ConfigError(
            f"`--mode {mode}` was given a live account (its id does not begin with DU or DF); "
            "no order was sent; log in to a paper session"
        )
    if account not in managed:
        raise ConfigError(
            f"the given account is none of the {len(managed)} that this login may trade; check "
            "`--account` and which user TWS is logged in with"
        )


def the_only_account(managed: Sequence[str]) -> str:
    """Return the login's account where it has one only.

    Raises:
        ConfigError: If it has several, or none was told.
    """
    if len(managed) != 1:
        raise ConfigError(
            f"this login may trade {len(managed)} accounts; say which with `--account ID`"
        )
    return managed[0]

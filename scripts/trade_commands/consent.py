"""Ask the person at the terminal whether real money shall be traded."""

import sys

from utils.errors import ConfigError


def typed_by_hand(account: str) -> bool:
    """Return whether somebody typed the account id; False where there is no terminal to ask at.

    The id is not shown: who types it knows which account it is that will be traded.

    Raises:
        ConfigError: If something else was typed.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print("REAL MONEY: type the account id to trade it, anything else to stop: ", end="",
          file=sys.stderr, flush=True)  # fmt: skip
    typed = sys.stdin.readline().strip()
    if typed != account.strip():
        raise ConfigError("that is not the account id that was given; nothing was sent")
    return True

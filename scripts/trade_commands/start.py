"""Understand the command line of a trader, check all that can be checked, and start it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scripts.trade_commands.consent import typed_by_hand
from trading.trade_request import TradeRequest
from trading.trader_folder import trader_folder
from utils import paths
from utils.errors import ConfigError

LIVE, SIM = "live", "sim"
FAST = "fast"


def start(request: TradeRequest) -> int:
    """Trade as asked, and return the exit code; consent is checked first.

    Raises:
        ConfigError: If something is missing or refused.
        FuturesGymError: What ended it, or was refused later.
    """
    request = _consented(request)
    if request.mode == LIVE:
        from trading.live_trader import start_live_trader

        return start_live_trader(request)
    if request.mode == SIM:
        from trading.sim_trader import start_simulation

        return start_simulation(request)
    from trading.paper_trader import start_paper_trader

    return start_paper_trader(request)


def check_given(mode: str | None, models: Sequence[Path], sim_only: Mapping[str, object]) -> str:
    """Return the mode; refuse a command line that lacks what every trader needs.

    Args:
        mode: As given.
        models: As given.
        sim_only: Options that a simulation alone has, None where not given.

    Raises:
        ConfigError: Names what is missing, or given in vain.
    """
    missing = [
        name
        for name, is_given in (("--model DIR", bool(models)), ("--mode MODE", mode is not None))
        if not is_given
    ]
    if mode is None or missing:
        raise ConfigError(
            f"trading needs {' and '.join(missing)}; MODE is paper, live or sim; "
            "`trade.py --help` lists options and commands"
        )
    refused = [name for name, value in sim_only.items() if value is not None]
    if mode != SIM and refused:
        raise ConfigError(f"{', '.join(refused)}: for `--mode sim` only, the mode was {mode}")
    return mode


def folder_to_use(mode: str, account: str | None, folder: Path | None) -> Path:
    """Return what the trader writes into; `trade.py COMMAND` looks for it in the same place."""
    root = paths.VAR_DIR / "trading"
    return trader_folder(root, mode, account) if folder is None else folder


def parsed_speed(text: str | None) -> float | None:
    """Return market seconds per second; None is as fast as it goes.

    Raises:
        ConfigError: If it is neither "fast" nor a number.
    """
    if text is None or text == FAST:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise ConfigError(
            f"`--speed` must be `{FAST}` or a positive number of market seconds per second, was "
            f"{text!r}"
        )
    return speed


def parsed_start(text: str | None) -> datetime | None:
    """Return a time, UTC where it names no zone.

    Raises:
        ConfigError: If it is none.
    """
    if text is None:
        return None
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"`--start` must be a time, e.g. 2025-11-20T15:00, was {text!r}"
        ) from error
    return start.replace(tzinfo=UTC) if start.tzinfo is None else start


def _consented(request: TradeRequest) -> TradeRequest:
    """Return the request of a person who wants real money to be traded, and said so in full.

    Raises:
        ConfigError: Otherwise, where the mode is live.
    """
    if request.mode != LIVE:
        return request
    from trading.live_trader import check_consent, consent_of

    if consent_of(request).lacks_confirmation_only:
        is_confirmed = typed_by_hand(request.account or "")
        request = replace(request, is_live_confirmed=is_confirmed)
    check_consent(request)
    return request

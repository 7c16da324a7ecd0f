"""Start the trader on a live account: who may, and what they must say first (thin wiring)."""

from dataclasses import dataclass

from config.ib_config import load_trader_ib_config
from trading.trade_request import TradeRequest
from trading.trading_process import trade_at_broker
from utils.errors import ConfigError

LIVE_PROFILE = "live"
CONFIRMED = "--confirm-live"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConsent:
    """What a person must give, each of the three explicitly, before real money is at risk.

    Attributes:
        profile: Must be "live".
        account: The account id at the broker; kept out of reprs and messages.
        is_confirmed: Whether `--confirm-live` was given.
    """

    profile: str | None
    account: str | None
    is_confirmed: bool

    def __repr__(self) -> str:
        """Show whether an account was given, never which."""
        account = "given" if self.account else "missing"
        return f"LiveConsent({self.profile=}, {account=}, {self.is_confirmed=})"

    def missing(self) -> tuple[str, ...]:
        """Return the options that are still needed, in the order in which help lists them."""
        wanted = {
            f"--profile {LIVE_PROFILE}": self.profile == LIVE_PROFILE,
            "--account ACCOUNT_ID": bool(self.account and self.account.strip()),
            CONFIRMED: self.is_confirmed,
        }
        return tuple(option for option, is_given in wanted.items() if not is_given)

    @property
    def lacks_confirmation_only(self) -> bool:
        """Whether a person at a terminal could give what is missing."""
        return self.missing() == (CONFIRMED,)


def consent_of(request: TradeRequest) -> LiveConsent:
    """Return what the person who asks to trade has said to it."""
    return LiveConsent(
        profile=request.profile, account=request.account, is_confirmed=request.is_live_confirmed
    )


def check_consent(request: TradeRequest) -> None:
    """Refuse to trade real money on anything but the full consent.

    Raises:
        ConfigError: Names what is missing.
    """
    missing = consent_of(request).missing()
    if missing:
        raise ConfigError(f"live trading needs {', '.join(missing)}; nothing was sent")


def start_live_trader(request: TradeRequest) -> int:
    """Trade a live account until told to end; a paper one is refused before the first order.

    Raises:
        ConfigError: If consent is incomplete; names what is missing.
        FuturesGymError: What else was refused, or ended it.
    """
    check_consent(request)
    config = load_trader_ib_config()
    return trade_at_broker(request, config, config.live_port)

"""What one trading process is to do: for whom, with which model, and how it may end."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from config.instrument_type import Instrument
from config.instruments import get_instrument
from config.trader_settings import TraderSettings
from data.history_request import BAR_SIZES
from trading.contract_sessions import LastSession, never_rolls
from trading.model_loading import LoadedModel
from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderTerms:
    """One trading process.

    Attributes:
        mode: "sim", "paper" or "live".
        account: The account id; None takes the login's only one.
        folder: Where journal, status, log and commands lie.
        model: What decides.
        bar_seconds: Size of its bars.
        history: Stored bars that warm-up begins with, as of `LiveBars.warm_up`; None without.
        is_named: Whether bars are of dated contracts, which are left when they expire; a replay of
            one continuous series is not.
        last_session: When a contract is held last; None: as a calendar roll has it.
        is_dry_run: Whether decisions are made and written, and no order is sent.
        should_flatten_on_exit: Whether an orderly end closes the position.
    """

    mode: str
    account: str | None = field(default=None, repr=False)
    folder: Path
    model: LoadedModel
    bar_seconds: int
    history: pd.DataFrame | None = field(default=None, repr=False)
    is_named: bool = True
    last_session: LastSession | None = None
    is_dry_run: bool = False
    should_flatten_on_exit: bool = False

    @property
    def symbol(self) -> str:
        """What is traded."""
        return self.model.policy.env_settings.symbol

    @property
    def instrument(self) -> Instrument:
        """Its facts."""
        return get_instrument(self.symbol)

    @property
    def holding_rule(self) -> LastSession | None:
        """When each contract is held last; None: as a calendar roll has it."""
        return self.last_session if self.is_named else never_rolls

    @property
    def bar_size(self) -> str:
        """Size of the bars, as IB spells it.

        Raises:
            ConfigError: If IB has no such bars.
        """
        for name, seconds in BAR_SIZES.items():
            if seconds == self.bar_seconds:
                return name
        raise ConfigError(
            f"the model's bars have {self.bar_seconds} s, the broker's {list(BAR_SIZES.values())}: "
            "train on bars of one of these sizes"
        )

    @property
    def at_broker(self) -> tuple[str, str]:
        """Symbol and exchange of the instrument, as Interactive Brokers calls them.

        Raises:
            ConfigError: If it is not offered there.
        """
        symbol, exchange = self.instrument.ib_symbol, self.instrument.ib_exchange
        if symbol is None or exchange is None:
            raise ConfigError(f"{self.symbol} is not offered by Interactive Brokers; trade another")
        return symbol, exchange


def fitted(settings: TraderSettings, terms: TraderTerms) -> TraderSettings:
    """Return the settings with exits at the model's distances, so that both sides agree on them.

    Raises:
        ConfigError: If the broker has no such contracts or bars, or the model may hold more than
            the largest position allowed.
    """
    _ = terms.at_broker, terms.bar_size
    own, limits = terms.model.policy.env_settings, settings.trading.limits
    if own.max_position > limits.max_position:
        raise ConfigError(
            f"the model holds up to {own.max_position} contracts, `--max-position` is "
            f"{limits.max_position}: allow as many, or train with a smaller `max_position`"
        )
    protection = settings.trading.protection
    distances = (own.stop_loss_ticks, own.trailing_stop_ticks, protection.stop_ticks)
    stop = next(one for one in distances if one is not None)  # as the kernel aims a new stop
    changed = protection.model_copy(
        update={"stop_ticks": stop, "target_ticks": own.take_profit_ticks}
    )
    trading = settings.trading.model_copy(update={"protection": changed})
    return settings.model_copy(update={"trading": trading})

"""What the suite `forecast_value` is made of: stores of forecasts, and trainings of agents on them.

Each is made in a process of its own and kept, see scripts/benchmarks/learning_store.py.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from config.agent_settings import AgentSettings
from config.forecast_settings import ForecastSettings
from scripts.benchmarks.forecast_value_market import (
    AVERAGES,
    FILE,
    MARKETS,
    ValueMarket,
    file_settings,
    synthetic_settings,
)
from scripts.benchmarks.learning_run import METHODS
from utils.files import canonical_json, sha256_of_bytes
from utils.paths import VAR_DIR

VALUE_DIR = VAR_DIR / "forecast_value"

PLAIN = "without"
"""What the agents that see no forecasts are called."""

N_LOOKS = 8
"""Evaluations of a training, evenly in its timesteps."""

SHORT = 8
"""Digits of a hash in a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreTask:
    """One store of forecasts, made walk-forward.

    Attributes:
        preset: Of the synthetic market, or a file of bars.
        content: Hash of the file; empty for a synthetic market.
        family: Who forecasts.
        seed: Of market and forecaster; files have 0.
        share: 1, or QUICK_SHARE.
    """

    preset: str
    content: str
    family: str
    seed: int
    share: int = 1

    @property
    def program(self) -> str:
        """Module that makes it."""
        return "scripts.benchmarks.forecast_value_store"

    @property
    def settings(self) -> ForecastSettings:
        """How it is forecast."""
        if self.content:
            return file_settings(self.family, self.share)
        return synthetic_settings(self.preset, self.family, self.seed, self.share)

    @property
    def name(self) -> str:
        """What tells it from all others."""
        start = f"forecasts-{Path(self.preset).stem}-{self.family}-{self.seed}"
        content = [asdict(self), self.settings.model_dump(mode="json"), AVERAGES]
        return f"{start}{_size(self.share)}-{_digest(content)}"

    def folder(self, folder: Path = VALUE_DIR) -> Path:
        """Return the directory of the store."""
        return folder / self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTask:
    """One training.

    Attributes:
        market: Key of MARKETS.
        preset: Of the synthetic market, or a file of bars.
        content: Hash of the file; empty for a synthetic market.
        arm: Family whose forecasts the agent sees, or PLAIN.
        method: Key of METHODS.
        seed: Of the agent, and of a synthetic market.
        timesteps: To learn for.
        share: 1, or QUICK_SHARE.
    """

    market: str
    preset: str
    content: str
    arm: str
    method: str
    seed: int
    timesteps: int
    share: int = 1

    @property
    def program(self) -> str:
        """Module that makes it."""
        return "scripts.benchmarks.forecast_value_run"

    @property
    def extractor(self) -> str:
        """Key of EXTRACTORS."""
        return "lstm"

    @property
    def terms(self) -> ValueMarket:
        """Of the comparison that it is part of."""
        return MARKETS[self.market]

    @property
    def stores(self) -> dict[str, StoreTask]:
        """The stores of the market by family, whether or not the agent sees them."""
        return {
            family: StoreTask(
                preset=self.preset,
                content=self.content,
                family=family,
                seed=0 if self.content else self.seed,
                share=self.share,
            )
            for family in self.terms.families
        }

    @property
    def name(self) -> str:
        """What tells this training from all others."""
        stem = f"{FILE}_{Path(self.preset).stem}" if self.content else self.market
        stores = [store.name for store in self.stores.values()]
        settings = AgentSettings(**METHODS[self.method]).model_dump(mode="json")
        content = [asdict(self), self.terms.features, stores, settings, N_LOOKS]
        start = f"{stem}-{self.method}-{self.arm}-{self.seed}"
        return f"{start}{_size(self.share)}-{_digest(content)}"


def _size(share: int) -> str:
    return "" if share == 1 else "-quick"


def _digest(content: list[object]) -> str:
    return sha256_of_bytes(canonical_json(content).encode())[:SHORT]

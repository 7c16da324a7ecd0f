"""Walk-forward forecasts: every block forecast by what had learnt long before it, in order.

Base forecasts of a block depend on nothing but its rows, so that blocks may be done at once and
kept one by one. What the online layer makes of them depends on all blocks before: it is run over
them from the first one, which takes no time, whenever a run is gone on with. Either way the same
bits come out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from config.forecast_settings import ForecastSettings
from data.forecast_names import HEADS, Head
from models.forecast.walk_block import BlockJob, forecast_block
from models.forecast.walk_files import BlockFiles, BlockForecasts, bars_digest, block_key
from models.forecast.walk_plan import WalkBlock, plan_blocks
from utils.errors import DataError

Task = Callable[[pd.DataFrame, BlockJob], dict[str, BlockForecasts]]


class Runner(Protocol):
    """Does jobs over the same bars, here or elsewhere."""

    def __call__(
        self, task: Task, jobs: Iterable[BlockJob], bars: pd.DataFrame
    ) -> Iterator[tuple[int, dict[str, BlockForecasts]]]:
        """Yield the number of a job, from 0, and what came of it, as each is finished."""


class OnBlock(Protocol):
    """Told of each block that is there."""

    def __call__(self, block: WalkBlock, is_kept: bool) -> None:
        """Take note of a block; `is_kept` where it was forecast before."""


def one_by_one(
    task: Task, jobs: Iterable[BlockJob], bars: pd.DataFrame
) -> Iterator[tuple[int, dict[str, BlockForecasts]]]:
    """Do jobs in this process, in their order."""
    for number, job in enumerate(jobs):
        yield number, task(bars, job)


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """A walk-forward run of one or several families over the same blocks.

    Attributes:
        bars: Checked bars, oldest first.
        settings: Of all families alike; which family they name is of no account.
        families: Keys of FAMILIES.
        folder: Where finished blocks are kept, a folder per family.
        blocks: As `plan_blocks` cuts the bars.
        digests: Of the bars up to each block's end.
        heads: What is forecast.
        tensorboard: Folder for curves; None writes none.
    """

    bars: pd.DataFrame
    settings: ForecastSettings
    families: tuple[str, ...]
    folder: Path
    blocks: tuple[WalkBlock, ...]
    digests: tuple[str, ...]
    heads: tuple[Head, ...] = HEADS
    tensorboard: Path | None = None

    @property
    def rows(self) -> slice:
        """All rows that are forecast."""
        return slice(self.blocks[0].test.start, self.blocks[-1].test.stop)

    def run(self, told: OnBlock, runner: Runner = one_by_one) -> None:
        """Forecast what is not there yet, and keep it block by block.

        Raises:
            ConfigError: If the folder cannot be written.
            DataError: As `forecast_block` raises it.
        """
        jobs = []
        for block in self.blocks:
            missing = [name for name in self.families if self.forecast(name, block) is None]
            if missing:
                jobs.append(self._job(block, tuple(missing)))
            else:
                told(block, is_kept=True)
        for number, done in runner(forecast_block, jobs, self.bars):
            block = jobs[number].block
            for family, forecasts in done.items():
                self._files(family).write(block, self._key(family, block), forecasts)
            told(block, is_kept=False)

    def forecast(self, family: str, block: WalkBlock) -> BlockForecasts | None:
        """Return what a family forecast of a block; None where that is still to be done."""
        return self._files(family).read(block, self._key(family, block))

    def forecasts(self, family: str) -> tuple[BlockForecasts, ...]:
        """Return what a family forecast of each block, oldest first.

        Raises:
            DataError: If a block is not there: `run` has not come to its end.
        """
        found = [(block, self.forecast(family, block)) for block in self.blocks]
        missing = [block.name for block, forecasts in found if forecasts is None]
        if missing:
            raise DataError(
                f"{missing[0]} of `{family}` is not forecast yet ({len(missing)} of {len(found)} "
                f"blocks); go on with the run"
            )
        return tuple(forecasts for _, forecasts in found if forecasts is not None)

    def _job(self, block: WalkBlock, families: tuple[str, ...]) -> BlockJob:
        return BlockJob(
            block=block,
            settings=self.settings,
            families=families,
            heads=self.heads,
            tensorboard=self.tensorboard,
        )

    def _files(self, family: str) -> BlockFiles:
        return BlockFiles(folder=self.folder / family)

    def _key(self, family: str, block: WalkBlock) -> str:
        settings = self.settings.model_copy(update={"family": family})
        return block_key(self.digests[block.number - 1], block, settings, self.heads)


def plan_walk(
    bars: pd.DataFrame,
    settings: ForecastSettings,
    families: Sequence[str],
    folder: Path,
    heads: tuple[Head, ...] = HEADS,
) -> Walk:
    """Return the run that forecasts some bars; nothing is done yet.

    Raises:
        ConfigError: If a horizon is longer than a session.
        DataError: If there are too few sessions for one block.
    """
    blocks = plan_blocks(bars, settings)
    return Walk(
        bars=bars,
        settings=settings,
        families=tuple(dict.fromkeys(families)),
        folder=folder,
        blocks=blocks,
        digests=tuple(bars_digest(bars.iloc[: block.test.stop]) for block in blocks),
        heads=heads,
    )

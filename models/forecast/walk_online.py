"""The online layer over a walk-forward run: block after block, its state carried through all.

A block is served as it would have been live: outcomes correct what comes after them, whichever
training made the forecasts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecast.family import Floats
from models.forecast.forecaster_identity import source_settings
from models.forecast.online import BaseForecasts, OnlineLayer, online_bars
from models.forecast.walk import Walk
from models.forecast.walk_plan import WalkBlock


@dataclass(frozen=True, kw_only=True, eq=False)
class ServedBlock:
    """What is served of one block.

    Attributes:
        block: Its rows.
        quantiles: (n, n_horizons, n_heads, N_LEVELS) log returns; NaN where inputs warm up.
        is_fallback: (n, n_horizons) whether the fallback's forecast stands there.
    """

    block: WalkBlock
    quantiles: Floats
    is_fallback: NDArray[np.bool_]


class ServedWalk:
    """What the online layer makes of one family's blocks, as far as they are there."""

    def __init__(self, walk: Walk, family: str) -> None:
        """Begin before the first block, without any correction.

        Args:
            walk: Its families must hold FALLBACK too if its settings have an alarm.
            family: Whose forecasts are served.
        """
        settings = walk.settings.model_copy(update={"family": family})
        self._walk = walk
        self._sources = tuple(source.family for source in source_settings(settings))
        self._stamps = pd.DatetimeIndex(walk.bars.index).as_unit("ns").asi8
        first = walk.rows.start
        self.layer = OnlineLayer(settings, int(self._stamps[first - 1]), walk.heads)
        self._n_served = 0

    def advance(self) -> Iterator[ServedBlock]:
        """Yield each further block that is forecast by now, oldest first."""
        while self._n_served < len(self._walk.blocks):
            block = self._walk.blocks[self._n_served]
            kept = [self._walk.forecast(name, block) for name in self._sources]
            parts = [part for part in kept if part is not None]
            if len(parts) < len(kept):
                return
            base = BaseForecasts(
                sources=np.stack([part.quantiles for part in parts]), scales=parts[0].scale
            )
            rows = block.test
            bars = online_bars(self._walk.bars.iloc[rows], self._walk.settings.symbol)
            quantiles, is_fallback = self.layer.run(bars, base, int(self._stamps[rows.start - 1]))
            self._n_served += 1
            yield ServedBlock(block=block, quantiles=quantiles, is_fallback=is_fallback)

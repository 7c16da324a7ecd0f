"""A rollout whose batches keep together what was seen at one bar of one path.

With accounts that share market paths, a batch of n samples then has n / shared_paths windows, each
of which goes through the tower once. The gradient of a batch is that of its samples, as ever; which
samples come together is another draw.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictRolloutBuffer
from stable_baselines3.common.type_aliases import DictRolloutBufferSamples

FLATTENED = ("actions", "values", "log_probs", "advantages", "returns")


class GroupedRolloutBuffer(DictRolloutBuffer):
    """Stable-Baselines3's rollout buffer, its batches made of whole blocks.

    A block is what the `shared_paths` neighbouring environments of one group saw and did at one
    step. With one environment per path it draws the batches that Stable-Baselines3 itself draws.
    """

    def __init__(self, *args: Any, shared_paths: int = 1, **kwargs: Any) -> None:
        """Create the buffer; `shared_paths` divides the number of environments."""
        self._shared = shared_paths
        super().__init__(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Iterator[DictRolloutBufferSamples]:  # type: ignore[override]
        """Yield the samples in batches of `batch_size`, a multiple of the block; None: in one."""
        self._flatten()
        order = self._blocks()[
            np.random.permutation(self.buffer_size * self.n_envs // self._shared)
        ]
        indices = order.ravel()
        size = len(indices) if batch_size is None else batch_size
        for start in range(0, len(indices), size):
            yield self._get_samples(indices[start : start + size])

    def _blocks(self) -> NDArray[np.int64]:
        """Return the flat places of each block's samples, (n_blocks, shared_paths)."""
        n_groups = self.n_envs // self._shared
        places = np.arange(self.buffer_size * self.n_envs)
        by_group = places.reshape(n_groups, self._shared, self.buffer_size)
        return by_group.swapaxes(1, 2).reshape(-1, self._shared)

    def _flatten(self) -> None:
        """Lay all environments of the finished rollout end to end, once."""
        if self.generator_ready:
            return
        for key, values in self.observations.items():
            self.observations[key] = self.swap_and_flatten(values)
        for name in FLATTENED:
            setattr(self, name, self.swap_and_flatten(getattr(self, name)))
        self.generator_ready = True

"""One random generator for each environment of a batch, seeded as Gymnasium seeds them one by one.

Nobody shares a generator, so that an environment's episodes do not depend on its neighbours'.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.utils import seeding

from utils.errors import ConfigError

Seeds = int | Sequence[int | None] | None
"""One that environment i adds i to; or one each, None of which goes on; or None for all."""


class Generators:
    """The generators, each made when it is first asked for."""

    def __init__(self, n_envs: int) -> None:
        """Begin without any seed."""
        self._generators: list[np.random.Generator | None] = [None] * n_envs
        self._seeds: list[int | None] = [None] * n_envs

    def of(self, i: int) -> np.random.Generator:
        """Return the generator of environment `i`; one that was never seeded is random."""
        generator = self._generators[i]
        if generator is None:
            generator, self._seeds[i] = seeding.np_random()
            self._generators[i] = generator
        return generator

    def all(self) -> tuple[np.random.Generator, ...]:
        """Return them all, in order."""
        return tuple(self.of(i) for i in range(len(self._generators)))

    def seeds(self) -> tuple[int | None, ...]:
        """Return what each was seeded with."""
        self.all()
        return tuple(self._seeds)

    def seed(self, seed: Seeds) -> None:
        """Begin anew where there is a seed, and go on where there is none.

        Raises:
            ConfigError: If there are not as many seeds as environments; nothing has changed.
        """
        seeds = self._one_each(seed)
        fresh = [None if each is None else seeding.np_random(each) for each in seeds]
        for i, made in enumerate(fresh):
            if made is not None:
                self._generators[i], self._seeds[i] = made

    def states(self) -> list[dict[str, Any] | None]:
        """Return what each goes on from, as JSON values; None of those never asked for."""
        return [
            None if generator is None else {"seed": seed, "state": generator.bit_generator.state}
            for generator, seed in zip(self._generators, self._seeds, strict=True)
        ]

    def set_states(self, states: Sequence[Mapping[str, Any] | None]) -> None:
        """Go on from `states`, one for each environment."""
        for i, state in enumerate(states):
            self._generators[i], self._seeds[i] = None, None
            if state is not None:
                generator, _ = seeding.np_random(0)
                generator.bit_generator.state = state["state"]
                self._generators[i], self._seeds[i] = generator, state["seed"]

    def _one_each(self, seed: Seeds) -> Sequence[int | None]:
        n_envs = len(self._seeds)
        if seed is None:
            return [None] * n_envs
        if isinstance(seed, int | np.integer):
            return [int(seed) + i for i in range(n_envs)]
        if len(seed) != n_envs:
            raise ConfigError(
                f"`seed` must be one seed, or one for each of {n_envs} environments, were "
                f"{len(seed)}"
            )
        return seed

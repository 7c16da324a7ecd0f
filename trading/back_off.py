"""How long to wait before the next attempt to connect."""

import numpy as np

from config.connection_settings import ConnectionSettings


class BackOff:
    """Waits of 1, 2, 4 .. 60 seconds and a random share on top, so that no two knock together."""

    def __init__(self, settings: ConnectionSettings, seed: int) -> None:
        """Start with the shortest wait; the same seed gives the same waits."""
        self._settings = settings
        self._random = np.random.default_rng(seed)
        self._n_failures = 0

    def next_seconds(self) -> float:
        """Return the wait after one more failure, scaled."""
        settings = self._settings
        doubled = settings.first_retry_seconds * 2.0 ** min(self._n_failures, 30)
        self._n_failures += 1
        jitter = 1.0 + settings.retry_jitter * float(self._random.random())
        return settings.scaled(min(doubled, settings.last_retry_seconds) * jitter)

    def reset(self) -> None:
        """Begin anew: the connection stands."""
        self._n_failures = 0

"""The planted edge: a drift that nobody sees, and what an agent may see of it.

Every bar moves on average by a latent drift, an autoregression of order one in ticks,

    drift_t = phi drift_(t-1) + sqrt(1 - phi^2) sd_ticks e_t,     phi = 0.5 ** (1 / half_life_bars)

drawn independently of the price shocks and of their volatility. At the close of bar t each of a few
signals shows the drift of bar t + 1 under noise of its own,

    signal_t = (drift_(t+1) / sd_ticks + noise n_t) / sqrt(1 + noise^2)

of variance one, so that nominal scaling leaves it as it is. The drift goes on over the breaks
between sessions as from bar to bar; the gaps themselves know nothing of it.

At the default account (MNQ, one contract, 0.62 USD commission and one tick of slippage, so 1.12 USD
or 2.24 ticks per side) the optimum given the signals earns

| strength | sd_ticks | noise | optimum, USD per bar | constant position | sign of one signal |
|---|---|---|---|---|---|
| weak | 1 | 4 | 0.17 | 0 | -0.98 |
| medium | 2 | 4 | 0.42 | 0 | -0.89 |
| strong | 4 | 4 | 0.94 | 0 | -0.69 |

docs/planted_edge.md has the whole table. How the drift gets into bars is left to data/synthetic.py,
what can be made of the signals to data/drift_filter.py and backtest/optimum.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utils.errors import ConfigError
from utils.jit import jit

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedEdge:
    """How strong the drift is, how long it lasts, and how well it can be seen.

    Attributes:
        sd_ticks: Stationary standard deviation of the drift, ticks per bar, > 0.
        half_life_bars: Bars until half of it is gone, > 0.
        n_signals: How many views of it there are, >= 1.
        signal_noise: Standard deviation of the noise of each, in those of the drift, >= 0.
    """

    sd_ticks: float
    half_life_bars: float = 8.0
    n_signals: int = 4
    signal_noise: float = 4.0

    def __post_init__(self) -> None:
        """Refuse an edge that cannot be."""
        for name in ("sd_ticks", "half_life_bars"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ConfigError(f"`{name}` of a planted edge must be > 0, was {value}")
        if self.n_signals < 1:
            raise ConfigError(f"`n_signals` of a planted edge must be >= 1, was {self.n_signals}")
        if not (np.isfinite(self.signal_noise) and self.signal_noise >= 0):
            raise ConfigError(
                f"`signal_noise` of a planted edge must be >= 0, was {self.signal_noise}"
            )

    @property
    def persistence(self) -> float:
        """Share phi of the drift that is left after one bar."""
        return float(0.5 ** (1.0 / self.half_life_bars))

    @property
    def signal_columns(self) -> tuple[str, ...]:
        """What the signals are called in a frame of bars, in order: `signal_1` and so on."""
        return tuple(f"signal_{number}" for number in range(1, self.n_signals + 1))

    @property
    def signal_loading(self) -> float:
        """Correlation of each signal with the drift of the next bar."""
        return float(1.0 / np.sqrt(1.0 + self.signal_noise**2))


EDGES: dict[str, PlantedEdge] = {
    "weak": PlantedEdge(sd_ticks=1.0),
    "medium": PlantedEdge(sd_ticks=2.0),
    "strong": PlantedEdge(sd_ticks=4.0),
}
"""By strength; see the table above."""


def latent_drift(
    n_bars: int, edge: PlantedEdge, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the drift that moves each bar, and the signals seen at each close.

    A longer market begins with the shorter one. Row t of the signals depends on the drift up to bar
    t + 1 and on nothing after it.

    Args:
        n_bars: Rows, >= 1.
        edge: Its strength.
        rng: Spawned from, so that what else it draws stays what it was.

    Returns:
        drift_ticks: (n_bars,) what bar t moves on average from its open to its close, ticks.
        signals: (n_bars, n_signals) noisy views at the close of bar t of the drift of bar t + 1, of
            mean 0 and variance 1.

    Raises:
        ConfigError: If `n_bars` is below 1.
    """
    if n_bars < 1:
        raise ConfigError(f"`n_bars` must be >= 1, was {n_bars}")
    drift_rng, noise_rng = rng.spawn(2)
    # One more than there are bars: the last signals view a bar that is yet to come.
    path = _unit_autoregression(drift_rng.standard_normal(n_bars + 1), edge.persistence)
    noise = edge.signal_noise * noise_rng.standard_normal((n_bars, edge.n_signals))
    return edge.sd_ticks * path[:-1], edge.signal_loading * (path[1:, None] + noise)


@jit
def _unit_autoregression(shocks: _Floats, phi: float) -> _Floats:
    """Return an autoregression of order one and unit variance, made of unit shocks, shape (n,)."""
    path = np.empty(len(shocks))
    value = shocks[0]
    path[0] = value
    innovation = np.sqrt(1.0 - phi * phi)
    for bar in range(1, len(shocks)):
        value = phi * value + innovation * shocks[bar]
        path[bar] = value
    return path

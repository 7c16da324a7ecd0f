"""What a feature is: a name, one step kernel, and what must be known to run, scale and trust it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from data.indicators.bar import Bar, Floats

Kernel = Callable[[Floats, tuple[float, ...], Bar, Floats], None]
"""`step(state, parameters, bar, out)`: take one bar into `state`, write the values at its close."""

SessionRule = Literal["continuous", "resets"]
"""Whether a session's first bar is like any other, or is treated as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One feature.

    Attributes:
        name: What users ask for.
        kernel: Its step function, importable by module and name. At birth its state is all zeros.
        parameters: Passed to the kernel; constants of the generated pass.
        state_size: Floats of state the kernel owns.
        price_state: Which of them hold prices in points, as (first, last + 1) ranges: at a roll
            these, and no others, move by the gap to the new contract.
        columns: Names of the values it writes, in order.
        lookback: Bars, this one included, that a value depends on, at least `warm_up` + 1; None
            where a trace of every bar remains, as in recursive averages.
        warm_up: Bars whose values are NaN before the first valid one; every later value is finite.
        version: Raised whenever the numbers, or the layout of the state, change.
        session_rule: "resets" where the first bar of a session is treated as one, else
            "continuous".
        needs_other: Whether it reads the second instrument, which not every frame has.
        centre: Typical value on five-minute bars, rounded; scales where no scaler was fitted.
        spread: Typical size of the departure from `centre`, likewise; > 0.
        formula: In words and symbols, with the value where price or volume stand still.
        source: Where the formula comes from, and whose convention it follows.
        unit: Of the values.
        bounds: The range the values can take, for people.
    """

    name: str
    kernel: Kernel
    parameters: tuple[float, ...] = ()
    state_size: int
    price_state: tuple[tuple[int, int], ...] = ()
    columns: tuple[str, ...]
    lookback: int | None = None
    warm_up: int
    version: int = 1
    session_rule: SessionRule = "continuous"
    needs_other: bool = False
    centre: float
    spread: float
    formula: str
    source: str
    unit: str
    bounds: str

    def identity(self) -> dict[str, object]:
        """Return what the numbers depend on, ready for JSON."""
        return {
            "name": self.name,
            "parameters": list(self.parameters),
            "version": self.version,
            "session_rule": self.session_rule,
        }


def by_name(*specs: FeatureSpec) -> dict[str, FeatureSpec]:
    """Return the specifications of one family, keyed by their names."""
    return {spec.name: spec for spec in specs}

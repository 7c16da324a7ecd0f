"""The answer to who wanted an order: what is on its way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placed:
    """Orders that are written down and on their way, by ref; none where nothing is to be done."""

    refs: tuple[str, ...] = ()

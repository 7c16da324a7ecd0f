"""The conformance suite's cases, read from cases.json and checked, and the mirror of each."""

from pathlib import Path

from pydantic import ValidationError

from env.conformance.case_types import Case, CaseFile, CaseOrder, CaseRoll, PathName
from utils.errors import ConfigError

CASES_PATH = Path(__file__).parent / "cases.json"

MIRRORED_PATHS: dict[PathName, PathName] = {
    "worst": "worst",
    "ohlc": "olhc",
    "olhc": "ohlc",
    "adaptive": "adaptive",
}
"""Upside down, the high comes where the low came."""

MAX_SHOWN = 80
"""Characters of a wrong value that its error line shows."""

DECIMALS = 8
"""Of a mirrored price, so that it is free of float noise."""


def load_cases(path: Path = CASES_PATH) -> CaseFile:
    """Return the cases of a file.

    Raises:
        ConfigError: If there is no such file, or for its first mistake: where, what, value.
    """
    try:
        return CaseFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read the cases in {path}: {error.strerror}") from error
    except ValidationError as error:
        raise ConfigError(_first_mistake(error, path)) from error


def _first_mistake(error: ValidationError, path: Path) -> str:
    first = error.errors()[0]
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]]
    place = "".join(parts).removeprefix(".")
    text = first["msg"].removeprefix("Value error, ")
    message = f"{place}: {text}" if place else text
    if isinstance(first["input"], dict | list):
        return f"{path.name}: {message}"
    shown = " ".join(repr(first["input"]).split())[:MAX_SHOWN]
    return f"{path.name}: {message}, was {shown}"


def mirrored(case: Case) -> Case:
    """Return the case upside down: prices mirrored at its first close, sides swapped.

    It brings the same dollars. Mirrored so, and not at zero, prices stay where they were, for
    engines that know none below zero.
    """
    pivot = 2.0 * case.bars[0][3]

    def flipped(price: float) -> float:
        return round(pivot - price, DECIMALS)

    return case.model_copy(
        update={
            "name": f"{case.name}_mirrored",
            "bars": tuple(
                (flipped(open_), flipped(low), flipped(high), flipped(close))
                for open_, high, low, close in case.bars
            ),
            "orders": tuple(_mirrored_order(order, pivot) for order in case.orders),
            "terms": case.terms.model_copy(
                update={"path_policy": MIRRORED_PATHS[case.terms.path_policy]}
            ),
            "rolls": tuple(CaseRoll(bar=roll.bar, gap=-roll.gap) for roll in case.rolls),
            "fills": tuple(
                fill.model_copy(update={"price": flipped(fill.price), "quantity": -fill.quantity})
                for fill in case.fills
            ),
        }
    )


def _mirrored_order(order: CaseOrder, pivot: float) -> CaseOrder:
    prices = {
        name: round(pivot - price, DECIMALS)
        for name, price in (("limit", order.limit), ("stop", order.stop))
        if price is not None
    }
    return order.model_copy(update={"quantity": -order.quantity, **prices})

"""The manifest of a store of forecasts: what is the same for all of it, and which blocks there are.

It is JSON with a digest of itself. The directory that it lies in is left to data/forecast_store.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from data.forecast_names import HEADS, LEVELS
from utils.errors import DataError
from utils.sealed_json import DIGEST, digest_of, parsed_strictly, sealed_text

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreTerms:
    """What is the same for all blocks of a store.

    Attributes:
        symbol: Key of INSTRUMENTS: what the bars are traded as.
        bar_seconds: Size of a bar.
        horizons: Bars ahead, rising.
        settings: How forecasts are made, JSON values, e.g. those of ForecastSettings.
        provenance: Which code made them, of which bars; JSON values. Not compared.
    """

    symbol: str
    bar_seconds: int
    horizons: tuple[int, ...]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """What the manifest says of a block.

    Attributes:
        file: Its name in the directory.
        sha256: Of the file.
        first: Stamp of its first row, ISO.
        last: Of its last.
        n_rows: How many there are.
        bars: Fingerprint of the bars at these rows, `data.store.fingerprint`.
        model_id: Of what was trained for it.
        fallback_id: Of what stands in for it.
        train_end: Stamp of the last bar learnt from, ISO.
    """

    file: str
    sha256: str
    first: str
    last: str
    n_rows: int
    bars: str
    model_id: str
    fallback_id: str
    train_end: str


def manifest_text(terms: StoreTerms, entries: Sequence[BlockEntry]) -> str:
    """Return the manifest of these blocks, sealed."""
    return sealed_text(
        {
            "format_version": FORMAT_VERSION,
            "heads": list(HEADS),
            "levels": list(LEVELS),
            "terms": asdict(terms),
            "blocks": [asdict(entry) for entry in entries],
        }
    )


def parsed_manifest(text: bytes, path: Path) -> tuple[StoreTerms, tuple[BlockEntry, ...]]:
    """Return what a manifest says.

    Raises:
        DataError: If it was edited, or is damaged or of another format.
    """
    try:
        return _parsed(parsed_strictly(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"`{path}` was edited, or is damaged or of another version ({reason}); restore it, or "
            "make the store anew"
        ) from error


def _parsed(content: Any) -> tuple[StoreTerms, tuple[BlockEntry, ...]]:
    """Return what a manifest says; a ValueError, KeyError or TypeError if it is not ours."""
    if content[DIGEST] != digest_of(content):
        raise ValueError("its digest is not that of its content")
    found = content["format_version"], content["heads"], content["levels"]
    if found != (FORMAT_VERSION, list(HEADS), list(LEVELS)):
        raise ValueError(f"format {found[0]} with {len(found[1])} heads and {len(found[2])} levels")
    terms = StoreTerms(**content["terms"])
    terms = replace(terms, horizons=tuple(terms.horizons))
    return terms, tuple(BlockEntry(**entry) for entry in content["blocks"])


def check_same_terms(path: Path, found: StoreTerms, asked: StoreTerms) -> None:
    """Refuse to go on with a store that was begun on other terms.

    Raises:
        DataError: Naming the first difference.
    """
    for name in ("symbol", "bar_seconds", "horizons"):
        _check_same(path, name, getattr(found, name), getattr(asked, name))
    for name in sorted({*found.settings, *asked.settings}):
        was, wanted = found.settings.get(name), asked.settings.get(name)
        _check_same(path, f"settings: `{name}`", was, wanted)


def _check_same(path: Path, name: str, was: object, wanted: object) -> None:
    if was != wanted:
        raise DataError(
            f"store `{path}` is of other {name}: {was}, asked for {wanted}; go on with its own, or "
            "choose another directory"
        )

"""JSON that is read strictly and carries a digest of its own content."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from utils.files import canonical_json, sha256_of_bytes

DIGEST = "digest"


def sealed_text(content: Mapping[str, Any]) -> str:
    """Return `content` as canonical JSON, the digest of it included."""
    return canonical_json({**content, DIGEST: digest_of(content)}) + "\n"


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all of `content` but its own digest."""
    bare = {key: value for key, value in content.items() if key != DIGEST}
    return sha256_of_bytes(canonical_json(bare).encode())


def parsed_strictly(text: bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        ValueError: If it is not JSON, repeats a key, or has a number that is not finite.
        RecursionError: If it is nested beyond all sense.
    """
    return json.loads(
        text,
        object_pairs_hook=_without_repetition,
        parse_float=_finite,
        parse_constant=_refuse_constant,
    )


def differences(one: Any, other: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted name and both values of each JSON value that differs; None where absent."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted(set(one) | set(other)):
            inner = f"{name}.{key}" if name else key
            yield from differences(one.get(key), other.get(key), inner)
    elif one != other:
        yield name, one, other


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; of two equal keys another reader might take the other one."""
    content = dict(pairs)
    if len(content) < len(pairs):
        repeated = next(key for key in content if sum(key == name for name, _ in pairs) > 1)
        raise ValueError(f"key {repeated!r} appears twice")
    return content


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")

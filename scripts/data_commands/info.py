"""The command `data.py info`: what a file of bars says of itself, and whether it is sound."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

IS_DAMAGED = 1
"""Exit code where the file cannot be used as it is."""


def info(
    file: Annotated[Path, Argument(help="Parquet file of bars, ours or anybody's.")],
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """Show metadata, span, size and state of FILE; exit 1 if it cannot be used as it is."""
    from data.file_info import file_info
    from scripts.printing import console, shown
    from utils.files import canonical_json

    found = file_info(file)
    if as_json:
        print(canonical_json({"file": str(file), **found.to_dict()}))
        return 0 if found.problem is None else IS_DAMAGED
    size = f"{found.bar_seconds:,} s" if found.bar_seconds else "unknown size"
    lines = {
        "file": f"{shown(file)}, {found.n_bytes:,} bytes",
        "state": "sound" if found.problem is None else found.problem,
        "bars": f"{found.n_rows:,} of {size}",
        "span": f"{found.first or '?'} to {found.last or '?'}",
        "sessions": f"{found.n_sessions:,}",
        "columns": ", ".join(found.columns) or "none",
        "fingerprint": found.fingerprint or "none",
        **found.metadata,
    }
    width = max(map(len, lines)) + 1
    for name, value in lines.items():
        console.print(f"{name + ':':<{width}} {value}", soft_wrap=True)
    return 0 if found.problem is None else IS_DAMAGED

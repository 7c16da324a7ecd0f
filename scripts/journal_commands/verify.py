"""The command `journal.py verify`: whether a journal is whole, from its first event on."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

IS_BROKEN = 1
"""Exit code where it is not."""


def verify(
    file: Annotated[Path, Argument(help="Journal, also one that is being written.")],
    noted: Annotated[
        str | None, Option(help="Hash of a head noted earlier; it must still be there.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Follow the chain of FILE and name the first row that breaks it; exit 1 if one does."""
    from scripts.printing import console, shown
    from trading import journal_verification
    from trading.journal_reader import JournalReader
    from utils.files import canonical_json

    with JournalReader.open(file) as reader:
        found = journal_verification.verify(reader, noted)
    if as_json:
        about = {"file": str(file), "n_events": found.n_events, "head": found.head.hash}
        print(canonical_json({**about, "problems": found.problems}))
    else:
        for problem in found.problems:
            console.print(f"BROKEN {problem}", soft_wrap=True)
        verdict = "broken" if found.problems else "whole"
        console.print(
            f"{shown(file)} is {verdict}: {found.n_events:,} sound events, head {found.head.hash}",
            soft_wrap=True,
        )
    return IS_BROKEN if found.problems else 0

"""The command `journal.py replay`: whether a journal's tables are what its events say."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

IS_DIFFERENT = 1
"""Exit code where they are not."""


def replay(
    file: Annotated[Path, Argument(help="Journal, also one that is being written.")],
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Rebuild all tables of FILE from its events, in memory, and compare; exit 1 on differences."""
    from dataclasses import asdict

    from scripts.printing import console, shown
    from trading.journal_connection import in_one_line
    from trading.journal_export import known_accounts
    from trading.journal_reader import JournalReader
    from trading.journal_replay import differences
    from trading.journal_schema import TABLES
    from utils.files import canonical_json

    with JournalReader.open(file) as reader, reader.at_one_moment(), in_one_line(file, "read"):
        accounts = known_accounts(reader)
        found = [each.masked(accounts) for each in differences(reader.connection)]
    if as_json:
        listed = [asdict(each) for each in found]
        print(canonical_json({"file": str(file), "differences": listed}))
        return IS_DIFFERENT if found else 0
    for difference in found:
        console.print(str(difference), soft_wrap=True)
    verdict = f"{len(found):,} rows differ" if found else "all rows as the events say"
    console.print(f"{shown(file)}: {len(TABLES)} tables rebuilt, {verdict}", soft_wrap=True)
    return IS_DIFFERENT if found else 0

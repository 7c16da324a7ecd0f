"""The command `journal.py export`: one table of a journal as a file for other programs."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def export(
    file: Annotated[Path, Argument(help="Journal, also one that is being written.")],
    out: Annotated[Path, Option(help="File to write.")],
    table: Annotated[
        str, Option(help="events, intents, fills, orders, positions, risk_days, ...")
    ] = "fills",
    file_format: Annotated[str, Option("--format", help="csv, json or parquet.")] = "csv",
    with_account: Annotated[
        bool, Option("--with-account", help="Leave account ids as they are.")
    ] = False,
) -> None:
    """Write one table of FILE; account ids are masked unless `--with-account` is given."""
    from scripts.printing import console, shown
    from trading.journal_export import FORMATS, exported_table
    from trading.journal_reader import JournalReader
    from utils.errors import ConfigError
    from utils.files import write_bytes_atomically
    from utils.registry import lookup

    as_bytes = lookup(FORMATS, file_format, "format")
    if out.resolve() == file.resolve():
        raise ConfigError(f"`--out {out}` is the journal itself; choose another name")
    with JournalReader.open(file) as reader:
        found = exported_table(reader, table, with_account)
    write_bytes_atomically(out, as_bytes(found))
    console.print(f"{len(found.rows):,} rows of {table}: {shown(out)}", soft_wrap=True)

"""Whether a journal is whole: its chain from the first event on, its pages and its tables' form."""

from dataclasses import dataclass

from trading.journal_chain import Head, chain_report, contains, stored_events
from trading.journal_connection import in_one_line
from trading.journal_reader import JournalReader
from trading.journal_schema import own_schema, schema_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found.

    Attributes:
        n_events: Sound ones, from the first on.
        head: The last of them.
        problems: One line each; none where the journal is whole.
    """

    n_events: int
    head: Head
    problems: tuple[str, ...]


def verify(reader: JournalReader, noted_hash: str | None = None) -> Verification:
    """Follow the whole chain, and look at the pages of the file and the form of its tables.

    Args:
        reader: Of the journal.
        noted_hash: A head that was noted earlier; where the chain has it no more, events were cut
            off its end, or all of it was made anew.

    Raises:
        JournalError: If the file cannot be read at all.
    """
    connection = reader.connection
    with reader.at_one_moment(), in_one_line(reader.path, "read"):
        report = chain_report(stored_events(connection), Head())
        problems = [] if report.fault is None else [str(report.fault)]
        if schema_of(connection) != own_schema():
            problems.append("tables, indices or triggers are not as they were made")
        damage = [text for (text,) in connection.execute("PRAGMA integrity_check")]
        problems += [] if damage == ["ok"] else damage
        if noted_hash is not None and not contains(connection, noted_hash):
            problems.append(f"no event has the noted hash {noted_hash}: events are missing")
    return Verification(n_events=report.n_events, head=report.head, problems=tuple(problems))

"""Words of messages that depend on a number."""


def counted(count: int, noun: str) -> str:
    """Return e.g. "1 trade" and "2,000 trades"; `noun` in the singular, with a plural in s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

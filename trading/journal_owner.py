"""Whose journal a file is: one account in one mode, so that paper never counts as live."""

from dataclasses import dataclass, field

from utils.errors import ConfigError

MODES = ("sim", "paper", "live")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalOwner:
    """The account and mode that a journal belongs to for good.

    Attributes:
        account: The account id at the broker; kept out of reprs and messages.
        mode: One of MODES.

    Raises:
        ConfigError: If there is no such mode, or no account.
    """

    account: str = field(repr=False)
    mode: str

    def __post_init__(self) -> None:
        """Refuse an owner that is nobody."""
        if self.mode not in MODES:
            raise ConfigError(f"a journal's mode must be of {', '.join(MODES)}, was `{self.mode}`")
        if not self.account.strip():
            raise ConfigError("a journal needs the account that it is of, was empty")

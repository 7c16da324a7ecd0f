"""How the gateway listens and what it says of itself."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from utils.errors import ConfigError

LOWEST_VERSION, HIGHEST_VERSION = 157, 178
"""What both client libraries speak; from 201 on the protocol is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Of one gateway.

    Attributes:
        host: Where it listens; loopback, so that nobody else can reach it, unless told otherwise.
        port: 0 takes a free one, which it then keeps.
        version: The highest version of the protocol that it speaks, 157 to 178.
        zone: In which it tells times, an IANA name; TWS should be set to UTC as well.
        handshake_seconds: For which it waits until a client has said who it is.

    Raises:
        ConfigError: If the version is none of those, or there is no such zone.
    """

    host: str = "127.0.0.1"
    port: int = 0
    version: int = 176
    zone: str = "UTC"
    handshake_seconds: float = 30.0

    def __post_init__(self) -> None:
        if not LOWEST_VERSION <= self.version <= HIGHEST_VERSION:
            raise ConfigError(
                f"`version` of the gateway must be {LOWEST_VERSION} to {HIGHEST_VERSION}, "
                f"was {self.version}"
            )
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigError(
                f"`zone` of the gateway must be a zone such as US/Central, was {self.zone!r}"
            ) from error

    def agreed_version(self, lowest: int, highest: int) -> int | None:
        """Return the version to speak with a client, None where there is none.

        Args:
            lowest: That the client speaks.
            highest: That the client speaks; what is beyond ours is not offered to it.
        """
        version = min(highest, self.version)
        return version if version >= max(lowest, LOWEST_VERSION) else None

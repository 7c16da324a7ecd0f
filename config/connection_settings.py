"""How long the connection to a broker may be silent, and what is done about it: all its timers."""

from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from config.checking import FrozenSettings


class ConnectionSettings(FrozenSettings):
    """Where a broker is, and its timers in seconds; `time_scale` shortens all of them alike.

    Attributes:
        host: Name or address of the machine that TWS runs on.
        port: Its API port.
        client_id: Always the same one; 0 would take over orders that were entered by hand.
        connect_seconds: Limit of the socket and of the handshake, each.
        probe_every_seconds: How often the broker is asked for its clock.
        probe_seconds: Limit of its answer; beyond it the socket is taken for dead.
        list_seconds: Limit of each list: positions, open orders, executions, completed orders.
        late_answer_seconds: How long a list that did not come in time is still reckoned with.
        close_seconds: How long an orderly close may take to send what is queued.
        first_retry_seconds: Wait after the first failed attempt to connect; doubled each time.
        last_retry_seconds: Where the doubling ends.
        retry_jitter: Share of a wait that chance adds at most.
        alert_after_seconds: Times of an unplanned outage at which somebody is told, ascending.
        planned_from: Start of the daily restart, local to `planned_zone`.
        planned_until: Its end; before the start, it is of the next day.
        planned_zone: IANA name.
        silence_seconds: How long no bar may come in an open market before data count as stale.
        history_again_seconds: Least time between two requests for the same history, which the
            broker refuses sooner; 0, for one that never does, lets all requests out at once.
        request_seconds: Limit of one request for bars or contracts.
        gap_retries: How often bars that history lacks are asked for again, with growing waits,
            before they are taken never to have been: nobody traded.
        max_messages_per_second: More than so many are refused before they are sent.
        time_scale: What every time above is multiplied by; below 1 in tests.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=7497, ge=1, le=65_535)
    client_id: int = Field(default=1, ge=1, le=2**31 - 1)
    connect_seconds: float = Field(default=10.0, gt=0, le=600)
    probe_every_seconds: float = Field(default=5.0, gt=0, le=600)
    probe_seconds: float = Field(default=3.0, gt=0, le=600)
    list_seconds: float = Field(default=10.0, gt=0, le=600)
    late_answer_seconds: float = Field(default=60.0, gt=0, le=3_600)
    close_seconds: float = Field(default=2.0, gt=0, le=60)
    first_retry_seconds: float = Field(default=1.0, gt=0, le=60)
    last_retry_seconds: float = Field(default=60.0, gt=0, le=3_600)
    retry_jitter: float = Field(default=0.25, ge=0, le=1)
    alert_after_seconds: tuple[float, ...] = (60.0, 300.0, 900.0)
    planned_from: time = time(16, 0)
    planned_until: time = time(17, 0)
    planned_zone: str = "America/Chicago"
    silence_seconds: float = Field(default=30.0, gt=0, le=86_400)
    history_again_seconds: float = Field(default=15.0, ge=0, le=600)
    request_seconds: float = Field(default=60.0, gt=0, le=600)
    gap_retries: int = Field(default=5, ge=0, le=100)
    max_messages_per_second: int = Field(default=40, ge=1, le=50)
    time_scale: float = Field(default=1.0, gt=0, le=10)

    @field_validator("alert_after_seconds")
    @classmethod
    def _ascending(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if any(value <= 0 for value in values) or list(values) != sorted(set(values)):
            raise ValueError("must be positive and ascending")
        return values

    @field_validator("planned_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("must be the name of a time zone, e.g. America/Chicago") from error
        return name

    def scaled(self, seconds: float) -> float:
        """Return one of the times above as it is to be waited for."""
        return seconds * self.time_scale

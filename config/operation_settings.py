"""How a trader tells people and machines what it does: alerts, heartbeat, metrics, logs.

Addresses of alert services are no settings but secrets: trading/alert_targets.py reads those.
"""

from pydantic import Field

from config.checking import FrozenSettings


class AlertSettings(FrozenSettings):
    """How an alert is sent.

    Attributes:
        timeout_seconds: Of one attempt to send, for connecting and for reading each.
        n_retries: Further attempts of an alert that could not be sent.
        retry_seconds: Between two attempts.
        queue_size: Alerts that may wait for one service; further ones are dropped, and counted.
        close_seconds: How long a trader that ends waits for what is still to be sent.
    """

    timeout_seconds: float = Field(default=4.0, gt=0, le=60)
    n_retries: int = Field(default=5, ge=0, le=100)
    retry_seconds: float = Field(default=20.0, gt=0, le=3_600)
    queue_size: int = Field(default=100, ge=1, le=10_000)
    close_seconds: float = Field(default=3.0, ge=0, le=60)


class HeartbeatSettings(FrozenSettings):
    """The sign of life to an outside watcher: how often, and how long one attempt may take."""

    every_seconds: float = Field(default=60.0, gt=0, le=3_600)
    timeout_seconds: float = Field(default=5.0, gt=0, le=60)


class MetricsSettings(FrozenSettings):
    """Where metrics are served.

    Attributes:
        is_enabled: Whether they are at all.
        address: An address of this machine; anything but loopback needs `is_public_allowed`.
        port: 0 takes any free one.
        is_public_allowed: Whether other machines may read them.
    """

    is_enabled: bool = True
    address: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=9464, ge=0, le=65_535)
    is_public_allowed: bool = False


class LogSettings(FrozenSettings):
    """The trader's log.

    Attributes:
        max_bytes: Size at which a file is closed.
        n_kept: How many closed ones are kept.
        n_waiting: Lines that may wait for a disk or a terminal; further ones are lost, and counted.
        close_seconds: How long a trader that ends waits for what is still to be written.
    """

    max_bytes: int = Field(default=10_000_000, ge=1_000, le=10_000_000_000)
    n_kept: int = Field(default=10, ge=1, le=1_000)
    n_waiting: int = Field(default=10_000, ge=1, le=1_000_000)
    close_seconds: float = Field(default=1.0, ge=0, le=60)


class DisplaySettings(FrozenSettings):
    """How a status is shown: on the terminal, and in status.json.

    Attributes:
        draw_seconds: The terminal is drawn no more often than this,
        redraw_seconds: and again after so long without a new status, which shows its age.
        write_seconds: The file is written no more often than this.
        close_seconds: How long a trader that ends waits for the last of each.
    """

    draw_seconds: float = Field(default=0.5, ge=0, le=60)
    redraw_seconds: float = Field(default=1.0, gt=0, le=60)
    write_seconds: float = Field(default=0.5, ge=0, le=60)
    close_seconds: float = Field(default=1.0, ge=0, le=60)


class OperationSettings(FrozenSettings):
    """All of it, as a trading process is given it."""

    alerts: AlertSettings = AlertSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    display: DisplaySettings = DisplaySettings()

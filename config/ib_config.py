"""Where the broker is: read from the environment, checked, and never printed with secrets.

Which of the two ports is used is the caller's choice; the account id is given at the command line
and is no part of this.
"""

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from utils.errors import ConfigError


class IBConfig(BaseSettings):
    """Address of TWS or IB Gateway: IB_HOST, IB_PAPER_PORT, IB_LIVE_PORT and IB_CLIENT_ID.

    Attributes:
        host: Name or address of the machine that TWS runs on.
        paper_port: Port of a paper session.
        live_port: Port of a live session.
        client_id: Tells our connection from other API clients of the same TWS.
    """

    model_config = SettingsConfigDict(env_prefix="IB_", frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", min_length=1)
    paper_port: int = Field(default=7497, ge=1, le=65_535)
    live_port: int = Field(default=7496, ge=1, le=65_535)
    client_id: int = Field(default=1, ge=0, le=2**31 - 1)


def load_ib_config() -> IBConfig:
    """Return the broker's address from the environment.

    Raises:
        ConfigError: If a variable is out of bounds, or both ports are one: an order meant for
            paper must not reach a live session.
    """
    try:
        config = IBConfig()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"IB_{first['loc'][0]}".upper()
        message = first["msg"][0].lower() + first["msg"][1:]
        raise ConfigError(
            f"environment variable {name}: {message}, was {first['input']!r}"
        ) from error
    if config.paper_port == config.live_port:
        raise ConfigError(
            f"environment variables IB_PAPER_PORT and IB_LIVE_PORT must differ, "
            f"both were {config.live_port}"
        )
    return config


def load_trader_ib_config() -> IBConfig:
    """Return the broker's address for a program that sends orders.

    Raises:
        ConfigError: As `load_ib_config`, and if the client id is 0: orders entered by hand in TWS
            would be taken over, and ours could not be told from them.
    """
    config = load_ib_config()
    if config.client_id == 0:
        raise ConfigError(
            "environment variable IB_CLIENT_ID: must be >= 1 to trade (client 0 takes over orders "
            "that were entered by hand), was 0"
        )
    return config

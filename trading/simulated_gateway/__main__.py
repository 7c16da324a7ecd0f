"""The gateway as its own process: `python -m trading.simulated_gateway --bars FILE --symbol MNQ`.

It prints one line of JSON with its ports and serves until it is told to end (SIGTERM, Ctrl-C).
"""

from pathlib import Path
from typing import Annotated

from typer import Option

from utils.cli import DebugOption, make_app, run

app = make_app()


@app.command()
def gateway(  # noqa: PLR0913, PLR0917 - each option is an argument
    bars: Annotated[
        Path | None, Option(help="Parquet file to replay; without, prices are set by hand.")
    ] = None,
    symbol: Annotated[str, Option(help="What is traded.")] = "MNQ",
    port: Annotated[int, Option(help="Of the TWS protocol; 0 takes a free one.")] = 0,
    control_port: Annotated[int, Option(help="Of the control socket; 0 takes a free one.")] = 0,
    host: Annotated[str, Option(help="Where clients can reach it.")] = "127.0.0.1",
    speed: Annotated[
        str, Option(help="lockstep, manual, or market seconds per second, e.g. 60.")
    ] = "lockstep",
    start: Annotated[
        str | None, Option(help="First bar to live through, e.g. 2024-01-02T15:00+00:00.")
    ] = None,
    protocol: Annotated[int, Option(help="Highest version to speak, 157 to 178.")] = 176,
    zone: Annotated[str, Option(help="In which times are told.")] = "UTC",
    account: Annotated[str, Option(help="DU... is a paper account.")] = "DU1234567",
    cash: Annotated[float, Option(help="What the account begins with, USD.")] = 100_000.0,
    debug: DebugOption = False,
) -> None:
    """Be a TWS that trades with nobody, for tests and rehearsals; on loopback unless told."""
    # Late, so that --help is quick.
    from trading.simulated_gateway.process import ProcessSettings, run_process  # noqa: PLC0415
    from trading.simulated_gateway.server_settings import ServerSettings  # noqa: PLC0415
    from trading.simulated_gateway.settings import BrokerSettings  # noqa: PLC0415

    run_process(
        ProcessSettings(
            symbol=symbol,
            bars=bars,
            speed=speed,
            start=start,
            broker=BrokerSettings(account=account, cash_usd=cash),
            server=ServerSettings(host=host, port=port, version=protocol, zone=zone),
            control_port=control_port,
        )
    )


if __name__ == "__main__":
    run(app)

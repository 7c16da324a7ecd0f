"""Trade models, simulated, on paper or live, and tell a trader what to do."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from collections.abc import Callable
from typing import Annotated

from typer import Context, Option

from scripts.trade_commands.adopt import adopt
from scripts.trade_commands.flatten import flatten
from scripts.trade_commands.kill import kill
from scripts.trade_commands.options import Mode
from scripts.trade_commands.release import release
from scripts.trade_commands.reset_lock import reset_lock
from scripts.trade_commands.status import status
from utils.cli import DebugOption, make_app, run
from utils.errors import ConfigError

COMMANDS: dict[str, Callable[..., int]] = {
    "status": status,
    "flatten": flatten,
    "kill": kill,
    "release": release,
    "reset-lock": reset_lock,
    "adopt": adopt,
}
"""What each command is called; what it returns is the exit code."""

app = make_app()


@app.callback(invoke_without_command=True)
def trade(
    context: Context,
    model: Annotated[
        list[Path] | None,
        Option(help="Model directory made by train.py; several decide together."),
    ] = None,
    mode: Annotated[Mode | None, Option(help="Where orders go.")] = None,
    max_position: Annotated[int, Option(help="Largest position, contracts.")] = 1,
    max_daily_loss: Annotated[float, Option(help="Loss per trade date, USD.")] = 500.0,
    use_stop_loss: Annotated[
        bool, Option("--use-stop-loss", help="Accepted; stops are always on.")
    ] = True,
    forecaster: Annotated[
        Path | None, Option(help="Forecaster, for models that see forecasts.")
    ] = None,
    profile: Annotated[
        str | None, Option(help="Settings; live must name `live`.", show_default="the mode's")
    ] = None,
    account: Annotated[
        str | None, Option(help="Account id; live must name it.", show_default="the only one")
    ] = None,
    confirm_live: Annotated[
        bool, Option("--confirm-live", help="Live only: yes, real money.")
    ] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Do everything but send orders.")] = False,
    flatten_on_exit: Annotated[
        bool, Option("--flatten-on-exit", help="Close the position at the end.")
    ] = False,
    history: Annotated[Path | None, Option(help="Parquet bars that warm-up begins with.")] = None,
    bars: Annotated[Path | None, Option(help="Sim: parquet bars to replay.")] = None,
    speed: Annotated[
        str | None, Option(help="Sim: `fast`, or market seconds per second.", show_default="fast")
    ] = None,
    start: Annotated[str | None, Option(help="Sim: first bar to live through, UTC.")] = None,
    folder: Annotated[
        Path | None,
        Option(help="What the trader writes into.", show_default="var/trading/MODE[-ACCOUNT]"),
    ] = None,
    debug: DebugOption = False,
) -> int:
    """Trade MODEL under risk limits, or tell a trader what to do by a command."""
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return 0
    from scripts.trade_commands import start as starting
    from trading.order_limits import OrderLimits
    from trading.trade_request import TradeRequest

    sim_only = {"--bars": bars, "--speed": speed, "--start": start}
    chosen = starting.check_given(mode, model or [], sim_only)
    return starting.start(
        TradeRequest(
            models=tuple(model or ()),
            mode=chosen,
            limits=OrderLimits(max_position=max_position, max_daily_loss_usd=max_daily_loss),
            folder=starting.folder_to_use(chosen, account, folder),
            forecaster=forecaster,
            profile=profile,
            account=account,
            is_live_confirmed=confirm_live,
            is_dry_run=dry_run,
            is_flattened_on_exit=flatten_on_exit,
            history=history,
            bars=bars,
            speed=starting.parsed_speed(speed),
            start=starting.parsed_start(start),
        )
    )


def _refuse_options_before(context: Context) -> None:
    """Refuse options of trading in front of a command, which would not see them.

    Raises:
        ConfigError: Names the first one.
    """
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            command = context.invoked_subcommand
            raise ConfigError(f"`{option}` must stand behind `{command}`, not before it")


for name, command in COMMANDS.items():
    app.command(name)(command)


if __name__ == "__main__":
    run(app)

"""Back-test a model, an ensemble, several models, a strategy or signals, beside baselines."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Argument, Option

from scripts.second_market import OtherOption
from scripts.stored_forecasts import ForecastsOption
from utils.cli import DebugOption, make_app, run

MODELS_OWN = "the model's"

app = make_app()


@app.command()
def backtest(
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    models: Annotated[
        list[Path] | None, Argument(help="Models to --compare.", show_default=False)
    ] = None,
    model: Annotated[
        list[Path] | None,
        Option(
            help="Model directory of train.py; several decide together.",
            metavar="<path>",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        bool, Option("--compare", help="Test MODELS side by side, each by itself.")
    ] = False,
    strategy: Annotated[
        str | None, Option(help="FILE.py:Name, a strategy of your own.", show_default=False)
    ] = None,
    signals: Annotated[
        str | None,
        Option(
            help="Trade the FORECASTS as this preset: conservative, moderate or aggressive.",
            show_default=False,
        ),
    ] = None,
    horizon: Annotated[
        int | None, Option(help="Bars ahead that the signals look.", show_default="12")
    ] = None,
    other: OtherOption = None,
    forecasts: ForecastsOption = None,
    initial_capital: Annotated[
        float | None, Option(help="Starting cash, USD.", show_default=MODELS_OWN)
    ] = None,
    symbol: Annotated[
        str | None, Option(help="Instrument; the model's, if the file agrees.")
    ] = None,
    commission: Annotated[
        float | None, Option(help="USD per contract and side.", show_default=MODELS_OWN)
    ] = None,
    slippage_ticks: Annotated[
        int | None, Option(help="Adverse ticks per fill.", show_default=MODELS_OWN)
    ] = None,
    fixed_sl_ticks: Annotated[
        float | None, Option(help="Stop distance, ticks.", show_default=MODELS_OWN)
    ] = None,
    start: Annotated[
        str | None,
        Option(
            help="First decision, UTC.", show_default="after the training, or the first forecast"
        ),
    ] = None,
    end: Annotated[str | None, Option(help="Last bar, UTC.", show_default="of DATA")] = None,
    in_sample: Annotated[
        bool, Option("--in-sample", help="Also test on bars the model was trained on.")
    ] = False,
    stress: Annotated[
        bool, Option("--stress", help="Also hard weeks, and made-up crises and shifts.")
    ] = False,
    quick: Annotated[bool, Option("--quick", help="Leave out the tests of significance.")] = False,
    seed: Annotated[int, Option(help="Seeds the random baseline and every draw.")] = 0,
    out: Annotated[
        Path | None,
        Option(help="Folder for report and metrics.", show_default="var/reports/MODELS_on_DATA"),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Back-test models, a strategy or signals on the bars of DATA, unseen by models."""
    ways = {
        "--model": bool(model),
        "--compare": compare,
        "--strategy": strategy is not None,
        "--signals": signals is not None,
    }
    _check_asked(models or [], ways, horizon)
    from scripts import backtesting, comparing, signalling

    asked = backtesting.Asked(
        data=data,
        other=other,
        forecasts=forecasts,
        account={
            "initial_capital": initial_capital,
            "commission": commission,
            "slippage_ticks": slippage_ticks,
            "stop_loss_ticks": fixed_sl_ticks,
        },
        symbol=symbol,
        start=start,
        end=end,
        in_sample=in_sample,
        seed=seed,
        out=out,
        is_quick=quick,
        has_stress=stress,
    )
    if signals is not None:
        signalling.back_test_signals(signals, horizon, asked)
    elif strategy is not None:
        backtesting.back_test_strategy(strategy, asked)
    elif compare:
        comparing.compare_models(models or [], asked)
    else:
        backtesting.back_test_models(model or [], asked)


def _check_asked(models: list[Path], given: Mapping[str, bool], horizon: int | None) -> None:
    """Refuse anything but one of the ways, and what only another one has a use for."""
    from utils.errors import ConfigError

    ways = [name for name, is_given in given.items() if is_given]
    if len(ways) != 1:
        found = " and ".join(ways) or "none of them"
        raise ConfigError(f"give one of --model, --compare, --strategy and --signals, was {found}")
    if models and not given["--compare"]:
        raise ConfigError(
            f"`{models[0]}` stands alone: say --model before it, or --compare to test several"
        )
    if horizon is not None and not given["--signals"]:
        raise ConfigError(f"`--horizon` is for `--signals`, not for `{ways[0]}`; leave it out")


if __name__ == "__main__":
    run(app)

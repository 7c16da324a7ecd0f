"""Back-test a saved model, or several as one, beside the baselines on bars that none has seen."""

import sys
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from scripts.second_market import OtherOption
from utils.cli import DebugOption, make_app, run

MODELS_OWN = "the model's"

app = make_app()


@app.command()
def backtest(
    model: Annotated[
        list[Path],
        Option(help="Model directory of train.py; several decide together.", metavar="<path>"),
    ],
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    other: OtherOption = None,
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
        str | None, Option(help="First decision, UTC.", show_default="after the training")
    ] = None,
    end: Annotated[str | None, Option(help="Last bar, UTC.", show_default="of DATA")] = None,
    in_sample: Annotated[
        bool, Option("--in-sample", help="Also test on bars the model was trained on.")
    ] = False,
    seed: Annotated[int, Option(help="Seeds the random baseline.")] = 0,
    out: Annotated[
        Path | None,
        Option(help="Folder for report and metrics.", show_default="var/reports/MODELS_on_DATA"),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Back-test MODEL on the bars of DATA that came after its training."""
    from backtest.engine import BacktestEngine
    from scripts import printing, second_market, workflow
    from utils.paths import REPORTS_DIR

    names = "_and_".join(each.resolve().name for each in model)
    usual = REPORTS_DIR / f"{names}_on_{data.stem}"
    with workflow.report_directory(out, usual) as folder:
        agent = workflow.load_policy(model)
        known_as = agent.provenance.get(workflow.DATA_SYMBOL)
        bars, traded = workflow.bars_to_trade(data, symbol, agent.env_settings.symbol, known_as)
        second_market.check_same(agent, bars, other, data)
        bars = second_market.beside(bars, agent.feature_set.specs, other)
        engine = BacktestEngine(
            df=bars,
            initial_capital=initial_capital,
            commission=commission,
            slippage_ticks=slippage_ticks,
            symbol=traded,
            stop_loss_ticks=fixed_sl_ticks,
            start=start if in_sample else workflow.unseen_start(agent, bars, data, start),
            end=end,
        )
        results = workflow.run_beside_baselines(engine, agent, seed)
        files = [data] if other is None else [data, other]
        is_synthetic = any(map(workflow.is_synthetic, files))
        report = workflow.write_results(folder, results, bars, agent, is_synthetic=is_synthetic)
    printing.print_results(results)
    printing.console.print(f"report: {printing.shown(report)}")


if __name__ == "__main__":
    run(app)

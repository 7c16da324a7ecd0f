"""Show the whole line in a minute: synthetic bars, features, PPO, an unseen back-test, a report."""

import sys
import time
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from utils.cli import DebugOption, make_app, run

app = make_app()


@app.command()
def demo(
    seed: Annotated[int, Option(help="Seeds market, network and baselines.")] = 0,
    profile: Annotated[str, Option(help="Settings to use.")] = "demo",
    debug: DebugOption = False,
) -> None:
    """Train on a synthetic market that overreacts and back-test on bars never seen."""
    started = time.perf_counter()
    from backtest.engine import BacktestEngine
    from config.settings import load_profile, overridden
    from scripts import printing, workflow
    from scripts.training import TrainingFiles, train_and_save
    from utils.paths import REPORTS_DIR

    base = load_profile(profile)
    agent_settings = overridden(base.agent, {"seed": seed}, "the options of demo.py")
    settings = base.model_copy(update={"agent": agent_settings})
    data, bars = workflow.make_demo_bars(settings)
    with workflow.model_directory(None) as directory:
        agent = train_and_save(bars, settings, TrainingFiles(directory=directory))
    engine = BacktestEngine(
        bars,
        initial_capital=settings.env.initial_balance,
        slippage_ticks=settings.env.slippage_ticks,
        start=workflow.unseen_start(agent, bars, data),
    )
    results = workflow.run_beside_baselines(engine, agent, seed)
    report = workflow.write_results(REPORTS_DIR / "demo", results, bars, agent, is_synthetic=True)
    printing.print_results(results)
    printing.console.print(f"report: {printing.shown(report)}")
    model, file = printing.shown(directory), printing.shown(data)
    printing.print_commands(
        "next, on other settings, on your own bars, and without training",
        f"scripts/train.py --data {file} --reward pnl --timesteps 100000 --tensorboard",
        "scripts/train.py --data YOUR_BARS.parquet --symbol MNQ --timesteps 100000 --reward pnl",
        f"scripts/backtest.py --model {model} --data {file} --slippage-ticks 2",
    )
    printing.console.print(f"demo finished in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    run(app)

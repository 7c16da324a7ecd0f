"""Show the whole line in a minute: a market of known optimum, and how much of it is learnt."""

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
    seed: Annotated[int, Option(help="Seeds market, networks and baselines.")] = 0,
    profile: Annotated[str, Option(help="Settings to use.")] = "demo",
    debug: DebugOption = False,
) -> None:
    """Train EPG and PPO on a market with a planted edge, and back-test both on unseen bars."""
    started = time.perf_counter()
    from config.settings import load_profile, overridden
    from data.planted_edge import EDGES
    from scripts import demo_agents, printing, reporting, workflow
    from utils.paths import REPORTS_DIR
    from utils.registry import lookup

    base = load_profile(profile)
    edge = lookup(EDGES, base.demo.strength, "strength")
    agent_settings = overridden(base.agent, {"seed": seed}, "the options of demo.py")
    settings = base.model_copy(update={"agent": agent_settings})
    data, bars = workflow.make_demo_bars(settings)
    agents = demo_agents.train_both(bars, settings, edge)
    done = demo_agents.back_test_both(agents, bars, settings, data)
    results, best = done.results, agents["EPG"]
    report = reporting.write_results(REPORTS_DIR / "demo", done)
    printing.print_results(results)
    demo_agents.print_shares(results, bars, edge)
    printing.console.print(f"report: {printing.shown(report)}")
    model, file = printing.shown(best.directory), printing.shown(data)
    names = ",".join((*edge.signal_columns, "log_return", "rsi"))
    printing.print_commands(
        "next, on other settings, on your own bars, and without training",
        f"scripts/train.py --data {file} --features {names} --reward pnl --tensorboard",
        "scripts/train.py --data YOUR_BARS.parquet --symbol MNQ --algorithm EPG --reward pnl",
        f"scripts/backtest.py --model {model} --data {file} --slippage-ticks 2",
    )
    printing.console.print(f"demo finished in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    run(app)

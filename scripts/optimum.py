"""Say what a planted edge is worth at given costs: its best policy, simple rules, a kernel run."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from utils.cli import DebugOption, make_app, run

if TYPE_CHECKING:
    from scripts.optimum_figures import Figures

app = make_app()


@app.command()
def optimum(
    strength: Annotated[str, Option(help="weak, medium or strong.")] = "medium",
    symbol: Annotated[str, Option(help="Instrument: its tick value and fees.")] = "MNQ",
    max_position: Annotated[int, Option(help="Largest position, contracts.")] = 1,
    commission: Annotated[float | None, Option(help="USD per contract and side.")] = None,
    slippage_ticks: Annotated[int, Option(help="Adverse ticks per fill.")] = 1,
    bars: Annotated[int, Option(help="Bars to confirm it on; 0 for none.")] = 50_000,
    seed: Annotated[int, Option(help="Seeds these bars.")] = 0,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
    debug: DebugOption = False,
) -> None:
    """Solve for the best policy on a planted edge, and confirm its value through the kernel."""
    from backtest.optimum import optimum_of
    from config.settings import EnvSettings, checked
    from data.planted_edge import EDGES
    from scripts import optimum_figures
    from utils.registry import lookup

    terms = {
        "symbol": symbol,
        "max_position": max_position,
        "commission": commission,
        "slippage_ticks": slippage_ticks,
        "initial_balance": optimum_figures.NEVER_RUINED_USD,
        "stop_loss_ticks": None,
        "lookback_window": 1,
    }
    best = optimum_of(
        lookup(EDGES, strength, "strength"), checked(EnvSettings, terms, "the account")
    )
    figures: Figures = {"strength": strength, **optimum_figures.optimum_figures(best)}
    figures["rules"] = optimum_figures.rule_figures(best)
    if bars != 0:
        figures["kernel"] = optimum_figures.kernel_figures(best, strength, bars, seed)
    if as_json:
        print(json.dumps(figures))
    else:
        _print_figures(figures)


def _print_figures(figures: "Figures") -> None:
    print(
        "edge `{strength}`: drift of sd {sd_ticks:g} ticks per bar, half-life {half_life_bars:g} "
        "bars; {n_signals} signals of noise {signal_noise:g}; filtered sd {filtered_sd_ticks:.3f} "
        "ticks".format(**figures)
    )
    print(
        "account: {symbol}, largest position {max_position}, {cost_per_side_usd:.2f} USD "
        "({cost_per_side_ticks:.2f} ticks) per contract and side, no stop".format(**figures)
    )
    if figures["buy_at_ticks"] is None:
        print("optimum: never trade, every trade costs more than it can expect")
    else:
        print(
            "optimum: long at a filtered drift >= {buy_at_ticks:.3f} ticks per bar, short at <= "
            "{sell_at_ticks:.3f}, between them hold".format(**figures)
        )
    print(
        "value: {value_per_bar_usd:.4f} USD per bar, {value_per_session_usd:,.2f} per session, "
        "{value_per_year_usd:,.0f} per year".format(**figures)
    )
    _print_rules(figures["rules"])
    if "kernel" in figures:
        _print_kernel(figures["kernel"])


def _print_rules(rules: "list[Figures]") -> None:
    print(f"\n{'USD per bar':<44}{'gross':>9}{'costs':>9}{'net':>9}{'of optimum':>12}")
    for rule in rules:
        share = "-" if rule["of_optimum"] is None else f"{rule['of_optimum']:.1%}"
        print("{rule:<44}{gross_usd:9.4f}{cost_usd:9.4f}{net_usd:9.4f}".format(**rule), end="")
        print(f"{share:>12}")


def _print_kernel(kernel: "Figures") -> None:
    print(
        "\nkernel: {n_bars:,} bars of `{preset}`, seed {seed}, {n_trades:,} trades; expected "
        "{expected_usd:,.0f} USD net".format(**kernel)
    )
    for name, meaning in (("realised", "realised"), ("foreseen", "given signals")):
        line = kernel[name]
        error = line["standard_error_usd"]
        spread = "" if error is None else f" (standard error {error:,.0f}, z {line['z']:+.2f})"
        print(f"  {meaning}: {line['net_usd']:,.0f} USD net{spread}")
    information = kernel["information_in_moves"]
    if information is not None:
        print(
            f"  moves of the price, shocks of {kernel['shock_sd_ticks']:.1f} ticks, would "
            f"add {information:.2%} to the optimum"
        )


if __name__ == "__main__":
    run(app)

"""Hold engines to the conformance suite: what each fills and pays, case by case.

Exit code 0 if our kernel does every case, and its mirror, as written; 1 if not.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import typer
from typer import Option

from utils.cli import DebugOption, make_app, run

if TYPE_CHECKING:
    from env.conformance.runner import Outcome

app = make_app()

KERNEL = "kernel"


@app.command()
def conformance(
    engine: Annotated[
        list[str] | None,
        Option(help="kernel, backtesting or backtrader; once for each. The kernel always runs."),
    ] = None,
    as_json: Annotated[bool, Option("--json", help="One JSON object per case and engine.")] = False,
    debug: DebugOption = False,
) -> None:
    """Run every case through our kernel, and through the engines named, and print a table."""
    from env.conformance.cases import load_cases
    from env.conformance.kernel_engine import KernelEngine
    from env.conformance.runner import Verdict, run_cases
    from scripts.conformance_peers import PEERS, PeerEngine
    from utils.registry import lookup

    peers = [name for name in dict.fromkeys(engine or []) if name != KERNEL]
    for name in peers:
        lookup({**PEERS, KERNEL: ""}, name, "engine")
    file = load_cases()
    outcomes = {KERNEL: run_cases(KernelEngine(), file)}
    for name in peers:
        peer = PeerEngine(name, file)
        outcomes[f"{name} {peer.version}"] = run_cases(peer, peer.file)
    if as_json:
        _print_json(outcomes)
    else:
        _print_table(outcomes)
    if any(outcome.verdict != Verdict.MATCH for outcome in outcomes[KERNEL]):
        raise typer.Exit(1)


def _print_json(outcomes: "dict[str, list[Outcome]]") -> None:
    for heading, of_engine in outcomes.items():
        version = heading.partition(" ")[2]
        for one in of_engine:
            line = {
                "case": one.case,
                "engine": one.engine,
                "version": version or None,
                "verdict": one.verdict.value,
                "detail": one.detail,
            }
            print(json.dumps(line))


def _print_table(outcomes: "dict[str, list[Outcome]]") -> None:
    """Print one row per case, and how many of each verdict, as Markdown."""
    print(f"| case | {' | '.join(outcomes)} |")
    print(f"|---|{'---|' * len(outcomes)}")
    for row in zip(*outcomes.values(), strict=True):
        cells = [one.verdict + (f": {one.detail}" if one.detail else "") for one in row]
        print(f"| {row[0].case} | {' | '.join(cells)} |")
    print(f"| matches of {len(outcomes[KERNEL])} | {' | '.join(map(_count, outcomes.values()))} |")


def _count(outcomes: "list[Outcome]") -> str:
    verdicts = [one.verdict.value for one in outcomes]
    others = [
        f"{verdicts.count(verdict)} {verdict}"
        for verdict in dict.fromkeys(verdicts)
        if verdict != "match"
    ]
    return "; ".join([str(verdicts.count("match")), *sorted(others)])


if __name__ == "__main__":
    run(app)

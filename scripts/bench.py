"""Measure how fast FuturesGym is, suite by suite, each figure checked for having done its work."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from utils.cli import DebugOption, make_app, run

app = make_app()

USERS = {"--bars": ("forecast", "forecast_value", "learning"), "--figure": ("learning",)}
"""Options that only some suites have a use for."""


@app.command()
def bench(
    suite: Annotated[
        str,
        Option(
            help="env, data, engine, features, forecast, training, learning, forecast_value, live, "
            "scale or startup."
        ),
    ],
    as_json: Annotated[bool, Option("--json", help="One JSON object per line.")] = False,
    quick: Annotated[bool, Option("--quick", help="Less work: a smoke test, no figures.")] = False,
    bars: Annotated[
        Path | None,
        Option(help="Parquet file of bars: to learn on too, or to forecast; those suites."),
    ] = None,
    figure: Annotated[
        Path | None, Option(help="PNG to draw the learning curves into; suite learning.")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Measure one suite and print its lines as they come."""
    _check_options(suite, {"--bars": bars, "--figure": figure})
    from scripts.benchmarks.data import data_suite
    from scripts.benchmarks.engine import engine_suite
    from scripts.benchmarks.env import env_suite
    from scripts.benchmarks.features import features_suite
    from scripts.benchmarks.forecast import forecast_suite
    from scripts.benchmarks.forecast_value import forecast_value_suite
    from scripts.benchmarks.learning import learning_suite
    from scripts.benchmarks.live import live_suite
    from scripts.benchmarks.scale_out import scale_suite
    from scripts.benchmarks.startup import startup_suite
    from scripts.benchmarks.training import training_suite
    from utils.registry import lookup

    suites = {
        "env": env_suite,
        "data": data_suite,
        "engine": engine_suite,
        "features": features_suite,
        "forecast": partial(forecast_suite, bars=bars),
        "training": training_suite,
        "learning": partial(learning_suite, bars=bars, figure=figure),
        "forecast_value": partial(forecast_value_suite, bars=bars),
        "live": live_suite,
        "scale": scale_suite,
        "startup": startup_suite,
    }
    for line in lookup(suites, suite, "suite")(quick):
        if as_json:
            print(json.dumps(line.as_dict()), flush=True)
            continue
        beside = "" if line.ratio is None else f"  {line.ratio:.2f} x {line.reference}"
        print(
            f"{line.suite:<9} {line.name:<18} {line.value:>12,.3f} {line.unit}{beside}", flush=True
        )


def _check_options(suite: str, given: dict[str, Path | None]) -> None:
    """Refuse what the suite has no use for, and a picture that cannot be written."""
    from utils.errors import ConfigError
    from utils.files import check_writable

    for name, path in given.items():
        if path is not None and suite not in USERS[name]:
            users = " and ".join(f"`--suite {user}`" for user in USERS[name])
            raise ConfigError(f"`{name}` is for {users}, was {suite}; leave it out")
    figure = given["--figure"]
    if figure is not None:
        if figure.suffix != ".png":
            raise ConfigError(f"`--figure` must be a .png file, was {figure}")
        check_writable(figure.parent, "--figure")


if __name__ == "__main__":
    run(app)

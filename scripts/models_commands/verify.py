"""The command `models.py verify`: whether models are whole, unchanged and usable here."""

from pathlib import Path
from typing import Annotated

from typer import Argument

IS_REFUSED = 2
"""Exit code where a model is not what it was."""


def verify(
    models: Annotated[list[Path], Argument(help="Model directories.")],
) -> int:
    """Check hashes, digest, versions and weights of each of MODELS; exit 2 if one is refused."""
    from scripts.printing import console, shown
    from utils.errors import FuturesGymError

    n_refused = 0
    for path in models:
        try:
            name = _loaded(path)
        except FuturesGymError as error:
            n_refused += 1
            console.print(f"REFUSED {shown(path)}: {error}", soft_wrap=True)
        else:
            console.print(f"ok      {shown(path)}: {name}", soft_wrap=True)
    return IS_REFUSED if n_refused else 0


def _loaded(path: Path) -> str:
    """Return the name of an agent, or of a forecaster, once all of it was checked."""
    from models.agent import TradingAgent
    from models.manifest import IsForecasterError

    try:
        return TradingAgent.load(path).name
    except IsForecasterError:
        from models.forecast.forecaster import Forecaster

        settings = Forecaster.load(path).settings
        return f"forecaster {settings.family} of {settings.symbol}"

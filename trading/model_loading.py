"""Load what is to trade, verified: model directories, and the forecaster whose forecasts they see.

Refused before anything is sent: what others may write to, models of another instrument, size of
bars or feature set, features that no live bar carries, forecasts without their forecaster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.decision_settings import DecisionSettings
from data.forecast_columns import all_columns
from data.second_frame import OTHER_COLUMNS
from models.agent import TradingAgent
from models.artifacts import MANIFEST
from models.ensemble import Ensemble
from models.forecast.forecaster import Forecaster
from models.load_policy import load_policy
from utils.errors import ArtifactError, ConfigError
from utils.files import canonical_json, sha256_of_bytes
from utils.private_files import why_not_private_tree


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedModel:
    """What decides, and what it must be shown.

    Attributes:
        policy: An agent, or an ensemble of agents.
        forecaster: Makes the forecasts that it sees; None where it sees none.
        identity: SHA-256 of the manifests and the forecaster: of what decisions and snapshots are.
    """

    policy: TradingAgent | Ensemble
    forecaster: Forecaster | None
    identity: str


def load_model(
    models: Sequence[Path],
    settings: DecisionSettings | None = None,
    forecaster: Path | None = None,
) -> LoadedModel:
    """Return the model of some directories: one agent, or several that decide together.

    Args:
        models: Directories, each verified file by file.
        settings: What is to be traded; None: whatever the models are made for.
        forecaster: Directory of the forecaster, where the models see forecasts.

    Raises:
        ArtifactError: If a directory is missing, damaged, edited, writable by others, or made for
            something else.
        ConfigError: If members do not fit each other, features cannot be computed live, or a
            forecaster is missing or not needed.
    """
    for folder in (*models, *([] if forecaster is None else [forecaster])):
        _check_own(folder)
    policy = load_policy(models)
    settings = _own_settings(policy) if settings is None else settings
    _check_traded(policy, settings)
    _check_live(policy)
    source = None if forecaster is None else Forecaster.load(forecaster)
    _check_forecaster(policy, source, settings)
    return LoadedModel(policy=policy, forecaster=source, identity=model_identity(models, source))


def model_identity(models: Sequence[Path], forecaster: Forecaster | None) -> str:
    """Return what decisions are written down to be of: SHA-256 of manifests and forecaster.

    Args:
        models: Directories that can be loaded, in the order in which they decide.
        forecaster: Makes the forecasts that they see; None where they see none.
    """
    hashes = [sha256_of_bytes((model / MANIFEST).read_bytes()) for model in models]
    seen = "" if forecaster is None else forecaster.identity
    return sha256_of_bytes(canonical_json([*hashes, seen]).encode())


def _own_settings(policy: TradingAgent | Ensemble) -> DecisionSettings:
    """Return what a model is made for."""
    seconds = int(policy.provenance["bar_seconds"])
    return DecisionSettings(symbol=policy.env_settings.symbol, bar_seconds=seconds)


def _check_own(folder: Path) -> None:
    """Refuse a directory that others may change, or put another in place of."""
    why = why_not_private_tree(folder)
    if why is not None:
        raise ArtifactError(
            f"the model `{folder}` is refused, since nobody knows what it would trade: {why}; then "
            "verify it with scripts/models.py"
        )


def _check_traded(policy: TradingAgent | Ensemble, settings: DecisionSettings) -> None:
    """Refuse a model for another instrument, or for bars of another size."""
    if policy.env_settings.symbol != settings.symbol:
        raise ArtifactError(
            f"the model {policy.name} is made for {policy.env_settings.symbol}, {settings.symbol} "
            "is to be traded: name the model of it, or trade what it is made for"
        )
    seconds = policy.provenance["bar_seconds"]
    if seconds != settings.bar_seconds:
        raise ArtifactError(
            f"the model {policy.name} was trained on bars of {seconds} s, live bars have "
            f"{settings.bar_seconds} s: set the size of the bars, or name another model"
        )


def _check_live(policy: TradingAgent | Ensemble) -> None:
    """Refuse features that cannot be computed of one live bar."""
    policy.feature_set.stream()
    for spec in policy.feature_set.specs:
        if spec.needs_other:
            raise ConfigError(
                f"feature `{spec.name}` of the model reads a second market "
                f"({', '.join(OTHER_COLUMNS)}), which is not there live: train without it"
            )


def _check_forecaster(
    policy: TradingAgent | Ensemble, source: Forecaster | None, settings: DecisionSettings
) -> None:
    """Refuse forecasts that nobody makes, or others than the model sees."""
    seen = policy.feature_set.forecasts
    if source is None:
        if seen:
            raise ConfigError(
                f"the model {policy.name} sees forecasts ({', '.join(seen)}): name the forecaster "
                "that makes them, a directory of scripts/forecast.py train"
            )
        return
    if not seen:
        raise ConfigError(f"the model {policy.name} sees no forecasts: leave the forecaster out")
    own = source.settings
    if own.symbol != settings.symbol or source.inputs.layer.clock.bar_seconds != (
        settings.bar_seconds
    ):
        raise ArtifactError(
            f"the forecaster is made for {own.symbol} in bars of "
            f"{source.inputs.layer.clock.bar_seconds} s, to be traded is {settings.symbol} in bars "
            f"of {settings.bar_seconds} s: name the one for it"
        )
    made = all_columns(own.horizons, source.heads)
    missing = [name for name in seen if name not in made]
    if missing:
        raise ArtifactError(
            f"the model sees `{missing[0]}`, which the forecaster of horizons {own.horizons} does "
            "not make: name the one that the model was trained with"
        )

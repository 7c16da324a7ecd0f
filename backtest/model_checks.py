"""Whether a model can be back-tested on certain bars: it must see its own features, all of them."""

from collections.abc import Sequence

import pandas as pd

from models.forecasts_seen import check_forecasts
from models.policy import TrainedPolicy
from utils.errors import ArtifactError, DataError


def check_feature_columns(agent: TrainedPolicy, feature_columns: Sequence[str] | None) -> None:
    """Refuse features that are not the model's own, in order; None stands for these.

    Raises:
        ArtifactError: If they differ.
    """
    own = agent.feature_set.names
    if feature_columns is None or list(feature_columns) == list(own):
        return
    raise ArtifactError(
        f"`feature_columns` must be the model's own, in order, {list(own)}, was "
        f"{feature_columns!r}; leave it out, or train a model on these features"
    )


def check_own_columns(agent: TrainedPolicy, bars: pd.DataFrame) -> None:
    """Refuse bars without the columns that the model was given in training.

    Raises:
        ArtifactError: If a forecast is missing.
        DataError: If another column is.
    """
    own = agent.feature_set
    check_forecasts(own, [name for name in own.forecasts if name in bars.columns])
    missing = [name for name in agent.feature_set.external if name not in bars.columns]
    if missing:
        raise DataError(
            f"the model needs the column `{missing[0]}` that its training bars had, these have "
            f"{', '.join(map(str, bars.columns))}; add it"
        )

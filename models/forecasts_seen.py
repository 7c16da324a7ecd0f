"""Whether a model is shown the forecasts that it learnt to look at: all of them, and no others."""

from collections.abc import Sequence

from data.feature_set import FeatureSet
from utils.errors import ArtifactError


def check_forecasts(own: FeatureSet, shown: Sequence[str]) -> None:
    """Refuse forecast columns that are not the model's own, in order.

    Args:
        own: What the model sees.
        shown: The forecast columns of the market, or of the bars that it is made from.

    Raises:
        ArtifactError: If they differ.
    """
    if tuple(shown) == own.forecasts:
        return
    if not own.forecasts:
        raise ArtifactError(
            f"the model sees no forecasts, the market has {', '.join(shown)}; leave out its "
            "`forecast_columns`, or retrain"
        )
    has = f"the market has {', '.join(shown)}" if shown else "the market has none"
    raise ArtifactError(
        f"the model sees forecast columns {', '.join(own.forecasts)}, {has}; join them with "
        "data.forecast_store.with_forecasts, or retrain"
    )

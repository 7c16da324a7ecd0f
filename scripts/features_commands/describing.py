"""A feature's specification, as commands print it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.indicators.spec import FeatureSpec


def described(spec: "FeatureSpec") -> dict[str, Any]:
    """Return all that is known of a feature, in types that JSON has."""
    from data.recipes import recipes_with

    return {
        "name": spec.name,
        "columns": list(spec.columns),
        "recipes": list(recipes_with(spec.name)),
        "formula": spec.formula,
        "source": spec.source,
        "unit": spec.unit,
        "bounds": spec.bounds,
        "parameters": list(spec.parameters),
        "warm_up": spec.warm_up,
        "lookback": spec.lookback,
        "session_rule": spec.session_rule,
        "needs_other": spec.needs_other,
        "centre": spec.centre,
        "spread": spec.spread,
        "state_size": spec.state_size,
        "price_state": [list(part) for part in spec.price_state],
        "version": spec.version,
        "kernel": f"{spec.kernel.__module__}.{spec.kernel.__name__}",
    }

"""An assessment as values for metrics.json: every figure, and why one is absent.

How it is shown to people is left to `assessment_tables.py`.
"""

import json
from dataclasses import asdict
from typing import Any

from backtest.assessed import Assessment
from backtest.comparisons import SeedDispersion
from backtest.deflation import Deflation
from backtest.overfitting import Overfitting
from backtest.random_traders import RandomTraders
from utils.files import canonical_json


def assessment_json(assessment: Assessment) -> dict[str, Any]:
    """Return all figures as JSON values, NaN and infinity as None; draws and paths are left out."""
    reruns, baselines = assessment.reruns, assessment.baselines or {}
    values = {
        "verdict": assessment.verdict,
        "confidence": assessment.confidence,
        "n_ambiguous": assessment.n_ambiguous,
        "intervals": {name: asdict(each) for name, each in assessment.intervals.items()},
        "deflation": _deflation_json(assessment.deflation),
        "random_traders": _random_json(assessment.random),
        "baselines": {name: asdict(each) for name, each in baselines.items()},
        "best_of_all": asdict(assessment.best_of_all) if assessment.best_of_all else None,
        "overfitting": _overfitting_json(assessment.overfitting),
        "reruns": {name: [asdict(each) for each in parts] for name, parts in reruns.items()},
        "trade_order": asdict(assessment.trade_order) if assessment.trade_order else None,
        "seeds": _seeds_json(assessment.seeds),
        "absent": dict(assessment.absent),
    }
    cleaned: dict[str, Any] = json.loads(canonical_json(values))
    return cleaned


def _deflation_json(deflation: Deflation | None) -> dict[str, Any] | None:
    """Return it without the looks, which rise each time that the same is run again."""
    if deflation is None:
        return None
    values = asdict(deflation)
    del values["uses"]
    return values


def _random_json(random: RandomTraders | None) -> dict[str, Any] | None:
    if random is None:
        return None
    return {
        "p_value": random.p_value,
        "n_traders": random.n_traders,
        "net_usd": sorted(random.net_usd.tolist()),
        "median_n_trades": random.median.metrics["n_trades"],
    }


def _overfitting_json(overfitting: Overfitting | None) -> dict[str, Any] | None:
    if overfitting is None:
        return None
    return {
        "pbo": overfitting.pbo,
        "probability_of_loss": overfitting.probability_of_loss,
        "degradation_slope": overfitting.degradation_slope,
        "n_splits": len(overfitting.logits),
    }


def _seeds_json(seeds: SeedDispersion | None) -> dict[str, Any] | None:
    if seeds is None:
        return None
    return {
        "names": list(seeds.names),
        "total_returns": seeds.total_returns.tolist(),
        "sharpes": seeds.sharpes.tolist(),
    }

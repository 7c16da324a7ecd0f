"""Settings as a profile that train.py takes, and a study's trials as a table."""

import json
from enum import Enum
from pathlib import Path
from typing import Any

import pandas as pd
from optuna import Study
from optuna.trial import TrialState

from backtest.search_space import SearchSpace
from backtest.tuning_study import REDONE
from backtest.tuning_trials import RECORD, REFUSED, SAME, WITHDRAWN
from config.env_settings import NOTHING
from config.settings import Settings
from utils.files import atomic_path, write_text_atomically

PROFILE_NAME = "best.toml"
TRIALS_NAME = "trials.csv"


def write_profile(path: Path, settings: Settings, remark: str) -> None:
    """Write what was ever set in settings; what was not stays to defaults and presets.

    Args:
        path: File to replace.
        settings: Of the best trial.
        remark: What stands above it, one line or several.
    """
    lines = [f"# {line}" for line in remark.splitlines()]
    for table, values in settings.model_dump(exclude_unset=True).items():
        lines += ["", f"[{table}]", *(f"{name} = {_toml(value)}" for name, value in values.items())]
    write_text_atomically(path, "\n".join(lines) + "\n")


def _toml(value: Any) -> str:
    if value is None:
        return json.dumps(NOTHING)
    if isinstance(value, Enum):
        return json.dumps(value.value)
    if isinstance(value, dict):
        own = (f"{name} = {_toml(each)}" for name, each in value.items() if each is not None)
        return f"{{ {', '.join(own)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)  # text, whole numbers and truths are written alike


def trials_frame(study: Study, space: SearchSpace) -> pd.DataFrame:
    """Return one row per trial, by number.

    Columns: number, state (complete, pruned, refused, failed, withdrawn, running, waiting), score
    (NaN where there is none), dispersion over the seeds, net_usd and n_trades over all folds and
    seeds, n_folds, redone_from, same_as, reason, and a value per dimension.
    """
    rows = []
    for trial in study.get_trials(deepcopy=False):
        record = trial.user_attrs.get(RECORD, {})
        rows.append(
            {
                "number": trial.number,
                "state": _state(trial.state, trial.user_attrs),
                "score": trial.value,
                "dispersion": record.get("dispersion"),
                "net_usd": sum(record.get("net_usd", [])),
                "n_trades": sum(record.get("n_trades", [])),
                "n_folds": len(trial.intermediate_values),
                "redone_from": trial.user_attrs.get(REDONE),
                "same_as": trial.user_attrs.get(SAME),
                "reason": trial.user_attrs.get(REFUSED, ""),
                **{name: trial.params.get(name) for name in space},
            }
        )
    return pd.DataFrame(rows)


def write_trials(path: Path, study: Study, space: SearchSpace) -> None:
    """Write `trials_frame` as CSV."""
    with atomic_path(path) as temporary:
        trials_frame(study, space).to_csv(temporary, index=False)


def _state(state: TrialState, notes: dict[str, Any]) -> str:
    if WITHDRAWN in notes:
        return WITHDRAWN
    if REFUSED in notes:
        return REFUSED
    return "failed" if state == TrialState.FAIL else state.name.lower()

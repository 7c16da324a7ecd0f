"""A tuning from its options to its best settings: prepared, run, interrupted, told.

Which settings a trial has and what it scores is left to backtest/tuning.py and its neighbours.
"""

import logging
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from optuna import Study

from backtest.search_defaults import default_space
from backtest.search_file import read_space
from backtest.search_space import FEATURES, Choices, SearchSpace, check_space, with_values
from backtest.trial_log import TrialLog
from backtest.tuning import Tuning
from backtest.tuning_owner import Owner
from backtest.tuning_storage import open_storage, storage_url, told_if_away, without_password
from backtest.tuning_study import PRUNERS, SAMPLERS, StudyPlan, identity_of, n_finished, open_study
from backtest.tuning_trials import TuningPlan
from config.settings import Settings, load_profile
from data.calendar import calendar_of
from data.feature_set import FeatureSet
from data.fold_edges import Dates
from data.forecast_frame import content_fingerprint
from data.planned_folds import PlannedFold, planned_folds
from data.splits import chronological_split
from data.store import fingerprint
from scripts import stored_forecasts, workflow
from scripts.ending import ending_cleanly
from scripts.fold_options import folded_by
from scripts.printing import console, shown
from scripts.training_options import AGENT, ENV, TRAIN, names_of, trained_by
from scripts.tuning_results import Told, write_findings
from scripts.walking import Workplace
from utils.clock import SystemClock
from utils.errors import ConfigError
from utils.files import check_writable
from utils.logger import get_logger
from utils.paths import TRIALS_DIR, VAR_DIR
from utils.registry import lookup
from utils.seeding import checked_seed

TUNING_DIR = VAR_DIR / "tuning"
OWNERS = "owners"
STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
TRIALS_KEPT = "finished trials are kept, those under way will be tried again"

UNASKED = {"step": None, "anchor": None, "embargo_unit": None} | dict.fromkeys(
    ("combinatorial", "groups", "tested")
)
"""Options on folds that a tuning does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the user typed.

    Attributes:
        data: The file of bars.
        given: All parameters of the script by name; None where nothing was typed.
        n_trials: That the study shall have in the end.
        sampler: Key of SAMPLERS.
        pruner: Key of PRUNERS.
        penalty: On the dispersion over seeds.
        space_file: The user's own search space.
        seed: Of the sampler.
        timeout_seconds: After which no trial is begun.
        study: Its name.
        storage: Where it is kept.
        place: Where the folds are done.
        out: Where findings are written.
    """

    data: Path
    given: Mapping[str, Any]
    n_trials: int
    sampler: str
    pruner: str
    penalty: float
    space_file: Path | None
    seed: int
    timeout_seconds: float | None
    study: str | None
    storage: str | None
    place: Workplace
    out: Path | None


def run_search(search: Search) -> None:
    """Search as asked, and write what was found.

    Raises:
        ConfigError: If something that was typed is wrong, or all trials were refused.
        DataError: If the bars cannot be read, or the folds do not fit them.
    """
    settings = _settings(search)
    space = _space(search, settings)
    executor = search.place.make()
    name = _study_name(search, settings)
    out = search.out or TUNING_DIR / name
    check_writable(out, None if search.out is None else f"--out {search.out}")
    bars, traded = workflow.bars_to_trade(search.data, search.given["symbol"], settings.env.symbol)
    store = search.given["forecasts"]
    bars = stored_forecasts.joined(bars, traded, settings.train.forecast_columns, store)
    _check_features(settings, space, tuple(bars.columns))
    seen = _seen(bars, settings)
    plan = TuningPlan(
        settings=settings,
        space=space,
        folds=_folds(seen, settings),
        n_trials=search.n_trials,
        timeout_seconds=search.timeout_seconds,
        penalty=search.penalty,
    )
    if store is not None:
        stored_forecasts.check_learnt_from(seen, plan.folds, settings)
    where = storage_url(search.storage, TUNING_DIR, name)
    study = open_study(open_storage(where), _study_plan(search, name, plan, bars))
    _print_plan(search, study, plan, (seen, bars), where)
    log = TrialLog(fingerprint=fingerprint(bars), folder=TRIALS_DIR)
    told = Told(study, plan, log, SystemClock())
    with (
        told_if_away(where),
        ending_cleanly(_command(search), TRIALS_KEPT),
        _trainings_untold(),
        Owner(study, TUNING_DIR / OWNERS, SystemClock()) as own,
    ):
        tuning = Tuning(study, plan, own, told)
        tuning.run(executor, seen)
        n_elsewhere = tuning.n_elsewhere
    told.log_others()
    if n_elsewhere:
        console.print(f"{n_elsewhere} more under way in other processes; this is without them")
    symbol = search.given["symbol"]
    asked = "" if symbol is None else f" --symbol {symbol}"
    beside = "" if store is None else f" --forecasts {shown(store)}"
    write_findings(out, f"--data {shown(search.data)}{beside}{asked}", study, plan, log)


def _settings(search: Search) -> Settings:
    given = search.given
    base = load_profile(given["profile"] or "default")
    training = {name: value for name, value in given.items() if name != "seed"}
    settings = folded_by(trained_by(base, training, "tune.py"), {**UNASKED, **given}, "tune.py")
    if settings.folds.combinatorial:
        raise ConfigError(
            "`combinatorial` folds are not for tune.py, whose trials are scored on later bars than "
            "they learn from; set it to false in the profile"
        )
    columns = names_of(given["forecast_columns"])
    settings = stored_forecasts.shown_to_agents(settings, given["forecasts"], columns)
    workflow.check_choices(settings)
    lookup(SAMPLERS, search.sampler, "sampler")
    lookup(PRUNERS, search.pruner, "pruner")
    checked_seed(search.seed)
    return settings


def _space(search: Search, settings: Settings) -> SearchSpace:
    """Return what is searched: of the algorithm, without what was typed, and as the file says."""
    typed = {
        f"{table}.{field}"
        for table, fields in (("env", ENV), ("agent", AGENT), ("train", TRAIN))
        for name, field in fields.items()
        if name != "seed" and search.given.get(name) not in (None, False)
    }
    default = default_space(settings.agent.algorithm)
    space: SearchSpace = {name: own for name, own in default.items() if name not in typed}
    if search.space_file is not None:
        space = read_space(search.space_file, space)
    where = "the search" if search.space_file is None else f"search `{search.space_file}`"
    check_space(space, settings, where)
    return space


def _check_features(settings: Settings, space: SearchSpace, columns: tuple[str, ...]) -> None:
    """Refuse features that the bars do not have, before trial after trial does.

    Raises:
        ConfigError: Naming the first.
    """
    searched = space.get(FEATURES)
    choices = searched.values if isinstance(searched, Choices) else ()
    each = [with_values(settings, {FEATURES: choice}, "the search") for choice in choices]
    for own in each or [settings]:
        FeatureSet(own.train.features, columns)


def _study_name(search: Search, settings: Settings) -> str:
    name = search.study or f"{settings.agent.algorithm}_{search.data.stem}"
    if not STUDY_NAME.fullmatch(name):
        raise ConfigError(
            f"`--study` must be letters, digits, dots, dashes and underscores, was {name!r}"
        )
    return name


def _seen(bars: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the bars that trials may see: whole sessions, none of which is held back in part.

    Or else each trial would count as a look at the first session that is held back.
    """
    stop = chronological_split(len(bars), settings.train.test_fraction).train.stop
    dates = _trade_dates(bars, settings)
    return bars.iloc[: int(np.searchsorted(dates, dates[stop])) if stop < len(bars) else stop]


def _trade_dates(bars: pd.DataFrame, settings: Settings) -> Dates:
    return calendar_of(settings.env.symbol).trade_dates(pd.DatetimeIndex(bars.index))


def _folds(seen: pd.DataFrame, settings: Settings) -> tuple[PlannedFold, ...]:
    return planned_folds(
        _trade_dates(seen, settings),
        settings.folds,
        lookback_bars=settings.env.lookback_window,
        validation_share=settings.agent.validation_fraction,
    )


def _study_plan(search: Search, name: str, plan: TuningPlan, bars: pd.DataFrame) -> StudyPlan:
    searched = {
        "data fingerprint": content_fingerprint(bars, plan.settings.train.forecast_columns),
        "sampler": search.sampler,
        "sampler's seed": search.seed,
        "pruner": search.pruner,
        "penalty": search.penalty,
    }
    return StudyPlan(
        name=name,
        sampler=search.sampler,
        pruner=search.pruner,
        seed=search.seed,
        n_folds=len(plan.folds),
        identity=identity_of(plan.settings, plan.space, searched),
    )


def _print_plan(
    search: Search,
    study: Study,
    plan: TuningPlan,
    bars: tuple[pd.DataFrame, pd.DataFrame],
    where: str,
) -> None:
    seen, whole = bars
    n_folds, n_seeds = len(plan.folds), len(plan.seeds)
    console.print(
        f"study {study.study_name} in {without_password(where)}: {n_finished(study)} of "
        f"{plan.n_trials} trials are there; {search.sampler}, pruner {search.pruner}",
        soft_wrap=True,
    )
    console.print(
        f"each trial: folds {n_folds}, seeds {n_seeds}, on bars up to {seen.index[-1]}; the last "
        f"{len(whole) - len(seen):,} bars are seen by none",
        soft_wrap=True,
    )
    for name, dimension in plan.space.items():
        console.print(f"  {name}: {dimension}", soft_wrap=True)


@contextmanager
def _trainings_untold() -> Iterator[None]:
    """Keep quiet about each training; what goes wrong in one is told all the same."""
    logger = get_logger("training")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _command(search: Search) -> str:
    """Return the command as it can be typed again, but for a password."""
    words = ["--data", shown(search.data)]
    for name, value in search.given.items():
        if value is None or value is False:
            continue
        text = without_password(value) if name == "storage" else value
        own = shown(text) if isinstance(text, Path) else shlex.quote(str(text))
        words += [f"--{name.replace('_', '-')}", *([] if value is True else [own])]
    return " ".join(["scripts/tune.py", *words])

"""What a tuning tells while it goes on, and what it leaves behind."""

import math
from pathlib import Path

import numpy as np
from optuna import Study
from optuna.trial import FrozenTrial, TrialState

from backtest.resampling import return_intervals
from backtest.search_space import with_values
from backtest.sharpe_inference import deflated_sharpe
from backtest.trial_log import TrialLog
from backtest.trials import Floats, Trial, digest_of, sharpes_of, trial_of_returns
from backtest.tuning import Progress
from backtest.tuning_figures import write_figures
from backtest.tuning_profile import PROFILE_NAME, TRIALS_NAME, write_profile, write_trials
from backtest.tuning_score import TrialRecord
from backtest.tuning_study import n_finished
from backtest.tuning_trials import RECORD, REFUSED, OpenTrial, TuningPlan, finished
from config.settings import Settings
from scripts.printing import console, print_commands, shown
from utils.clock import Clock
from utils.errors import ConfigError
from utils.seeding import generator
from utils.wording import counted

FEW_SECONDS = 120.0

INTERVAL_SEED = 0
"""Of the resamples of an interval: the same record gives the same one."""


class Told:
    """Logs each trial that was scored, and prints a line for each that is over."""

    def __init__(self, study: Study, plan: TuningPlan, log: TrialLog, clock: Clock):
        """Prepare.

        Args:
            study: What is tuned.
            plan: How.
            log: Of all that was ever tried on these bars.
            clock: For the log, and the time that is left.
        """
        self._study, self._plan, self._log, self._clock = study, plan, log, clock
        self._began, self._n_before = clock.now(), n_finished(study)

    def log(self, trial: OpenTrial, record: TrialRecord) -> None:
        """Log what was tried: its settings, and the session returns of the median seed."""
        returns = record.returns_of(record.median_seed)
        self._log.add(
            self._trial(trial.trial.number, trial.settings, record.span, returns), self._clock
        )

    def log_others(self) -> None:
        """Log the study's trials that this machine's log lacks: others have logs of their own."""
        scored = [self._again(each) for each in finished(self._study) if RECORD in each.user_attrs]
        if not scored:
            return
        span = min(each.first_session for each in scored), max(each.last_session for each in scored)
        known = {(each.digest, each.span) for each in self._log.trials_on(span).trials}
        for each in scored:
            if (each.digest, each.span) not in known:
                self._log.add(each, self._clock)
                known.add((each.digest, each.span))

    def _again(self, trial: FrozenTrial) -> Trial:
        """Return what `log` has logged, or would have, of a trial that the study holds."""
        record = trial.user_attrs[RECORD]
        settings = with_values(self._plan.settings, trial.params, f"trial {trial.number}")
        first, last = record["span"]
        return self._trial(trial.number, settings, (first, last), np.array(record["returns"]))

    def _trial(
        self, number: int, settings: Settings, span: tuple[str, str], returns: Floats
    ) -> Trial:
        name = f"{settings.agent.title} of {self._study.study_name}, {number}"
        digest = digest_of(["tuning", settings.model_dump(mode="json")])
        return trial_of_returns(name, digest, span, returns)

    def show(self, progress: Progress) -> None:
        """Print what a trial came to, the best so far, and about how long the others will take."""
        if progress.state == TrialState.RUNNING:
            return
        over = finished(self._study)
        n_pruned = sum(each.state == TrialState.PRUNED for each in over)
        console.print(
            f"trial {progress.trial}: {_outcome(progress)} ({len(over)} of {self._plan.n_trials}; "
            f"{_best_text(self._study)}; {n_pruned} pruned{self._left(len(over))})",
            soft_wrap=True,
        )

    def _left(self, n_over: int) -> str:
        n_done, n_missing = n_over - self._n_before, self._plan.n_trials - n_over
        if n_done < 1 or n_missing < 1:
            return ""
        seconds = (self._clock.now() - self._began).total_seconds() / n_done * n_missing
        few = seconds < FEW_SECONDS
        return f"; about {seconds:.0f} s left" if few else f"; about {seconds / 60:.0f} min left"


def _outcome(progress: Progress) -> str:
    if progress.record is None:
        return f"refused, {progress.refusal}"
    was_pruned = progress.state == TrialState.PRUNED
    after = f", pruned after fold {len(progress.record.folds)}" if was_pruned else ""
    return f"score {progress.record.score:+.3f}{after}"


def _best_of(study: Study) -> FrozenTrial | None:
    """Return the completed trial of the highest score, the first of several; None without."""
    whole = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(whole, key=lambda trial: (trial.value, -trial.number), default=None)


def _best_text(study: Study) -> str:
    best = _best_of(study)
    return "none whole yet" if best is None else f"best {best.value:+.3f} by trial {best.number}"


def write_findings(out: Path, data: str, study: Study, plan: TuningPlan, log: TrialLog) -> None:
    """Write best.toml, trials.csv and pictures to a folder, and print what was found.

    Args:
        out: The folder.
        data: The options of train.py that name the bars.
        study: Over, or as far as it is.
        plan: What was searched.
        log: Of all that was ever tried on these bars.

    Raises:
        ConfigError: If no trial was completed.
    """
    write_trials(out / TRIALS_NAME, study, plan.space)
    best = _best_of(study)
    if best is None:
        raise ConfigError(_why_none(study, out))
    lines = [_best_line(best, plan), _deflated_line(best, log)]
    remark = f"Study {study.study_name}, trial {best.number}.\n" + "\n".join(lines)
    settings = with_values(plan.settings, best.params, f"trial {best.number}")
    write_profile(out / PROFILE_NAME, settings, remark)
    left_out = write_figures(out, study)
    for line in (*lines, *left_out):
        console.print(line, soft_wrap=True)
    for name in plan.space:
        console.print(f"  {name} = {best.params[name]}")
    profile = shown(out / PROFILE_NAME)
    console.print(f"found: {profile}, {TRIALS_NAME} and figures beside it")
    print_commands("next", f"scripts/train.py {data} --profile {profile}")


def _best_line(best: FrozenTrial, plan: TuningPlan) -> str:
    """Say what the best trial scored, how far seeds lie apart, and how sure one can be of it."""
    record = best.user_attrs[RECORD]
    returns, scores = np.array(record["returns"]), np.array(record["seed_scores"])
    sure = return_intervals(returns, generator(INTERVAL_SEED))["sharpe"]
    over = f"{counted(len(plan.folds), 'fold')} of {counted(len(returns), 'session')} in all"
    apart = f"; {len(scores)} seeds from {scores.min():+.3f} to {scores.max():+.3f}"
    interval = (
        "no interval, of too few sessions or too little that varies"
        if math.isnan(sure.low)
        else f"95 % interval {sure.low:+.3f} to {sure.high:+.3f}, were it not the best of many"
    )
    idle = "; IT NEVER TRADED: nothing that was tried is worth its costs"
    return (
        f"best score {best.value:+.3f}: annualised Sharpe ratio after costs over {over}"
        f"{apart if len(scores) > 1 else ''}; {interval}{'' if any(record['n_trades']) else idle}"
    )


def _deflated_line(best: FrozenTrial, log: TrialLog) -> str:
    """Say how likely the best of all that was tried on these sessions is better than luck."""
    record = best.user_attrs[RECORD]
    first, last = record["span"]
    trials = log.trials_on((first, last)).trials
    deflated = deflated_sharpe(np.array(record["returns"]), sharpes_of(trials))
    tried = f"{counted(len(trials), 'trial')} logged on {first} to {last}"
    if math.isnan(deflated):
        return f"deflated Sharpe ratio: undefined, of too little that varies ({tried})"
    return f"deflated Sharpe ratio of the median seed: {deflated:.3f} ({tried})"


def _why_none(study: Study, out: Path) -> str:
    over = finished(study)
    refused = [each.user_attrs[REFUSED] for each in over if REFUSED in each.user_attrs]
    why = f"; {len(refused)} were refused, the last: {refused[-1]}" if refused else ""
    return (
        f"none of {counted(len(over), 'trial')} was completed{why}; see `{out / TRIALS_NAME}`, and "
        f"{'mend what refused them' if refused else 'give more --trials'}"
    )

"""scripts/tune.py: from bars to a profile that train.py takes."""

import json
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from backtest.trial_log import TrialLog
from config.instruments import get_instrument
from config.settings import load_profile
from data.calendar import calendar_of
from data.splits import chronological_split
from data.store import fingerprint, load_bars, save_bars
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from scripts import tuning
from tests.helpers.cli import assert_one_clear_line, run_script
from utils.paths import PROJECT_ROOT

N_BARS = 3_900
MNQ = get_instrument("MNQ")
SMALL = ["--algorithm", "DP", "--predictor", "ridge", "--folds", 2, "--seeds", 0]
SPACE = """only = true
[env]
lookback_window = { choices = [4, 8, 16] }
stop_loss_ticks = { low = 50.0, high = 400.0 }
[train]
features = { choices = ["few", "log_return,rsi"] }
"""


@pytest.fixture(scope="module")
def bars_file(tmp_path_factory):
    """Return a file of bars with an edge."""
    path = tmp_path_factory.mktemp("bars") / "bars.parquet"
    save_bars(synthetic_bars(N_BARS, "overreaction", seed=3), path, {"symbol": "MNQ"})
    return path


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    """Let studies, locks and logs lie in a folder of the test's own."""
    monkeypatch.setattr(tuning, "TUNING_DIR", tmp_path / "tuning")
    monkeypatch.setattr(tuning, "TRIALS_DIR", tmp_path / "trials")


@pytest.fixture
def words(bars_file, tmp_path):
    """Return the options of a small tuning."""
    (tmp_path / "search.toml").write_text(SPACE)
    return ["--data", bars_file, *SMALL, "--search", tmp_path / "search.toml"]


def test_tune_writes_a_profile_that_train_takes_as_it_is(capsys, words, bars_file, tmp_path):
    out = tmp_path / "found"
    outcome = run_script(capsys, "tune", *words, "--trials", 4, "--out", out)
    assert outcome.exit_code == 0, outcome.err
    assert "study DP_bars in sqlite" in outcome.out
    assert "0 of 4 trials are there" in outcome.out
    assert "(4 of 4; best" in outcome.out
    assert "deflated Sharpe ratio of the median seed" in outcome.out
    files = {"best.toml", "trials.csv", "history.html", "history.png"}
    assert files <= {path.name for path in out.iterdir()}
    table = pd.read_csv(out / "trials.csv")
    best = table.loc[table["score"].idxmax()]
    profile = load_profile(str(out / "best.toml"))
    assert profile.env.lookback_window == best["env.lookback_window"]
    assert profile.env.stop_loss_ticks == best["env.stop_loss_ticks"]
    assert profile.agent.algorithm == "DP"
    assert profile.folds.n_folds == 2
    trained = ["--data", bars_file, "--profile", out / "best.toml", "--out", tmp_path / "model"]
    assert f"train.py --data {bars_file} --profile {out / 'best.toml'}" in outcome.out
    outcome = run_script(capsys, "train", *trained)
    assert outcome.exit_code == 0, outcome.err
    agent = TradingAgent.load(tmp_path / "model")
    assert agent.env_settings.stop_loss_ticks == best["env.stop_loss_ticks"]
    whole = load_bars(bars_file, MNQ)
    held_back = whole.index[chronological_split(N_BARS, 0.2).test]
    assert pd.Timestamp(agent.provenance["training_last"]) < held_back[0]
    logged = TrialLog(fingerprint=fingerprint(whole), folder=tmp_path / "trials").trials_on(
        ("2000-01-01", "2100-01-01")
    )
    assert sum(trial.n_looks for trial in logged.trials) == 4
    last = max(trial.last_session for trial in logged.trials)
    first = str(calendar_of("MNQ").trade_dates(held_back)[0])
    assert last < first  # or each trial would count as a look at what is held back


def test_tune_again_adds_only_what_is_missing(capsys, words, tmp_path):
    assert run_script(capsys, "tune", *words, "--trials", 1).exit_code == 0
    outcome = run_script(capsys, "tune", *words, "--trials", 2)
    assert outcome.exit_code == 0, outcome.err
    assert "1 of 2 trials are there" in outcome.out
    assert "trial 1:" in outcome.out
    assert "trial 0:" not in outcome.out
    assert (tmp_path / "tuning" / "DP_bars" / "best.toml").exists()


def test_tune_counts_the_trials_of_other_machines(capsys, words, monkeypatch, tmp_path):
    """Each has a log of its own; what they share is the study."""
    assert run_script(capsys, "tune", *words, "--trials", 3).exit_code == 0
    monkeypatch.setattr(tuning, "TRIALS_DIR", tmp_path / "elsewhere")
    outcome = run_script(capsys, "tune", *words, "--trials", 4)
    assert outcome.exit_code == 0, outcome.err
    assert "(4 trials logged on" in outcome.out
    [log] = (tmp_path / "elsewhere").glob("*.jsonl")
    assert len(log.read_text().splitlines()) == 4
    [first] = (tmp_path / "trials").glob("*.jsonl")
    digests = [
        {json.loads(line)["digest"] for line in each.read_text().splitlines()}
        for each in (first, log)
    ]
    assert digests[0] < digests[1]


def test_tune_sees_no_bar_that_is_held_back(capsys, words, bars_file, tmp_path):
    run_script(capsys, "tune", *words, "--trials", 1, "--out", tmp_path / "a")
    bars = load_bars(bars_file, MNQ)
    start = chronological_split(N_BARS, 0.2).test.start
    other = synthetic_bars(N_BARS, "default", seed=8)
    save_bars(pd.concat([bars.iloc[:start], other.iloc[start:]]), tmp_path / "b.parquet", {})
    poisoned = ["--data", tmp_path / "b.parquet", *words[2:], "--trials", 1]
    assert run_script(capsys, "tune", *poisoned, "--out", tmp_path / "b").exit_code == 0
    one, two = ((tmp_path / name / "trials.csv").read_bytes() for name in ("a", "b"))
    assert one == two


@pytest.mark.parametrize(
    ("more", "parts"),
    [
        (["--sampler", "grid"], ["unknown sampler `grid`", "random, tpe"]),
        (["--pruner", "mean"], ["unknown pruner `mean`", "did you mean `median`"]),
        (["--storage", "mysql://u:secret@h/d"], ["must be sqlite", "u:***@h"]),
        (["--study", "a/b"], ["`--study` must be letters", "'a/b'"]),
        (["--folds", 90], ["too few bars", "are missing"]),
        (["--executor", "slurm"], ["unknown executor `slurm`"]),
        (["--algorithm", "QQ"], ["unknown algorithm `QQ`"]),
        (["--seeds", "1,1"], ["each seed must be given once"]),
        (["--search", "none.toml"], ["cannot read search `none.toml`"]),
    ],
)
def test_tune_with_a_wrong_option_gets_one_clear_line(capsys, words, more, parts):
    outcome = run_script(capsys, "tune", *words, *more)
    assert_one_clear_line(outcome, *parts)
    assert "secret" not in outcome.out + outcome.err


def test_tune_of_features_that_the_bars_lack_is_refused_before_any_trial(capsys, words, tmp_path):
    (tmp_path / "search.toml").write_text(SPACE.replace("log_return,rsi", "log_return,rsj"))
    assert_one_clear_line(run_script(capsys, "tune", *words), "unknown feature `rsj`")
    assert not (tmp_path / "tuning" / "DP_bars.db").exists()


def test_tune_into_a_place_that_cannot_be_written_is_refused(capsys, words, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = run_script(capsys, "tune", *words, "--out", tmp_path / "file")
    assert_one_clear_line(outcome, f"cannot write `--out {tmp_path / 'file'}`")


def test_tune_on_a_study_of_other_bars_is_refused(capsys, words, tmp_path):
    assert run_script(capsys, "tune", *words, "--trials", 1, "--study", "s").exit_code == 0
    save_bars(synthetic_bars(N_BARS, "overreaction", seed=4), tmp_path / "c.parquet", {})
    outcome = run_script(
        capsys, "tune", "--data", tmp_path / "c.parquet", *words[2:], "--study", "s"
    )
    assert_one_clear_line(outcome, "the study `s` is one of another data fingerprint")
    outcome = run_script(capsys, "tune", *words, "--study", "s", "--slippage-ticks", 3)
    assert_one_clear_line(outcome, "another env.slippage_ticks: it has 1, asked for is 3")


def test_tune_searches_nothing_that_an_option_says(capsys, bars_file):
    typed = ["--fixed-sl-ticks", 100, "--lookback", 8, "--features", "rsi,roc"]
    outcome = run_script(capsys, "tune", "--data", bars_file, *SMALL, *typed)
    assert_one_clear_line(outcome, "leaves nothing to search")


def test_tune_whose_best_trial_never_trades_says_so(capsys, bars_file, tmp_path):
    (tmp_path / "search.toml").write_text("only = true\n[env]\nlookback_window = { choices = [4] }")
    words = ["--data", bars_file, *SMALL, "--search", tmp_path / "search.toml", "--trials", 1]
    words += ["--features", "time_sin", "--commission", 500]
    outcome = run_script(capsys, "tune", *words, "--out", tmp_path / "found")
    assert outcome.exit_code == 0, outcome.err
    assert "best score +0.000" in outcome.out
    assert (
        "no interval, of too few sessions or too little that varies; IT NEVER TRADED" in outcome.out
    )
    assert "deflated Sharpe ratio: undefined" in outcome.out
    assert "no importances" in outcome.out
    assert "# " in (tmp_path / "found" / "best.toml").read_text()


RUN = """
import sys
from pathlib import Path
from scripts import tuning
tuning.TUNING_DIR = tuning.TRIALS_DIR = Path(sys.argv.pop(1))
from scripts.tune import app
from utils.cli import run
run(app)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("sent", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_tune_ended_by_a_signal_goes_on_by_the_command_that_it_prints(
    capsys, words, tmp_path, sent, exit_code
):
    command = [*map(str, words), "--trials", "400", "--storage", str(tmp_path / "s.db")]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "tuning"), *command],
        cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for line in process.stdout:
            if line.startswith("trial 2:"):
                break
        time.sleep(0.1)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == exit_code, err
    assert "Traceback" not in err
    if sent != signal.SIGKILL:
        assert "finished trials are kept" in out
        assert "scripts/tune.py --data " in out
        assert f"--storage {tmp_path / 's.db'}" in out
    again = run_script(capsys, "tune", *words, "--trials", 5, "--storage", tmp_path / "s.db")
    assert again.exit_code == 0, again.err
    frame = pd.read_csv(tmp_path / "tuning" / "DP_bars" / "trials.csv")
    states = frame["state"].value_counts().to_dict()
    assert states.get("complete", 0) + states.get("pruned", 0) >= 5
    assert "running" not in states

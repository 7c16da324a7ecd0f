"""The options `--forecasts` and `--forecast-columns`: learnt from, tested with, refused."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from data.forecast_store import ForecastStore
from data.store import save_bars
from models.agent import TradingAgent
from scripts import train, walk_results
from scripts.training import _learnt
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.forecasts import block_of, make_store, terms
from tests.helpers.walks import walk_bars
from utils.cli import run

USUAL = tuple(
    f"forecast_h{horizon}_{name}" for horizon in (3, 12) for name in ("spread", "location", "skew")
)
DP = ["--profile", "smoke", "--algorithm", "DP", "--features", "rsi,roc"]
FIRST = 300
STRATEGY = """
from backtest.strategy import Strategy


class Never(Strategy):
    name = "never"

    def on_bar(self, bar):
        pass
"""


@pytest.fixture(autouse=True)
def _trials(monkeypatch, tmp_path_factory):
    monkeypatch.setattr(walk_results, "TRIALS_DIR", tmp_path_factory.mktemp("trials"))


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory):
    """Return a folder with bars, their forecasts, and a model that was trained on both."""
    folder = tmp_path_factory.mktemp("forecasts")
    bars = walk_bars()
    save_bars(bars, folder / "bars.parquet", {"symbol": "MNQ"})
    make_store(folder / "store", bars, (FIRST, 1_500, len(bars)))
    words = ["--data", folder / "bars.parquet", "--forecasts", folder / "store", *DP]
    with pytest.raises(SystemExit) as left:
        run(train.app, [str(word) for word in [*words, "--out", folder / "model"]])
    assert left.value.code == 0
    return folder


def test_train_shows_an_agent_spread_location_and_skew_of_each_horizon(files):
    agent = TradingAgent.load(files / "model")

    assert agent.feature_set.names == ("rsi", "roc")
    assert agent.feature_set.forecasts == USUAL
    assert agent.provenance["first_complete"] == walk_bars().index[FIRST].isoformat()
    card = (files / "model" / "card.md").read_text()
    assert f"| first bar with all that it sees | {walk_bars().index[FIRST].isoformat()} |" in card
    assert agent.provenance["train_settings"]["forecast_columns"] == list(USUAL)


def test_train_shows_an_agent_the_columns_asked_for_and_names_the_store_next(
    capsys, files, tmp_path
):
    words = ["--data", files / "bars.parquet", "--forecasts", files / "store", *DP]
    words += ["--forecast-columns", "forecast_h3_q05,forecast_h12_fallback"]
    outcome = run_script(capsys, "train", *words, "--out", tmp_path / "model")

    assert outcome.exit_code == 0, outcome.err
    assert "2 columns of forecasts of " in outcome.out
    agent_bars = TradingAgent.load(tmp_path / "model").provenance["training_bars"]
    begin = walk_bars().index[FIRST]
    assert f"from {agent_bars - FIRST:,} bars since {begin} by ridge" in outcome.err
    assert f"--forecasts {files / 'store'}" in outcome.out.replace("\n", " ")
    own = TradingAgent.load(tmp_path / "model").feature_set
    assert own.forecasts == ("forecast_h3_q05", "forecast_h12_fallback")


def test_training_says_from_which_bar_on_it_learns():
    bars = walk_bars()
    stamps = pd.Series(pd.NaT, bars.index, dtype="datetime64[ns, UTC]")
    stamps.iloc[FIRST:] = bars.index[0]
    first, begin, end = bars.index[[0, FIRST, -1]]
    assert _learnt(bars) == f"{len(bars):,} bars, {first} to {end}"
    assert _learnt(bars.assign(forecast_trained_until=stamps)) == (
        f"{len(bars) - FIRST:,} of {len(bars):,} bars, {begin} to {end}, from the first forecast on"
    )


def test_backtest_joins_what_the_model_sees(capsys, files, tmp_path):
    words = ["--model", files / "model", "--data", files / "bars.parquet", "--quick"]
    outcome = run_script(
        capsys, "backtest", *words, "--forecasts", files / "store", "--out", tmp_path / "report"
    )

    assert outcome.exit_code == 0, outcome.err
    assert "6 columns of forecasts of " in outcome.out
    assert "warning" not in outcome.out
    page = (tmp_path / "report" / "report.html").read_text()
    assert "forecast_h12_skew" in page
    assert "predictor_dp" in page


def test_backtest_warns_where_the_forecasts_were_made_in_another_way(capsys, files, tmp_path):
    own = TradingAgent.load(files / "model").provenance["forecast_settings"]
    assert own == {"family": "made_up"}
    store = ForecastStore.create(tmp_path / "other", replace(terms(), settings={"family": "else"}))
    store.add_block(block_of(walk_bars(), FIRST, len(walk_bars())))
    words = ["--model", files / "model", "--data", files / "bars.parquet", "--quick"]
    words += ["--forecasts", store.path, "--out", tmp_path / "report"]
    outcome = run_script(capsys, "backtest", *words)

    assert outcome.exit_code == 0, outcome.err
    said = " ".join(outcome.out.split())
    assert "warning: the model learnt from other forecasts than those of" in said
    assert "family 'made_up', here 'else'" in said


def test_backtest_without_the_store_is_refused_in_one_line(capsys, files):
    words = ["--model", files / "model", "--data", files / "bars.parquet"]
    outcome = run_script(capsys, "backtest", *words)

    assert_one_clear_line(outcome, "forecast_h3_spread", "--forecasts DIR")


def test_backtest_of_a_model_without_forecasts_refuses_a_store(capsys, files, tmp_path):
    words = ["--data", files / "bars.parquet", *DP, "--out", tmp_path / "plain"]
    assert run_script(capsys, "train", *words).exit_code == 0
    words = ["--model", tmp_path / "plain", "--data", files / "bars.parquet"]
    outcome = run_script(capsys, "backtest", *words, "--forecasts", files / "store")

    assert_one_clear_line(outcome, "the model sees no forecasts; leave it out")


def test_models_show_and_diff_name_the_forecasts(capsys, files, tmp_path):
    words = ["--data", files / "bars.parquet", *DP, "--out", tmp_path / "plain"]
    assert run_script(capsys, "train", *words).exit_code == 0

    shown = run_script(capsys, "models", "show", files / "model").out
    told = run_script(capsys, "models", "diff", tmp_path / "plain", files / "model").out

    assert "forecast_h12_skew" in shown
    assert "forecasts: [] | ['forecast:forecast_h3_spread'" in told


@pytest.mark.parametrize("script", ["train", "walk_forward", "tune"])
def test_scripts_refuse_columns_without_a_store(capsys, files, script):
    words = ["--data", files / "bars.parquet", *DP, "--forecast-columns", "forecast_h3_q05"]
    outcome = run_script(capsys, script, *words)

    assert_one_clear_line(outcome, "forecast_h3_q05", "--forecasts DIR")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--forecast-columns", "forecast_h3_scew"], ["did you mean `forecast_h3_skew`"]),
        (["--forecast-columns", "rsi"], ["rsi"]),
        (["--features", "rsi,forecast_h3_skew"], ["give it in `forecast_columns`"]),
    ],
)
def test_train_of_a_wrong_column_is_refused_in_one_line(capsys, files, tmp_path, words, parts):
    start = ["--data", files / "bars.parquet", "--forecasts", files / "store", *DP]
    outcome = run_script(capsys, "train", *start, *words, "--out", tmp_path / "model")

    assert_one_clear_line(outcome, *parts)
    assert not (tmp_path / "model").exists()


def test_train_of_what_is_no_store_is_refused_in_one_line(capsys, files):
    words = ["--data", files / "bars.parquet", *DP, "--forecasts", files]
    outcome = run_script(capsys, "train", *words)

    assert_one_clear_line(outcome, "is no store of forecasts")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("train", DP),
        ("walk_forward", DP),
        ("tune", DP),
        ("backtest", ["--model", "MODEL", "--quick"]),
        ("backtest", ["--strategy", "STRATEGY", "--quick"]),
        ("backtest", ["--signals", "moderate", "--quick"]),
    ],
)
def test_scripts_refuse_a_store_of_another_symbol_than_what_is_traded(
    capsys, files, tmp_path, script, words
):
    rules = tmp_path / "rules.py"
    rules.write_text(STRATEGY)
    places = {"MODEL": files / "model", "STRATEGY": f"{rules}:Never"}
    words = [places.get(word, word) for word in words]
    start = ["--data", files / "bars.parquet", "--forecasts", files / "store"]
    outcome = run_script(capsys, script, *start, *words, "--symbol", "NQ", "--out", tmp_path / "o")

    said = outcome.out.splitlines()
    assert_one_clear_line(outcome, "are of MNQ", "traded as NQ", "say --symbol MNQ")
    assert not any("columns of forecasts" in line for line in said)


def test_tune_refuses_folds_without_forecasts_before_the_study_begins(capsys, files, tmp_path):
    bars = walk_bars()
    make_store(tmp_path / "late", bars, (len(bars) * 7 // 10, len(bars)))
    words = ["--data", files / "bars.parquet", "--forecasts", tmp_path / "late", *DP]
    words += ["--folds", 2, "--seeds", 0, "--trials", 1, "--out", tmp_path / "found"]
    words += ["--storage", tmp_path / "study.db"]
    outcome = run_script(capsys, "tune", *words)

    assert_one_clear_line(outcome, "fold 1 learns from", "forecasts begin at", "--least-sessions")
    assert not (tmp_path / "study.db").exists()


@pytest.mark.parametrize("words", [("walk_forward",), ("train", "--walk-forward")])
def test_walk_refuses_folds_without_forecasts_before_any_training(capsys, files, tmp_path, words):
    bars = walk_bars()
    make_store(tmp_path / "late", bars, (len(bars) * 7 // 10, len(bars)))
    asked = ["--data", files / "bars.parquet", "--forecasts", tmp_path / "late", *DP]
    outcome = run_script(capsys, *words, *asked, "--folds", 2, "--out", tmp_path / "walk")

    assert_one_clear_line(outcome, "fold 1 learns from", "forecasts begin at", "--least-sessions")
    assert not (tmp_path / "walk").exists()


def test_walk_forward_shows_forecasts_to_every_fold_and_goes_on_with_them(capsys, files, tmp_path):
    out = tmp_path / "folds"
    words = ["--data", files / "bars.parquet", "--forecasts", files / "store", *DP]
    outcome = run_script(capsys, "walk_forward", *words, "--folds", 2, "--seeds", 0, "--out", out)
    assert outcome.exit_code == 0, outcome.err
    folds = [out / f"fold_{number}_seed_0" for number in (1, 2)]
    agents = [TradingAgent.load(fold / "model") for fold in folds]
    assert [agent.feature_set.forecasts for agent in agents] == [USUAL, USUAL]
    assert agents[0].scaler != agents[1].scaler
    made_by = [agent.provenance["forecast_settings"] for agent in agents]
    assert made_by == [{"family": "made_up"}] * 2

    again = run_script(capsys, "walk_forward", "--resume", "--out", out)

    assert again.exit_code == 0, again.err
    assert again.out.count("kept, as it was finished before") == 2
    assert json.loads((out / "run.json").read_text())["forecasts"] == str(files / "store")


def test_walk_forward_with_other_forecasts_does_not_go_on(capsys, files, tmp_path):
    out = tmp_path / "folds"
    words = ["--data", files / "bars.parquet", *DP, "--folds", 2, "--seeds", 0, "--out", out]
    assert run_script(capsys, "walk_forward", *words, "--forecasts", files / "store").exit_code == 0
    make_store(tmp_path / "store", walk_bars(), (FIRST + 1, len(walk_bars())))

    outcome = run_script(capsys, "walk_forward", *words, "--forecasts", tmp_path / "store")

    assert_one_clear_line(outcome, "the bars and forecasts that the run began with")

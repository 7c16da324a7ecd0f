"""scripts/features.py: what is printed, what is stored, and one line for each mistake."""

import json

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.features import FEATURES
from data.recipes import RECIPES
from data.store import load_bars, load_metadata, save_bars
from tests.helpers.cli import assert_one_clear_line, run_script

PEEKING = """
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import jit


@jit
def growing_step(state, parameters, bar, out):
    state[0] += bar.volume
    out[0] = state[0] / 1e6


@jit
def range_step(state, parameters, bar, out):
    out[0] = bar.high - bar.low


def spec(name, kernel, state_size=0, lookback=1):
    return FeatureSpec(
        name=name, kernel=kernel, state_size=state_size, columns=(name,), warm_up=0,
        lookback=lookback, centre=0.0, spread=1.0, formula="of a test", source="none",
        unit="points", bounds="unbounded",
    )


FEATURES = by_name(spec("growing", growing_step, 1, 5), spec("height", range_step))
"""


@pytest.fixture
def module(tmp_path):
    """Return a file of two features, of which one remembers more than it says."""
    path = tmp_path / "mine.py"
    path.write_text(PEEKING, encoding="utf-8")
    return path


def test_features_list_has_a_line_for_each_feature(capsys):
    outcome = run_script(capsys, "features", "list")
    assert outcome.exit_code == 0
    for name in FEATURES:
        assert f" {name} " in outcome.out
    n_columns = sum(len(spec.columns) for spec in FEATURES.values())
    assert f"{len(FEATURES)} features, {n_columns} columns; recipes: basic, momentum" in outcome.out


def test_features_list_of_a_recipe_as_json(capsys):
    outcome = run_script(capsys, "features", "list", "--recipe", "basic", "--json")
    entries = json.loads(outcome.out)
    assert [entry["name"] for entry in entries] == list(RECIPES["basic"])
    assert entries[2]["recipes"] == ["basic", "volatility"]
    assert entries[2]["warm_up"] == 20
    assert entries[2]["unit"] == "log points per bar, not annualised"


def test_features_show_says_all_that_is_known(capsys):
    outcome = run_script(capsys, "features", "show", "atr")
    assert outcome.exit_code == 0
    for text in (
        "formula:      100 ATR14 / close; 0 where the close is not positive",
        "unit:         percent",
        "bounds:       [0, unbounded)",
        "recipes:      volatility, mnq_default",
        "warm_up:      13 bars are NaN before its first value",
        "lookback:     every earlier bar leaves a trace",
        "price_state:  1 to 1 of them hold prices in points",
        "session_rule: continuous: a session's first bar is like any other",
    ):
        assert text in outcome.out
    assert "Wilder (1978)" in outcome.out


def test_features_show_as_json_has_the_specification(capsys):
    shown = json.loads(run_script(capsys, "features", "show", "stochastic", "--json").out)
    assert shown["columns"] == ["stochastic_k", "stochastic_d"]
    assert shown["kernel"] == "data.indicators.momentum.stochastic_step"
    assert shown["parameters"] == [14.0, 3.0]


def test_features_show_of_a_recipe_names_its_features(capsys):
    outcome = run_script(capsys, "features", "show", "basic")
    assert outcome.out == "basic: log_return, session_return, volatility_20\n"
    as_json = run_script(capsys, "features", "show", "basic", "--json")
    assert json.loads(as_json.out) == {"recipe": "basic", "features": list(RECIPES["basic"])}


def test_features_compute_stores_bars_and_columns(capsys, bars_file, tmp_path):
    out = tmp_path / "out.parquet"
    words = ["--data", bars_file, "--recipe", "basic, rsi", "--out", out]
    outcome = run_script(capsys, "features", "compute", *words)
    assert outcome.exit_code == 0, outcome.err
    assert outcome.out.startswith(
        "features: 4, columns: 4, bars: 1,500, of which the first 20 warm"
    )
    features = FeatureSet(["basic", "rsi"])
    stored, bars = (load_bars(path, get_instrument("MNQ")) for path in (out, bars_file))
    np.testing.assert_array_equal(stored[list(features.columns)], features.compute(bars))
    assert load_metadata(out) == {"symbol": "MNQ", "feature_set": features.hash}


def test_features_compute_replaces_columns_of_a_former_run(capsys, bars_file, module, tmp_path):
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    words = ["--recipe", "height,atr", "--module", module]
    run_script(capsys, "features", "compute", "--data", bars_file, *words, "--out", first)
    outcome = run_script(capsys, "features", "compute", "--data", first, *words, "--out", second)
    assert outcome.exit_code == 0, outcome.err
    stored = pd.read_parquet(second)
    assert list(stored.columns[-3:]) == ["height", "atr", "growing"]
    assert (stored["height"] == stored["high"] - stored["low"]).all()


def test_features_check_of_one_feature_passes(capsys):
    outcome = run_script(capsys, "features", "check", "rsi")
    assert outcome.exit_code == 0, outcome.out
    assert "FAIL" not in outcome.out
    assert outcome.out.endswith("1 of 1 features pass\n")


def test_features_check_of_a_recipe_checks_its_features(capsys):
    outcome = run_script(capsys, "features", "check", "basic", "--json")
    results = json.loads(outcome.out)
    assert {result["feature"] for result in results} == set(RECIPES["basic"])
    assert all(result["problem"] is None for result in results)


def test_features_check_of_a_users_file_says_what_fails_and_exits_1(capsys, module):
    outcome = run_script(capsys, "features", "check", "--module", module)
    assert outcome.exit_code == 1
    assert "growing, lookback: depends on bars before its `lookback` (`growing`" in outcome.out
    assert outcome.out.endswith("1 of 2 features pass\n")
    as_json = json.loads(run_script(capsys, "features", "check", "--module", module, "--json").out)
    assert [(entry["feature"], entry["check"]) for entry in as_json if entry["problem"]] == [
        ("growing", "lookback")
    ]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["show", "rsj"], "unknown feature or recipe `rsj`: did you mean `rsi`"),
        (["list", "--recipe", "momentun"], "unknown recipe `momentun`: did you mean `momentum`"),
        (["list", "--recipe", "rsi"], "unknown recipe `rsi`"),
        (["check", "rsj"], "unknown feature or recipe `rsj`: did you mean `rsi`"),
        (["check"], "say what to check: either the name of a feature, --all, or --module"),
        (["check", "rsi", "--all"], "say what to check: either"),
        (["check", "--module", "gone.py"], "cannot read `gone.py`"),
    ],
)
def test_features_mistake_gets_one_clear_line(capsys, words, part):
    assert_one_clear_line(run_script(capsys, "features", *words), part)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], "say which features to compute: --recipe, e.g. mnq_default, or --module"),
        (["--recipe", "bsic"], "unknown feature `bsic`: did you mean"),
        (["--recipe", "basic,basic"], "name each recipe once, repeated: basic"),
        (["--recipe", "atr,volatility"], "`atr` is in recipe `volatility` already"),
        (["--recipe", "rsi", "--symbol", "XYZ"], "unknown symbol `XYZ`"),
    ],
)
def test_features_compute_mistake_gets_one_clear_line(capsys, bars_file, tmp_path, words, part):
    out = tmp_path / "out.parquet"
    outcome = run_script(
        capsys, "features", "compute", "--data", bars_file, "--out", out, *words
    )  # fmt: skip
    assert_one_clear_line(outcome, part)
    assert not out.exists()


def test_features_compute_does_not_write_over_the_bars(capsys, bars_file):
    words = ["--data", bars_file, "--recipe", "basic", "--out", bars_file]
    outcome = run_script(capsys, "features", "compute", *words)
    assert_one_clear_line(outcome, "is the file of bars itself; choose another name")


def test_features_compute_of_too_few_bars_says_how_many_are_needed(capsys, bars_file, tmp_path):
    few, out = tmp_path / "few.parquet", tmp_path / "out.parquet"
    save_bars(pd.read_parquet(bars_file).iloc[:20], few, {"symbol": "MNQ"})
    outcome = run_script(
        capsys, "features", "compute", "--data", few, "--recipe", "basic", "--out", out
    )
    assert_one_clear_line(outcome, "20 bars are too few, the features need 20 to warm up")


def test_features_compute_beside_a_second_market_needs_it(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, "--recipe", "cross", "--out", tmp_path / "out.parquet"]
    assert_one_clear_line(run_script(capsys, "features", "compute", *words), "other_close")

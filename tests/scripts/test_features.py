"""scripts/features.py: what is printed, what is stored, and one line for each mistake."""

import json

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data import feature_pass
from data.feature_set import FeatureSet
from data.features import FEATURES
from data.recipes import RECIPES
from data.store import load_bars, load_metadata, save_bars
from scripts.features_commands.loading import say_if_compiling
from tests.helpers.cli import assert_one_clear_line, run_script

PEEKING = """
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import jit


@jit
def growing_step(state, parameters, bar, out):
    state[0] += 0.5 * ((1.0 if bar.close > bar.open else 0.0) - state[0])
    out[0] = state[0]


@jit
def range_step(state, parameters, bar, out):
    out[0] = 100.0 * (bar.high - bar.low) / bar.close if bar.close > 0.0 else 0.0


def spec(name, kernel, state_size=0, lookback=1):
    return FeatureSpec(
        name=name, kernel=kernel, state_size=state_size, columns=(name,), warm_up=0,
        lookback=lookback, centre=0.0, spread=0.5, formula="of a test", source="none",
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


def test_features_compute_replaces_a_file_only_when_told_to(capsys, bars_file, tmp_path):
    out = tmp_path / "out.parquet"
    words = ["--data", bars_file, "--recipe", "basic", "--out", out]
    out.write_text("something of the user's")
    outcome = run_script(capsys, "features", "compute", *words)
    assert_one_clear_line(outcome, f"`--out {out}` exists; add --overwrite")
    assert out.read_text() == "something of the user's"
    assert run_script(capsys, "features", "compute", *words, "--overwrite").exit_code == 0
    assert len(load_bars(out, None)) == 1_500


def test_features_compute_into_what_is_no_place_for_bars_is_refused(capsys, bars_file, tmp_path):
    (tmp_path / "folder.parquet").mkdir()
    (tmp_path / "device.parquet").symlink_to("/dev/null")
    (tmp_path / "file").touch()
    words = ["--data", bars_file, "--recipe", "basic", "--overwrite", "--out"]
    for out, part in (
        ("out.csv", "must end in .parquet"),
        ("folder.parquet", "is no ordinary file"),
        ("device.parquet", "is no ordinary file"),
        ("file/out.parquet", "cannot write"),
    ):
        outcome = run_script(capsys, "features", "compute", *words, tmp_path / out)
        assert_one_clear_line(outcome, part)


def test_features_compute_names_columns_that_never_change(capsys, bars_file, tmp_path):
    still = tmp_path / "still.parquet"
    bars = pd.read_parquet(bars_file).assign(open=5.0, high=5.0, low=5.0, close=5.0)
    save_bars(bars, still, {"symbol": "MNQ"})
    words = ["--data", still, "--recipe", "rsi,roc,time_sin", "--out", tmp_path / "out.parquet"]
    outcome = run_script(capsys, "features", "compute", *words)
    assert "2 of 3 columns never change on these bars: rsi, roc\n" in outcome.out


def test_features_compute_says_that_much_will_be_compiled_but_once(
    capsys, bars_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(feature_pass, "PASSES_DIR", tmp_path)
    features = FeatureSet(["momentum"])
    said = f"compiling {len(features.specs)} features, once: about 8 s"
    say_if_compiling(FeatureSet(["basic"]))
    assert capsys.readouterr().out == ""
    say_if_compiling(features)
    assert said in capsys.readouterr().out
    (tmp_path / "any.py").write_text(feature_pass.pass_source(features.specs), encoding="utf-8")
    say_if_compiling(features)
    assert capsys.readouterr().out == ""


def test_features_compute_replaces_columns_of_a_former_run(capsys, bars_file, module, tmp_path):
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    words = ["--recipe", "height,atr", "--module", module]
    run_script(capsys, "features", "compute", "--data", bars_file, *words, "--out", first)
    outcome = run_script(capsys, "features", "compute", "--data", first, *words, "--out", second)
    assert outcome.exit_code == 0, outcome.err
    stored = pd.read_parquet(second)
    assert list(stored.columns[-3:]) == ["height", "atr", "growing"]
    height = 100.0 * (stored["high"] - stored["low"]) / stored["close"]
    np.testing.assert_allclose(stored["height"], height, rtol=1e-12)


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
        (["show", "stochastic_k"], "is a column of feature `stochastic`: ask for `stochastic`"),
        (["show", "ta:no_such"], "unknown column of ta `no_such`"),
        (["list", "--library", "tb"], "unknown library of indicators `tb`: did you mean `ta"),
        (["check"], "say what to check: the name of a feature, --all, or --module"),
        (["check", "rsi", "--all"], "say what to check in one way, was NAME and --all"),
        (["check", "rsi,,macd"], "name 2 of 3 in `rsi,,macd` is empty: is there a comma"),
        (["check", ""], "name 1 of 1 in `` is empty"),
        (["check", "ta:momentum_rsi"], "batch only: there is no live value to check"),
        (["check", "--module", "gone.py"], "cannot read `gone.py`"),
    ],
)
def test_features_mistake_gets_one_clear_line(capsys, words, part):
    assert_one_clear_line(run_script(capsys, "features", *words), part)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], "say which features to compute: --recipe, e.g. mnq_default, or --module"),
        (["--recipe", "bsic"], "unknown feature `bsic`: did you mean `basic`"),
        (["--recipe", "momentumm"], "unknown feature `momentumm`: did you mean `momentum`"),
        (["--recipe", "rsi,,macd"], "the name of a feature is empty: is there a comma too many?"),
        (["--recipe", "basic,basic"], "name each recipe once, repeated: basic"),
        (["--recipe", "atr,volatility"], "`atr` is in recipe `volatility` already"),
        (["--recipe", "rsi", "--symbol", "XYZ"], "unknown symbol `XYZ`"),
        (["--recipe", "rsi", "--symbol", "ES"], "bars are MNQ, not ES: leave --symbol out"),
        (["--recipe", "rsi", "--other", "es.parquet"], "is for features of two markets, and none"),
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
    save_bars(pd.read_parquet(bars_file).iloc[:1], few, {"symbol": "MNQ"})
    outcome = run_script(
        capsys, "features", "compute", "--data", few, "--recipe", "basic", "--out", out
    )
    assert_one_clear_line(outcome, "1 bar is too few, the features need 20 to warm up")


def test_features_compute_beside_a_second_market_needs_it(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, "--recipe", "cross", "--out", tmp_path / "out.parquet"]
    assert_one_clear_line(run_script(capsys, "features", "compute", *words), "other_close")


def test_features_show_of_a_library_column_says_what_it_is_good_for(capsys):
    shown = json.loads(run_script(capsys, "features", "show", "ta:momentum_rsi", "--json").out)
    assert shown["library"] == "ta"
    assert shown["version"]
    assert shown["causal"].startswith("yes")
    assert shown["live"].startswith("no")
    assert shown["warm_up"] == 13
    refused = run_script(capsys, "features", "show", "ta:trend_kst")
    assert refused.exit_code == 0
    assert "causal:  no, refused: its head is filled with the mean of the whole" in refused.out


def test_features_list_of_a_library_names_its_columns(capsys):
    outcome = run_script(capsys, "features", "list", "--library", "ta")
    assert outcome.exit_code == 0, outcome.err
    assert "\nta:momentum_rsi\n" in outcome.out
    assert "refused: ta:trend_kst, its head is" in outcome.out
    assert outcome.out.endswith("columns of ta, computed in batch only, never live\n")


def test_features_check_of_a_list_checks_each_feature_once(capsys):
    outcome = run_script(capsys, "features", "check", "time_sin,basic,time_sin", "--json")
    assert outcome.exit_code == 0, outcome.err
    names = list(dict.fromkeys(result["feature"] for result in json.loads(outcome.out)))
    assert names == ["time_sin", *RECIPES["basic"]]


BROKEN_FIELD = PEEKING.replace("bar.close > bar.open", "bar.nope > bar.open")
BROKEN_SIZE = PEEKING.replace("state_size=state_size", "state_size='x'")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (BROKEN_FIELD, "feature `growing`: its kernel cannot be run: bar has no `nope` (fields: o"),
        (BROKEN_SIZE, "feature `growing`: `state_size` must be a whole number, was 'x'"),
        ("import sys\nsys.exit(0)", "mine.py` cannot be run: SystemExit: 0"),
    ],
)
def test_features_compute_of_a_broken_module_gets_one_clear_line(
    capsys, bars_file, module, tmp_path, text, part
):
    module.write_text(text, encoding="utf-8")
    words = ["--data", bars_file, "--module", module, "--out", tmp_path / "out.parquet"]
    assert_one_clear_line(run_script(capsys, "features", "compute", *words), part)


def test_features_check_of_a_broken_kernel_says_which_and_checks_the_others(capsys, module):
    module.write_text(BROKEN_FIELD, encoding="utf-8")
    outcome = run_script(capsys, "features", "check", "--module", module)
    assert outcome.exit_code == 1
    assert "growing, memory: its kernel cannot be run: bar has no `nope` (fields: " in outcome.out
    assert outcome.out.endswith("1 of 2 features pass\n")

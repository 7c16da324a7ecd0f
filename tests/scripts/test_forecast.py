"""scripts/forecast.py: what each command prints and leaves, and one line for each mistake."""

import json

import numpy as np
import pandas as pd
import pytest

from backtest.forecast_pictures import FORECAST_PICTURES
from data.forecast_names import quantile_column
from data.forecast_store import ForecastStore, with_forecasts
from data.store import load_bars, save_bars
from models.forecast.families import FAMILIES
from models.forecast.forecaster import Forecaster
from scripts.forecast import app
from scripts.forecast_commands import loading, walking
from scripts.forecast_commands.leaderboard import _promotion
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.forecast_walks import forecast_bars
from utils import paths
from utils.cli import run
from utils.files import sha256_of_file

N_LATER = 400
SMALL = ["--features", "log_return,rsi", "--least-sessions", 6, "--refit-sessions", 3]
HORIZONS = ["--horizons", "3,12"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with two files of bars, of which the second goes on after the first."""
    path = tmp_path_factory.mktemp("forecast")
    bars = forecast_bars(n_bars=4_140 + N_LATER)
    notes = {"symbol": "MNQ", "source": "synthetic default"}
    save_bars(bars.iloc[:-N_LATER], path / "bars.parquet", notes)
    save_bars(bars, path / "later.parquet", notes)
    return path


@pytest.fixture(scope="module")
def trained(folder):
    """Return the folder once `store` and `model` were trained in it."""
    words = ["train", "--data", folder / "bars.parquet", *SMALL, *HORIZONS]
    outputs = ["--out", folder / "store", "--model", folder / "model", "--json"]
    with pytest.raises(SystemExit) as left:
        run(app, [str(word) for word in [*words, *outputs]])
    assert int(left.value.code or 0) == 0
    return folder


def train_words(folder, *more):
    """Return the words of a training on the first file."""
    return ["train", "--data", folder / "bars.parquet", *SMALL, *HORIZONS, *more]


def test_forecast_train_makes_a_store_that_bars_can_be_joined_with(trained):
    bars = load_bars(trained / "bars.parquet", None)
    frame = with_forecasts(bars, trained / "store", [quantile_column(12, 0.05)])
    is_forecast = np.isfinite(frame[quantile_column(12, 0.05)].to_numpy())
    assert is_forecast.sum() == sum(b.n_rows for b in ForecastStore(trained / "store").blocks())
    assert is_forecast[int(is_forecast.argmax()) :].all()


def test_forecast_train_saves_a_forecaster_that_goes_on_with_the_runs_corrections(trained):
    forecaster = Forecaster.load(trained / "model")
    last = load_bars(trained / "bars.parquet", None).index[-1]
    assert forecaster.trained_until == last
    assert forecaster.online.until == last.as_unit("ns").value
    assert np.any(forecaster.online.offsets != 0.0)


def test_forecast_train_again_changes_no_byte_and_says_what_to_do_next(capsys, trained, tmp_path):
    files = sorted((trained / "store").glob("*.*"))
    before = [sha256_of_file(path) for path in files]
    words = train_words(trained, "--out", trained / "store", "--model", tmp_path / "model")
    outcome = run_script(capsys, "forecast", *words)
    assert outcome.exit_code == 0, outcome.err
    assert [sha256_of_file(path) for path in files] == before
    assert "harx_fhs: " in outcome.out
    assert " bars forecast in 3 blocks" in outcome.out
    assert f"--symbol MNQ --forecasts {trained / 'store'}" in outcome.out
    assert outcome.out.count("--symbol MNQ") == 3
    assert outcome.err == "forecasting: block 3 of 3, 3 blocks kept as before\n"


def test_forecast_predict_prints_prices_and_stores_what_is_far_enough(capsys, trained, tmp_path):
    words = ["predict", "--model", trained / "model", "--data", trained / "later.parquet"]
    outcome = run_script(capsys, "forecast", *words, "--out", tmp_path / "store", "--json")
    assert outcome.exit_code == 0, outcome.err
    assert "warning" not in outcome.err
    found = json.loads(outcome.out)
    prices = np.array(found["prices"])
    assert prices.shape == (2, 9)
    assert (np.diff(prices) > 0.0).all()
    assert prices[0, 0] < found["close"] < prices[0, -1]
    rows = ForecastStore(tmp_path / "store").read()
    assert len(rows.timestamps) == found["n_stored"]
    gap = rows.timestamps[0] - pd.Timestamp(found["trained_until"])
    assert gap > pd.Timedelta(minutes=60)
    again = run_script(capsys, "forecast", *words, "--out", tmp_path / "store")
    assert "bars ahead" in again.out
    assert "0 further bars stored" in again.out


def test_forecast_predict_of_little_history_warns_beside_its_json(capsys, trained, tmp_path):
    bars = load_bars(trained / "later.parquet", None).iloc[-400:]
    save_bars(bars, tmp_path / "bars.parquet", {"symbol": "MNQ"})
    words = ["predict", "--model", trained / "model", "--data", tmp_path / "bars.parquet"]
    outcome = run_script(capsys, "forecast", *words, "--json")
    assert outcome.exit_code == 0, outcome.err
    assert len(json.loads(outcome.out)["prices"]) == 2
    assert "399 bars come before the first forecast" in outcome.err
    assert "needs 4,140 to settle: let DATA begin earlier" in outcome.err


def test_forecast_predict_leaves_no_bar_without_a_forecast_in_a_store(capsys, trained):
    before = sha256_of_file(trained / "store" / "store.json")
    words = ["predict", "--model", trained / "model", "--data", trained / "later.parquet"]
    outcome = run_script(capsys, "forecast", *words, "--out", trained / "store")
    assert_one_clear_line(outcome, "12 bars between would have no forecast", "another --out")
    assert sha256_of_file(trained / "store" / "store.json") == before


def test_forecast_report_of_a_store_of_a_saved_forecaster_is_one_clear_line(
    capsys, trained, tmp_path
):
    bars = ["--data", trained / "later.parquet"]
    words = ["predict", "--model", trained / "model", *bars, "--out", tmp_path / "store"]
    assert run_script(capsys, "forecast", *words).exit_code == 0
    words = ["report", "--store", tmp_path / "store", *bars, "--out", tmp_path / "page.html"]
    outcome = run_script(capsys, "forecast", *words)
    assert_one_clear_line(outcome, "are not of a walk-forward run", "with --model")


def test_forecast_train_refuses_a_model_that_is_there_before_anything_is_done(
    capsys, trained, tmp_path
):
    words = train_words(trained, "--out", tmp_path / "store", "--model", trained / "model")
    outcome = run_script(capsys, "forecast", *words)
    assert_one_clear_line(outcome, f"`--model {trained / 'model'}` already exists")
    assert not (tmp_path / "store").exists()


def test_forecast_train_refuses_a_single_bar(capsys, tmp_path):
    save_bars(forecast_bars().iloc[:1], tmp_path / "bars.parquet", {"symbol": "MNQ"})
    outcome = run_script(capsys, "forecast", *train_words(tmp_path))
    assert_one_clear_line(outcome, "a single bar has no size")


def test_forecast_predict_without_later_bars_is_one_clear_line(capsys, trained):
    words = ["predict", "--model", trained / "model", "--data", trained / "bars.parquet"]
    outcome = run_script(capsys, "forecast", *words)
    assert_one_clear_line(outcome, "no bar that can be forecast", "give later bars")


def test_forecast_predict_of_another_market_is_one_clear_line(capsys, trained):
    words = ["predict", "--model", trained / "model", "--data", trained / "later.parquet"]
    outcome = run_script(capsys, "forecast", *words, "--symbol", "MES")
    assert_one_clear_line(outcome, "is of MNQ", "traded as MES")


@pytest.mark.parametrize("source", ["store", "model"])
def test_forecast_report_of_another_market_is_one_clear_line(capsys, trained, tmp_path, source):
    data = trained / ("bars.parquet" if source == "store" else "later.parquet")
    words = ["report", f"--{source}", trained / source, "--data", data, "--symbol", "MES"]
    outcome = run_script(capsys, "forecast", *words, "--out", tmp_path / "page.html")
    assert_one_clear_line(outcome, "is of MNQ", "traded as MES", "say --symbol MNQ")
    assert not (tmp_path / "page.html").exists()


def test_forecast_leaderboard_prints_a_table_and_who_is_promoted(capsys, folder, tmp_path):
    words = ["leaderboard", "--data", folder / "bars.parquet", *SMALL, "--horizon", 12]
    words += ["--families", "harx_fhs,garch_fhs", "--out", tmp_path]
    outcome = run_script(capsys, "forecast", *words)
    assert outcome.exit_code == 0, outcome.err
    for part in ("12 bars ahead", "unconditional", "garch_fhs", "ewma_fhs, 12 bars: reference"):
        assert part in outcome.out
    assert "no family passes at every horizon: no significant gain" in outcome.out
    as_json = run_script(capsys, "forecast", *words, "--json")
    *lines, last = map(json.loads, as_json.out.splitlines())
    assert {line["family"] for line in lines} == {
        "unconditional",
        "ewma_fhs",
        "harx_fhs",
        "garch_fhs",
    }
    assert last == {"default": "harx_fhs", "promoted": None}
    assert "3 blocks kept as before" in as_json.err
    assert json.loads((tmp_path / "leaderboard.json").read_text())["promoted"] is None


@pytest.mark.parametrize("place", ["store", "."])
def test_forecast_leaderboard_refuses_a_folder_of_something_else(capsys, trained, place):
    before = sorted(trained.rglob("*"))
    words = ["leaderboard", "--data", trained / "bars.parquet", *SMALL, "--horizon", 12]
    words += ["--families", "ewma_fhs", "--out", trained / place]
    outcome = run_script(capsys, "forecast", *words)
    assert_one_clear_line(outcome, "which no leaderboard has made", "new, empty or an earlier")
    assert sorted(trained.rglob("*")) == before


def test_forecast_leaderboard_refuses_a_file_as_folder(capsys, folder, tmp_path):
    (tmp_path / "board").write_text("a file")
    words = ["leaderboard", "--data", folder / "bars.parquet", "--out", tmp_path / "board"]
    assert_one_clear_line(run_script(capsys, "forecast", *words), "is a file")


def test_forecast_leaderboard_shows_families_the_averages_asked_for(capsys, folder, tmp_path):
    words = ["leaderboard", "--data", folder / "bars.parquet", *SMALL, "--horizon", 3, "--json"]
    words += ["--families", "quantile_regression", "--out", tmp_path]
    assert run_script(capsys, "forecast", *words).exit_code == 0
    plain = losses(tmp_path)
    assert run_script(capsys, "forecast", *words, "--averages", "4,16").exit_code == 0
    found = losses(tmp_path)
    assert found["quantile_regression"] != plain["quantile_regression"]
    assert found["ewma_fhs"] == plain["ewma_fhs"]


def losses(folder):
    """Return each family's loss, by name."""
    lines = json.loads((folder / "leaderboard.json").read_text())["lines"]
    return {line["family"]: line["crps"] for line in lines}


def test_forecast_leaderboard_of_fewer_families_says_the_same_of_each(capsys, folder, tmp_path):
    words = ["leaderboard", "--data", folder / "bars.parquet", *SMALL, "--horizon", 12, "--json"]
    found = []
    for families, place in (("harx_fhs", "one"), ("harx_fhs,garch_fhs", "two")):
        options = ["--families", families, "--out", tmp_path / place]
        outcome = run_script(capsys, "forecast", *words, *options)
        lines = map(json.loads, outcome.out.splitlines())
        found.append(next(line for line in lines if line.get("family") == "harx_fhs"))
    for line in found:
        del line["fit_seconds"], line["row_microseconds"]
    assert found[0] == found[1]


@pytest.mark.parametrize("source", ["store", "model"])
def test_forecast_report_writes_a_page(capsys, trained, tmp_path, source):
    data = trained / ("bars.parquet" if source == "store" else "later.parquet")
    words = ["report", f"--{source}", trained / source, "--data", data]
    outcome = run_script(capsys, "forecast", *words, "--out", tmp_path / "page.html")
    assert outcome.exit_code == 0, outcome.err
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<h1>harx_fhs on MNQ, 12 bars ahead</h1>" in text
    for part in ("Not promoted: ", "3 bars ahead: no significant gain", "12 bars ahead: no sig"):
        assert (part in text) == (source == "store")


def test_forecast_report_writes_pictures_where_they_are_wanted(capsys, trained, tmp_path):
    words = ["report", "--store", trained / "store", "--data", trained / "bars.parquet"]
    words += ["--out", tmp_path / "page.html", "--pictures", tmp_path / "figures"]
    outcome = run_script(capsys, "forecast", *words)
    assert outcome.exit_code == 0, outcome.err
    assert {path.name for path in (tmp_path / "figures").iterdir()} == set(FORECAST_PICTURES)


def test_forecast_report_refuses_pictures_that_cannot_be_written(capsys, trained, tmp_path):
    (tmp_path / "figures").write_text("a file")
    words = ["report", "--store", trained / "store", "--data", trained / "bars.parquet"]
    words += ["--out", tmp_path / "page.html", "--pictures", tmp_path / "figures"]
    outcome = run_script(capsys, "forecast", *words)
    assert_one_clear_line(outcome, "--pictures")
    assert not (tmp_path / "page.html").exists()


def test_forecast_work_is_kept_in_var_unless_told(monkeypatch, tmp_path, capsys, folder):
    monkeypatch.setattr(loading, "FORECASTS_DIR", tmp_path)
    words = ["leaderboard", "--data", folder / "bars.parquet", *SMALL, "--horizon", 3]
    assert run_script(capsys, "forecast", *words, "--families", "ewma_fhs").exit_code == 0
    (made,) = tmp_path.iterdir()
    assert made.name.startswith("leaderboard_bars_")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--family", ","], ("name a forecast family", "harx_fhs")),
        (["--family", "harx"], ("unknown forecast family `harx`", "did you mean `harx_fhs`?")),
        (["--horizons", "3,x"], ("`--horizons` must be whole numbers by commas", "'3,x'")),
        (["--horizon", 3], ("`--horizon` or `--horizons`, not both",)),
        (["--refit-sessions", 0], ("`--refit-sessions`", "was 0")),
        (["--workers", 0], ("`--workers` must be >= 1, was 0",)),
        (["--horizons", "3,276"], ("a horizon must be shorter than a session", "was 276")),
        (["--least-sessions", 60], ("63 sessions are needed", "are missing", "--least-sessions")),
        (["--least-sessions", 3], ("at least 5 sessions",)),
        (["--features", "rsj"], ("unknown feature `rsj`", "`rsi`?")),
        (["--averages", "4,x"], ("`--averages` must be whole numbers by commas", "'4,x'")),
        (["--averages", "16,4"], ("`--averages`", "longer than the one before, was (16, 4)")),
        (["--symbol", "XYZ"], ("XYZ",)),
    ],
)
def test_forecast_train_refuses_a_mistake_in_one_clear_line(
    capsys, folder, tmp_path, options, parts
):
    words = train_words(folder, "--out", tmp_path / "store", *options)
    assert_one_clear_line(run_script(capsys, "forecast", *words), *parts)


@pytest.mark.parametrize(
    ("column", "value", "parts"),
    [
        ("close", 18_000.0, ("all prices of the", "nothing to forecast")),
        ("volume", 0.0, ("relative_volume", "volume")),
    ],
)
def test_forecast_train_refuses_bars_that_nothing_can_be_learnt_from(
    capsys, tmp_path, column, value, parts
):
    bars = forecast_bars()
    columns = [column] if column == "volume" else ["open", "high", "low", "close"]
    save_bars(bars.assign(**dict.fromkeys(columns, value)), tmp_path / "bars.parquet", {})
    seen = ("--family", "quantile_regression", "--features", "relative_volume")
    words = train_words(tmp_path, "--out", tmp_path / "store", *seen)
    assert_one_clear_line(run_script(capsys, "forecast", *words), *parts)
    assert not (tmp_path / "store").exists()


def test_forecast_train_refuses_a_store_of_other_bars(capsys, trained, tmp_path):
    other = forecast_bars().assign(volume=7.0)
    save_bars(other, tmp_path / "bars.parquet", {"symbol": "MNQ"})
    words = train_words(tmp_path, "--out", trained / "store", "--model", tmp_path / "model")
    outcome = run_script(capsys, "forecast", *words)
    assert_one_clear_line(outcome, "was made of other bars", "or make another store")


def test_forecast_train_refuses_a_folder_that_holds_something_else(capsys, folder):
    words = train_words(folder, "--out", folder)
    assert_one_clear_line(run_script(capsys, "forecast", *words), "is no store of forecasts")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ("give `--store` or `--model`",)),
        (["--store", "nowhere"], ("`nowhere` is no store of forecasts",)),
        (["--model", "nowhere"], ("`nowhere`",)),
        (["--store", "nowhere", "--out", "page.pdf"], ("`--out` must be an .html file",)),
    ],
)
def test_forecast_report_refuses_a_mistake_in_one_clear_line(capsys, folder, words, parts):
    outcome = run_script(capsys, "forecast", "report", "--data", folder / "bars.parquet", *words)
    assert_one_clear_line(outcome, *parts)


def test_forecast_report_of_other_bars_gives_no_advice_on_its_page(capsys, trained, tmp_path):
    save_bars(forecast_bars().assign(volume=7.0), tmp_path / "bars.parquet", {"symbol": "MNQ"})
    words = ["report", "--store", trained / "store", "--data", tmp_path / "bars.parquet"]
    outcome = run_script(capsys, "forecast", *words, "--out", tmp_path / "page.html")
    assert_one_clear_line(outcome, "was made of other bars", "give the file that it was made of")
    assert "--out" not in outcome.err


def test_forecast_report_lies_with_the_reports_and_replaces_none(
    monkeypatch, capsys, trained, tmp_path
):
    monkeypatch.setattr(paths, "REPORTS_DIR", tmp_path)
    words = ["report", "--store", trained / "store", "--data", trained / "bars.parquet"]
    for name in ("forecast_store_on_bars.html", "forecast_store_on_bars_2.html"):
        outcome = run_script(capsys, "forecast", *words)
        assert outcome.exit_code == 0, outcome.err
        assert f"report: {tmp_path / name}" in outcome.out
        assert (tmp_path / name).is_file()


def test_forecast_leaderboard_interrupted_leaves_standard_output_to_json(
    monkeypatch, capsys, folder, tmp_path
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(walking, "run_walk", interrupted)
    words = ["leaderboard", "--data", folder / "bars.parquet", *SMALL, "--out", tmp_path]
    outcome = run_script(capsys, "forecast", *words, "--horizon", 12, "--json")
    assert (outcome.exit_code, outcome.out) == (130, "")
    assert outcome.err.count("interrupted") == 1
    assert "scripts/forecast.py leaderboard" in outcome.err


@pytest.mark.parametrize("command", ["train", "leaderboard"])
def test_forecast_help_names_every_family(capsys, command):
    said = " ".join(run_script(capsys, "forecast", command, "--help").out.split())
    assert all(family in said for family in FAMILIES)


def test_forecast_promotion_says_whether_the_default_changes():
    assert _promotion("harx_fhs", "harx_fhs") == "promoted: harx_fhs, which is the default already"
    assert _promotion("lightgbm", "harx_fhs") == "promoted: lightgbm; the default is harx_fhs now"


def test_forecast_report_refuses_a_horizon_that_is_not_forecast(capsys, trained, tmp_path):
    words = ["report", "--store", trained / "store", "--data", trained / "bars.parquet"]
    outcome = run_script(
        capsys, "forecast", *words, "--horizon", 5, "--out", tmp_path / "page.html"
    )
    assert_one_clear_line(outcome, "one of those forecast, 3, 12, was 5")

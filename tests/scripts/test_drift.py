"""scripts/drift.py: a day of a journal beside the kernel's, in a terminal, as JSON, as a page."""

import json
from datetime import date

import pytest

from data.store import load_bars, save_bars
from models.load_policy import load_policy
from scripts.drift_input import TradedModel, model_notes, told
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.drift import ACCOUNT, HandWrittenDay
from tests.helpers.live_pipeline import closed_bars
from trading.journal_reader import JournalReader
from trading.model_loading import model_identity

LAST = 20
"""Bars from the end of the file to the decision."""


@pytest.fixture
def day(tmp_path, bars_file, model_dir):
    """Return the journal of one buy near the end of the bars, filled a tick worse than the kernel.

    The kernel slips one tick; a tick of MNQ is 0.25 points and 0.50 USD.
    """
    frame = load_bars(bars_file, None)
    settings = load_policy([model_dir]).env_settings
    day = HandWrittenDay(tmp_path / "sim.db", frame, settings)
    day.model_id = model_identity([model_dir], None)
    place = len(frame) - LAST
    day.trade(place, "buy", 1, float(frame["open"].iloc[place + 1]) + 0.50, 0.62)
    day.write()
    return day


@pytest.fixture
def drift(capsys, day, bars_file, model_dir):
    """Return what runs the script with further words."""

    def ran(*words, bars=bars_file, journal=day.path):
        return run_script(capsys, "drift", journal, "--bars", bars, "--model", model_dir, *words)

    return ran


def test_drift_prints_difference_parts_and_fills(drift):
    outcome = drift()
    assert (outcome.exit_code, outcome.err) == (0, "")
    first, trader, kernel, *_ = outcome.out.splitlines()
    assert first.startswith("drift of MNQ on 20")
    assert first.endswith(
        "-0.50 USD = price -0.50, commission +0.00, missed +0.00, extra +0.00, rest +0.00"
    )
    assert trader.startswith("trader: net ")
    assert kernel.startswith("kernel: net ")
    assert "BUY 1" in outcome.out
    assert ACCOUNT not in outcome.out


def test_drift_as_json_is_one_object_with_the_parts(drift, day):
    found = json.loads(drift("--json").out)
    assert found["file"] == str(day.path)
    assert (found["difference_usd"], found["price_usd"], found["rest_usd"]) == (-0.5, -0.5, 0.0)
    (row,) = found["rows"]
    assert (row["kind"], row["worse_ticks"], row["trader"]["label"]) == ("matched", 1, "entry")


@pytest.mark.parametrize(("limit", "code"), [("0.5", 0), ("0.49", 1)])
def test_drift_beyond_the_limit_exits_one_and_says_so(drift, limit, code):
    outcome = drift("--limit-usd", limit)
    assert outcome.exit_code == code
    said = [line for line in outcome.out.splitlines() if "limit" in line]
    beyond = ["beyond the limit: -0.50 USD, `--limit-usd` is 0.49"]
    assert said == (beyond if code else [])


def test_drift_as_json_is_one_object_beyond_the_limit_and_with_a_page_too(drift, tmp_path):
    page = tmp_path / "drift.html"
    outcome = drift("--json", "--limit-usd", "0.1", "--out", page)
    assert json.loads(outcome.out)["difference_usd"] == -0.5
    assert outcome.err.splitlines()[0] == f"report: {page}"
    assert outcome.err.splitlines()[1].startswith("beyond the limit")


def test_drift_of_a_model_that_did_not_decide_that_day_is_refused(drift, day):
    own, day.model_id = day.model_id, "f" * 64
    place = len(day.frame) - LAST
    day.decide(place + 3, "hold")
    day.write()
    outcome = drift()  # some of the day's decisions are its own
    assert outcome.exit_code == 0
    assert "note: of that day's decisions some are of another model, ffffffffffff" in outcome.out
    other = HandWrittenDay(day.path.with_name("other.db"), day.frame, day.settings)
    other.model_id = "f" * 64
    other.decide(place, "hold")
    assert_one_clear_line(drift(journal=other.write()), "of model ffffffffffff", own[:12])


def test_drift_of_a_model_that_sees_no_forecasts_needs_no_forecaster(drift, tmp_path):
    outcome = drift("--forecaster", tmp_path)
    assert_one_clear_line(outcome, "sees no forecasts", "`--forecaster`")


def test_drift_of_a_model_whose_forecaster_is_not_named_is_made_with_a_note(day):
    model = TradedModel(settings=day.settings, known_as=None, identity=None)
    with JournalReader.open(day.path) as reader:
        (note,) = model_notes(reader, model, date(2024, 1, 2))
    assert "name its `--forecaster`" in note


def test_drift_writes_a_page(drift, tmp_path):
    outcome = drift("--out", tmp_path / "drift.html")
    assert f"report: {tmp_path / 'drift.html'}" in outcome.out.splitlines()
    page = (tmp_path / "drift.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert outcome.out.splitlines()[0] in page
    assert ACCOUNT not in page


def test_drift_of_a_day_that_is_named_is_that_days(drift):
    day = json.loads(drift("--json").out)["day"]
    assert json.loads(drift("--json", "--day", day).out)["day"] == day
    assert_one_clear_line(drift("--day", "2001-01-01"), "no decision on 2001-01-01", day)
    assert_one_clear_line(drift("--day", "today"), "`--day` must be YYYY-MM-DD, was 'today'")


@pytest.mark.parametrize("limit", ["-1", "nan"])
def test_drift_limit_below_zero_is_refused(drift, limit):
    assert_one_clear_line(drift("--limit-usd", limit), "`--limit-usd` must be >= 0")


def test_drift_of_no_journal_or_no_decisions_is_one_clear_line(drift, day, tmp_path):
    assert_one_clear_line(drift(journal=tmp_path / "none.db"), "there is no journal")
    empty = HandWrittenDay(tmp_path / "empty.db", day.frame, day.settings)
    assert_one_clear_line(drift(journal=empty.write()), "has no decision")


def test_drift_on_bars_of_another_instrument_or_day_is_one_clear_line(drift, day, tmp_path):
    other = tmp_path / "other.parquet"
    save_bars(day.frame, other, {"symbol": "MES"})
    assert_one_clear_line(drift(bars=other), "says that its bars are MES, not MNQ")
    early = tmp_path / "early.parquet"
    save_bars(day.frame.iloc[:100], early, {"symbol": "MNQ"})
    assert_one_clear_line(drift(bars=early), "are of trading day")


def test_bars_are_told_as_a_market_tells_them(day):
    frame = day.frame.iloc[:5].assign(contract="MNQH24", roll_gap=0.25)
    assert told(frame) == closed_bars(frame)

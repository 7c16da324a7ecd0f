"""The report is one safe, self-contained page; metrics.json has the same bytes every time."""

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from backtest import page_code
from backtest.assessment import assess
from backtest.report import write_metrics_json, write_report
from backtest.tables import Row, Table
from config.settings import EnvSettings
from tests.helpers.results import flat_bars, hand_made_result, idle_result
from utils.errors import ConfigError

PROVENANCE = {"git_revision": "abc", "versions": {"torch": "2.13.0"}}


class Page(HTMLParser):
    """Collects what a page would load, its visible text, and its ids."""

    def __init__(self, html):
        super().__init__()
        self.loads, self.texts, self.ids, self.tags = [], [], [], []
        self._is_code = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.loads += [
            value
            for key, value in attrs
            if key in ("src", "href", "data", "action", "srcset") and not value.startswith("#")
        ]
        self.ids.append(values.get("id"))
        self._is_code = tag in ("script", "style")

    def handle_endtag(self, tag):
        self._is_code = False

    def handle_data(self, data):
        if not self._is_code:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def without_plotly_js(monkeypatch):
    """Leave the 5 MB library out where a test does not look at it."""
    monkeypatch.setattr(page_code, "get_plotlyjs", lambda: "/* plotly */")


def read_page(path):
    return Page(path.read_text(encoding="utf-8"))


def test_write_report_is_self_contained_with_plotly_once(tmp_path):
    path = write_report(tmp_path, [hand_made_result(), idle_result()], flat_bars(), PROVENANCE)
    html = path.read_text(encoding="utf-8")
    page = Page(html)
    assert path == tmp_path / "report.html"
    assert page.loads == []
    assert not {"link", "img", "iframe"} & set(page.tags)
    assert "@import" not in html.split("<script>")[0]
    assert {"equity", "candles", "excursions", "costs-chain"} <= set(page.ids)
    assert html.count("plotly.js v") == 1


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_shows_metrics_of_model_and_baselines(tmp_path):
    results = [hand_made_result(), idle_result("flat"), idle_result("random")]
    text = read_page(write_report(tmp_path / "r.html", results, flat_bars(), PROVENANCE)).text
    assert "Metric model flat random" in text
    assert "Net profit, USD +8.52 +0.00 +0.00" in text
    assert "Win rate 100.0% – –" in text
    assert "Profit factor ∞ – –" in text
    assert (
        "model made 8.52 USD (0.1%) in 1 trade after costs; the best baseline, flat, neither made"
        in text
    )
    assert "Commission, USD per contract and side 0.62" in text
    assert "versions.torch 2.13.0" in text


@pytest.mark.usefixtures("without_plotly_js")
@pytest.mark.parametrize(
    ("changes", "is_synthetic", "words"),
    [
        ({}, False, []),
        ({}, True, ["SYNTHETIC MARKET"]),
        ({"is_in_sample": True}, False, ["IN-SAMPLE"]),
        ({"was_liquidated": True}, True, ["SYNTHETIC MARKET", "RUINED"]),
        ({"denials": {"margin": 99}}, False, ["DENIED"]),
    ],
)
def test_write_report_flags_what_a_reader_must_know_first(tmp_path, changes, is_synthetic, words):
    result = hand_made_result(**changes)
    path = write_report(tmp_path, [result], flat_bars(), PROVENANCE, is_synthetic=is_synthetic)
    text = read_page(path).text
    for word in ("SYNTHETIC MARKET", "IN-SAMPLE", "RUINED", "DENIED"):
        assert (word in text) == (word in words)


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_hostile_strings_stay_text(tmp_path):
    hostile = "<img src='http://evil.example/x'></script><script>alert(1)</script>"
    result = hand_made_result(hostile, feature_columns=(hostile,))
    path = write_report(tmp_path, [result], flat_bars(), {hostile: hostile})
    page = read_page(path)
    assert page.loads == []
    assert page.tags.count("script") == 7  # three blocks of data, figures, library, two of ours
    assert hostile in page.text


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_of_a_run_without_trades_says_what_there_is_not_enough_for(tmp_path):
    page = read_page(write_report(tmp_path, [idle_result()], flat_bars(), {}))
    assert {"equity", "candles"} <= set(page.ids)
    assert not {"rolling", "distribution", "excursions", "costs-chain"} & set(page.ids)
    for words in ("No trade, so no excursions", "Too few sessions for a rolling", "that differ"):
        assert words in page.text


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_headings_and_cells_of_tables_name_their_scope_and_figures_their_subject(
    tmp_path,
):
    html = write_report(tmp_path, [hand_made_result()], flat_bars(), {}).read_text("utf-8")
    body = html.split("<script")[0]
    assert re.findall(r"<th(?![a-z])(?![^>]*scope=)", body) == []
    assert re.findall(r"<(?:figure|canvas)(?![^>]*aria-label=)", body) == []


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_shows_further_tables_and_what_costs_took(tmp_path):
    folds = Table(
        heading="Folds",
        columns=("Fold", "Net, USD", "Read as"),
        rows=(Row("1", ("-3.10", "a loss")),),
        note="Two seeds.",
    )
    page = read_page(
        write_report(tmp_path, [hand_made_result()], flat_bars(), {}, further=(folds,))
    )
    assert "Folds Fold Net, USD Read as 1 -3.10 a loss Two seeds." in page.text
    # 8.52 net, 1.24 of fees, a tick of 0.50 lost to slippage at either end
    assert "Profit before costs, USD +10.76" in page.text
    assert "Slippage, USD -1.00 Commission, USD -1.24 Net profit, USD +8.52" in page.text


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_with_an_assessment_begins_with_its_verdict_and_drops_the_caveat(tmp_path):
    results = [hand_made_result(), idle_result()]
    assessment = assess(None, results)
    with_it = read_page(
        write_report(tmp_path, results, flat_bars(), {}, assessment=assessment)
    ).text
    without = read_page(write_report(tmp_path, results, flat_bars(), {})).text
    assert assessment.verdict.lower() in with_it[: with_it.index("made 8.52 USD")].lower()
    assert "Not evaluated" in with_it
    assert "without a significance test" not in with_it
    assert "without a significance test" in without


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_where_a_file_bars_the_way_is_a_config_error(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        write_report(tmp_path / "taken" / "report.html", [idle_result()], flat_bars(), {})
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_write_metrics_json_has_nulls_and_the_same_bytes_twice(tmp_path):
    for name in ("a.json", "b.json"):
        write_metrics_json(tmp_path / name, [hand_made_result(), idle_result()])
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    results = json.loads((tmp_path / "a.json").read_text())["results"]
    assert results["model"]["metrics"]["profit_factor"] is None
    assert results["model"]["metrics"]["profit_factor_is_infinite"] is True
    assert results["flat"]["metrics"]["win_rate"] is None
    assert results["flat"]["first_bar"] == "2025-01-02T15:00:00+00:00"


def test_metrics_json_of_two_results_with_one_name_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"repeated: same$"):
        write_metrics_json(
            tmp_path / "metrics.json", [hand_made_result("same"), hand_made_result("same")]
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("without_plotly_js")
def test_write_report_of_several_instruments_names_them_and_draws_the_first_ones_trades(tmp_path):
    bars = flat_bars()
    one = hand_made_result()
    both = pd.concat([one.trades, one.trades], ignore_index=True)
    both.insert(0, "symbol", ["MES", "MNQ"])
    fills = pd.concat([one.fills, one.fills], ignore_index=True)
    fills.insert(0, "symbol", ["MES", "MES", "MNQ", "MNQ"])
    result = hand_made_result(
        trades=both,
        fills=fills,
        settings=EnvSettings(symbol="MES"),
        positions_by_symbol={"MES": one.positions, "MNQ": one.positions},
    )
    without_one = bars.drop(bars.index[2])  # where only the other instrument has a bar
    html = write_report(tmp_path, [result], without_one, {}).read_text("utf-8")
    text = Page(html).text
    assert "model on MES and MNQ" in text
    assert "1 trade in MES. Triangles" in text
    assert text.count("USD per point") == 2
    assert json.loads(re.search(r'id="candle-facts">([^<]*)<', html)[1])["bars"] == 5

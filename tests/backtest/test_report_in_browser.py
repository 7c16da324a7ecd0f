"""A report in the system's own Chromium: drawn, quiet, offline, and as wide as its screen."""

import shutil

import numpy as np
import pandas as pd
import pytest

from backtest.assessment import assess
from backtest.report import write_report
from data.synthetic import synthetic_bars
from tests.helpers.results import hand_made_result, idle_result

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
N_BARS, N_TRADES = 6_000, 300
MILLISECONDS = 90_000
"""Patience on a machine that has much else to do."""

SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
PIXELS_DRAWN = """name => {
    const canvas = document.getElementById(name), pen = canvas.getContext("2d");
    const bytes = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    return bytes.filter((value, place) => place % 4 === 3 && value > 0).length;
}"""
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome is installed")


def busy_result(bars):
    """Return a result with many trades, all hand-made, of a steady loss with a deep middle."""
    rows = np.linspace(5, N_BARS - 10, N_TRADES).astype(int)
    model = hand_made_result()
    repeat = pd.concat([model.trades] * N_TRADES, ignore_index=True)
    net = np.where(np.arange(N_TRADES) % 3 == 0, 30.0, -20.0)
    trades = repeat.assign(
        entry_time=bars.index[rows],
        exit_time=bars.index[rows + 5],
        entry_price=bars["open"].to_numpy()[rows],
        exit_price=bars["close"].to_numpy()[rows + 5],
        net_usd=net,
        mae_usd=-np.abs(net),
        mfe_usd=np.abs(net) + 5.0,
    )
    equity = 10_000.0 + 400.0 * np.sin(np.arange(N_BARS) / 300.0) - np.arange(N_BARS) / 10.0
    dates = bars.index.tz_convert("America/Chicago").tz_localize(None).to_numpy("datetime64[D]")
    return hand_made_result(
        "a-model-with-a-rather-long-name",
        bars,
        equity=equity - equity[0] + 10_000.0,
        positions=np.zeros(N_BARS, dtype=np.int64),
        trade_dates=dates,
        trades=trades,
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    bars = synthetic_bars(N_BARS, seed=1)
    main = busy_result(bars)
    flat = idle_result("flat", bars)
    results = [
        main,
        hand_made_result("flat", bars, **{**_idle(flat), "trade_dates": main.trade_dates}),
    ]
    return write_report(
        tmp_path_factory.mktemp("report"), results, bars, {"a": "b" * 90}, True,
        assessment=assess(None, results),
    )  # fmt: skip


def _idle(result):
    return {name: getattr(result, name) for name in ("equity", "positions", "fills", "trades")}


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=SCREENS)
def page(request, browser, report):
    width, height = SCREENS[request.param]
    page = browser.new_page(
        viewport={"width": width, "height": height}, has_touch=request.param == "phone"
    )
    page.set_default_timeout(MILLISECONDS)
    page.complaints, page.asked = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda sent: page.asked.append(sent.url))
    page.goto(report.as_uri())
    page.wait_for_function("document.getElementById('candles').dataset.candles > 0")
    page.wait_for_function("document.documentElement.dataset.figures == 'drawn'")
    page.first_view = candles_of(page)
    yield page
    page.close()


def candles_of(page):
    """Return what the canvas says of itself."""
    return {name: int(value) for name, value in page.evaluate(
        "({...document.getElementById('candles').dataset})"
    ).items()}  # fmt: skip


def press(page, name):
    page.click(f"[data-do={name}]")
    page.evaluate(TWO_FRAMES)


def test_report_in_a_browser_is_drawn_without_complaint_request_or_overflow(page, report):
    assert page.complaints == []
    assert page.asked == [report.as_uri()]
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("equity", "rolling", "distribution", "excursions", "costs-chain"):
        box = page.locator(f"#{name} svg.main-svg").first.bounding_box()
        assert box["width"] > 0.8 * (width - 40), name
        assert page.locator(f"#{name} svg path").count() > 3, name
    for canvas in ("candles", "strip"):
        n_drawn = page.evaluate(PIXELS_DRAWN, canvas)
        assert n_drawn > 1_000


def test_report_in_a_browser_puts_bars_together_as_one_zooms_out_and_takes_them_apart_again(page):
    assert page.first_view["last"] - page.first_view["first"] == 300
    press(page, "all")
    whole = candles_of(page)
    assert (whole["first"], whole["last"], whole["trades"]) == (0, N_BARS, N_TRADES)
    assert whole["size"] >= 10
    assert whole["candles"] <= 1_500
    for _ in range(8):
        press(page, "in")
    near = candles_of(page)
    assert near["size"] == 1
    assert near["candles"] == near["last"] - near["first"] <= 30


def test_report_in_a_browser_goes_to_the_best_trade_and_says_which_it_is(page):
    press(page, "best")
    said = page.locator("#readout").inner_text()
    assert said.startswith("trade 1 of 300: long 1, ")
    assert "+30.00 USD net, closed by stop" in said


def test_report_in_a_browser_moves_by_drag_and_by_key(page):
    press(page, "all")
    press(page, "in")
    before = candles_of(page)
    page.locator("#candles").scroll_into_view_if_needed()
    box = page.locator("#candles").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 100, y, steps=4)
    page.mouse.up()
    page.evaluate(TWO_FRAMES)
    dragged = candles_of(page)
    assert dragged["first"] < before["first"]
    page.locator("#candles").press("ArrowRight")
    page.evaluate(TWO_FRAMES)
    assert candles_of(page)["first"] > dragged["first"]

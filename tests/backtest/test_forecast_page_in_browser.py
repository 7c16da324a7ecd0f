"""A forecaster's page in the system's own Chromium: drawn, quiet, offline, and not too wide."""

import pytest

from backtest.forecast_page import write_forecast_report
from tests.backtest.test_report_in_browser import CHROMIUM, FLAGS, MILLISECONDS, SCREENS
from tests.helpers.forecast_pages import forecast_page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome is installed")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    page = forecast_page(
        name="a-forecaster-with-a-rather-long-name",
        verdict="not promoted: no significant gain: skill +0.10% against ewma_fhs, t 1.99",
        is_synthetic=True,
    )
    return write_forecast_report(tmp_path_factory.mktemp("report"), page)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_forecast_page_in_a_browser_is_drawn_without_complaint_request_or_overflow(
    browser, report, screen
):
    width, height = SCREENS[screen]
    page = browser.new_page(
        viewport={"width": width, "height": height}, has_touch=screen == "phone"
    )
    page.set_default_timeout(MILLISECONDS)
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(report.as_uri())
    page.wait_for_function("document.documentElement.dataset.figures == 'drawn'")
    assert complaints == []
    assert asked == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("fan", "hours", "pit", "reliability", "coverage"):
        box = page.locator(f"#{name} svg.main-svg").first.bounding_box()
        assert box["width"] > 0.8 * (width - 40), name
        assert page.locator(f"#{name} svg path").count() > 3, name
    page.close()

"""The whole trader over TCP, in a market that fills as the kernel does, has no drift."""

from datetime import date

import pytest

from config.settings import EnvSettings
from tests.helpers.live_pipeline import closed_bars, loaded
from tests.helpers.live_traders import TERMS, HashPolicy, rehearse, some_bars
from trading.drift_report import daily_drift
from trading.drift_text import report_text
from trading.journal_reader import JournalReader
from trading.trader_setup import JOURNAL

N_WARM = 200
BARS = some_bars(310)
"""The first trading day has 276."""


@pytest.mark.parity
def test_trader_in_a_market_that_fills_as_the_kernel_has_no_drift(tmp_path):
    settings = EnvSettings(**(TERMS | {"take_profit_ticks": 40.0}))

    async def body(run):
        await run.step(len(BARS) - N_WARM - 1)

    rehearse(tmp_path, body, BARS, loaded(HashPolicy(settings, BARS)), n_warm=N_WARM)
    for day, n_fills in ((date(2024, 1, 2), 20), (date(2024, 1, 3), 8)):
        with JournalReader.open(tmp_path / JOURNAL) as reader:
            report = daily_drift(reader, closed_bars(BARS), settings, day)
        text = "\n".join(report_text(report))
        assert report.live.n_fills > n_fills, text
        assert {(row.kind, row.worse_ticks, row.bars_later) for row in report.rows} == {
            ("matched", 0, 0)
        }, text
        assert report.live == report.kernel, text
        assert (report.difference_usd, report.rest_usd) == (0.0, 0.0)
        assert "wanted another one" not in text

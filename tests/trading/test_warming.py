"""Warming up: nothing is compiled any more once a trader is connected."""

from numba.core import event

from config.trader_settings import TraderSettings
from tests.helpers.live_traders import BAR_SECONDS, hash_model, rehearse, some_bars
from trading.trader_terms import TraderTerms
from trading.warming import warm_up
from utils.clock import SystemClock

BARS = some_bars(700)
GATEWAYS = {"first_touched"}
"""What the market of the rehearsal calls, on a thread of its own."""


def test_warm_trader_compiles_nothing_over_a_change_of_days(tmp_path):
    model = hash_model(BARS, take_profit_ticks=40.0)
    terms = TraderTerms(mode="sim", folder=tmp_path, model=model, bar_seconds=BAR_SECONDS)
    warm_up(terms, TraderSettings(), SystemClock())

    async def body(run):
        await run.step(300)
        assert run.manager.books.fills.con_ids()
        assert list((tmp_path / "drift").iterdir())

    with event.install_recorder("numba:compile") as recorded:
        rehearse(tmp_path, body, BARS, model, n_warm=200)
    compiled = {one.data["dispatcher"].__name__ for _, one in recorded.buffer if one.is_start}
    assert compiled <= GATEWAYS, compiled - GATEWAYS

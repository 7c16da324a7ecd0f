"""Environment, back-test and the whole trader over TCP: the same decisions, the same trades."""

import sqlite3
from contextlib import closing

import pytest

from config.settings import EnvSettings
from env.kernel.types import FILL
from tests.helpers.live_pipeline import expected_of
from tests.helpers.live_traders import TERMS, HashPolicy, loaded, rehearse, some_bars
from trading.journal_codec import decoded
from trading.trader_setup import JOURNAL

pytestmark = pytest.mark.parity

N_WARM = 60
BARS = some_bars(420)
ACCOUNTS = {
    "one contract": {},
    "targets": {"take_profit_ticks": 40.0},
    "slippage by hour": {"off_hours_slippage_ticks": 1},
}


def written_decisions(folder):
    """Return the decisions in a journal, oldest first."""
    with closing(sqlite3.connect(folder / JOURNAL)) as connection:
        rows = connection.execute("SELECT json FROM raw_event WHERE kind = 'Decision' ORDER BY seq")
        return [decoded("Decision", text) for (text,) in rows]


def fills_of(state, instrument):
    """Return the broker's fills: signed contracts and ticks, in order."""
    return [
        (
            fill["shares"] * (1 if fill["side"] == "BOT" else -1),
            int(instrument.to_ticks(fill["price"])),
        )
        for fill in state["executions"]
    ]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_trader_over_tcp_decides_and_trades_as_environment_and_back_test_do(tmp_path, account):
    policy = HashPolicy(EnvSettings(**(TERMS | ACCOUNTS[account])), BARS)
    expected = expected_of(policy, BARS, N_WARM)
    seen = {}

    async def body(run):
        await run.step(len(BARS) - N_WARM - 1)
        seen["state"] = run.market.state()
        seen["instrument"] = run.manager.books.instrument
        seen["net"] = run.manager.books.fills.net_usd({run.manager.books.con_id: 0.0})

    rehearse(tmp_path, body, BARS, loaded(policy), n_warm=N_WARM)
    decisions = written_decisions(tmp_path)
    assert len(decisions) > 300
    assert [one.features_hash for one in decisions] == expected.observations[: len(decisions)]
    fills = fills_of(seen["state"], seen["instrument"])
    kernel = expected.simulation.fills.view(FILL)
    assert len(fills) > 100
    assert fills == [(int(f["quantity"]), int(f["price_ticks"])) for f in kernel[: len(fills)]]

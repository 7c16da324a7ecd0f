"""What a whole trader does not begin with: one clear line, nothing sent, nothing lost."""

import asyncio
import os
from dataclasses import replace

import pytest

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import (
    BUY,
    CLOSE,
    HOLD,
    SELL,
    market_of,
    rehearse,
    scripted_model,
    some_bars,
    trading,
)
from tests.helpers.refusals import ended
from trading import journal_opening
from trading.ib_gateway import IbGateway
from trading.journal import Journal
from trading.journal_owner import JournalOwner
from trading.modes import Hold, Mode
from trading.trader_setup import JOURNAL
from utils.clock import SystemClock
from utils.errors import ConfigError, FatalGatewayError, JournalError

BARS = some_bars(80)
MODEL = scripted_model(BARS, BUY, BUY, BUY)
CLOCKS = {"limits": {"warn_skew_seconds": 2.0, "max_skew_seconds": 10.0}}


def nothing_was_sent(end):
    return (end.state["orders"], end.state["executions"]) == ([], [])


def test_nobody_listening_is_one_line_per_attempt_and_tried_again(tmp_path, caplog):
    seen = []

    async def in_loop(market):
        market.gateway.set(is_refusing=True)
        async with trading(market, MODEL, tmp_path, is_begun=False) as run:
            await until(lambda: caplog.text.count("nobody listens") >= 3)
            seen.append((run.task.done(), run.heard.statuses[0].mode, run.heard.kinds()))
            market.gateway.set(is_refusing=False)
            await until(lambda: not run.trader.unsettled())

    with market_of(BARS, 60, MODEL.policy.env_settings) as market:
        asyncio.run(in_loop(market))
        where = f"127.0.0.1:{market.port}"
    assert seen == [(False, Mode.CONNECTING, set())]
    said = {line.getMessage() for line in caplog.records if "nobody listens" in line.getMessage()}
    assert said == {
        f"nobody listens at {where} (ConnectionRefusedError); start TWS or IB Gateway, or say "
        "where it is by IB_HOST and IB_PAPER_PORT, live IB_LIVE_PORT (IB Gateway's usual ports are "
        "4002, live 4001)"
    }
    assert "Traceback" not in caplog.text


def test_read_only_interface_is_refused_before_the_first_order_and_says_what_to_untick(tmp_path):
    end = ended(tmp_path, MODEL, BARS, lambda far: far.set(is_read_only=True))
    assert isinstance(end.error, FatalGatewayError)
    assert "untick `Read-Only API`" in end.line
    assert nothing_was_sent(end)
    assert end.heard.kinds() == {"failed"}


def test_interface_that_becomes_read_only_while_trading_opens_nothing_until_it_is_not(tmp_path):
    model = scripted_model(BARS, BUY, HOLD, HOLD)

    async def body(run):
        await run.step()
        run.far.set(is_read_only=True)
        await until(lambda: "not_reconciled" in run.heard.kinds())
        assert "untick `Read-Only API`" in run.heard.alerts[-1].text
        assert run.manager.is_in_doubt
        model.policy.answers, n_orders = [SELL], run.market.n_orders_heard
        await run.market.step()
        await until(lambda: run.desk.decisions.last.decision.target == -1)
        await until(lambda: run.desk.decisions.is_idle)
        assert run.market.n_orders_heard == n_orders
        run.far.set(is_read_only=False)
        await until(lambda: not run.manager.is_in_doubt)
        await run.step()
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, model)


def test_account_without_market_data_is_refused_and_says_what_to_subscribe_to(tmp_path):
    end = ended(tmp_path, MODEL, BARS, lambda far: far.set(has_data_permission=False))
    assert isinstance(end.error, FatalGatewayError)
    assert "No market data permissions for CME FUT; subscribe to" in end.line
    assert end.heard.alerts[-1].kind == "failed"
    assert end.heard.alerts[-1].text == f"{end.line}: flat"
    assert nothing_was_sent(end)


def holds(run):
    return run.manager.modes.state.holds


async def lose_the_permission(run):
    """Take the account's market data away at the next connection, which is now."""
    run.far.set(has_data_permission=False)
    run.far.do("kick")
    await until(lambda: "permissions" in holds(run).get(Hold.STALE_DATA, ""))
    await until(lambda: run.manager.modes.mode is Mode.REDUCE_ONLY)


def test_position_that_loses_its_market_data_is_kept_behind_its_stop_until_they_come_back(tmp_path):
    async def body(run):
        await run.step()
        await lose_the_permission(run)
        await until(lambda: "stale_data" in run.heard.standing())
        assert not run.task.done()
        run.far.set(has_data_permission=True)
        await until(lambda: Hold.STALE_DATA not in holds(run))
        await run.step()
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY, HOLD))


def test_trader_without_market_data_ends_once_its_position_is_closed(tmp_path):
    async def body(run):
        await run.step()
        await lose_the_permission(run)
        run.manager.flatten("by a test")
        await asyncio.wait({run.task}, timeout=10.0)
        assert run.task.done()
        assert position_of(run.market.state()) == 0

    with pytest.raises(FatalGatewayError, match="No market data permissions"):
        rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY, HOLD))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"account": "DU7654321"}, "none of the 1 that this login may trade"),
        ({"account": "U1234567", "mode": "paper"}, "`--mode paper` was given a live account"),
        ({"mode": "live"}, "`--mode live` was given a paper account"),
        ({"mode": "live", "account": None}, "`--mode live` was given a paper account"),
    ],
)
def test_account_of_another_kind_or_login_is_refused_and_not_shown(tmp_path, terms, words):
    end = ended(tmp_path, MODEL, BARS, terms=terms)
    assert isinstance(end.error, ConfigError)
    assert words in end.line
    assert "1234567" not in end.line + end.heard.alerts[-1].text
    assert not (tmp_path / JOURNAL).exists()


def test_contract_that_the_broker_does_not_have_is_refused_by_name(tmp_path):
    model = scripted_model(BARS, BUY, symbol="MES")
    end = ended(tmp_path, model, BARS, symbol="MNQ")
    assert isinstance(end.error, FatalGatewayError)
    assert end.line.startswith("MES cannot be traded: the broker refused a request with 200")
    assert nothing_was_sent(end)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"expiry": "20231215"}, FatalGatewayError, "expired on 2023-12-15"),
        ({"multiplier": 20.0}, ConfigError, "multiplier of MNQH24 must be 2.0"),
        ({"tick_size": 0.5}, ConfigError, "tick size of MNQH24 must be 0.25"),
        ({"exchange": "CBOT"}, ConfigError, "exchange of MNQH24 must be CME"),
    ],
)
def test_contract_that_has_expired_or_is_another_is_refused(
    tmp_path, monkeypatch, changes, kind, words
):
    offered = IbGateway.futures

    async def spoilt(self, symbol, exchange):
        return tuple(replace(one, **changes) for one in await offered(self, symbol, exchange))

    monkeypatch.setattr(IbGateway, "futures", spoilt)
    end = ended(tmp_path, MODEL, BARS)
    assert isinstance(end.error, kind)
    assert words in end.line
    assert nothing_was_sent(end)


OWNERS = {
    "another account": (JournalOwner(account="DU7654321", mode="sim"), "is of another account"),
    "another mode": (JournalOwner(account="DU1234567", mode="paper"), "is of mode paper, not sim"),
}


@pytest.mark.parametrize("whose", OWNERS)
def test_journal_of_somebody_else_is_refused_and_left_as_it_is(tmp_path, whose):
    owner, words = OWNERS[whose]
    Journal.open(tmp_path / JOURNAL, SystemClock(), owner).close()
    before = (tmp_path / JOURNAL).read_bytes()
    end = ended(tmp_path, MODEL, BARS)
    assert isinstance(end.error, JournalError)
    assert words in end.line
    assert "7654321" not in end.line
    assert (tmp_path / JOURNAL).read_bytes() == before
    assert nothing_was_sent(end)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("name", ["", JOURNAL])
def test_journal_that_others_can_write_is_refused_and_says_what_to_run(tmp_path, name):
    owner = JournalOwner(account="DU1234567", mode="sim")
    Journal.open(tmp_path / JOURNAL, SystemClock(), owner).close()
    (tmp_path / name).chmod(0o777)
    end = ended(tmp_path, MODEL, BARS)
    assert isinstance(end.error, JournalError)
    assert "others can write" in end.line
    assert "chmod go-w" in end.line
    assert nothing_was_sent(end)


def test_journal_that_is_none_is_refused(tmp_path):
    (tmp_path / JOURNAL).write_bytes(b"not a database, but somebody's notes" * 200)
    (tmp_path / JOURNAL).chmod(0o600)
    end = ended(tmp_path, MODEL, BARS)
    assert isinstance(end.error, JournalError)
    assert "file is not a database" in end.line


def test_full_disk_at_the_start_is_refused_before_the_first_order(tmp_path, monkeypatch):
    connect = journal_opening.connect_to_write

    def on_a_full_disk(path, wait_seconds):
        connection = connect(path, wait_seconds)
        connection.execute("PRAGMA max_page_count = 2")
        return connection

    monkeypatch.setattr(journal_opening, "connect_to_write", on_a_full_disk)
    end = ended(tmp_path, MODEL, BARS)
    assert isinstance(end.error, JournalError)
    assert "database or disk is full" in end.line
    assert nothing_was_sent(end)


def test_state_that_cannot_be_kept_is_said_once_and_trading_goes_on(tmp_path, caplog):
    (tmp_path / "pipeline.bin").mkdir()  # nothing can be written in its place
    model = scripted_model(BARS, BUY, HOLD, CLOSE)

    async def body(run):
        await run.step(4)
        assert len(run.market.state()["executions"]) == 2

    rehearse(tmp_path, body, BARS, model)
    assert caplog.text.count("the model's state is not kept") == 1


def test_clock_that_is_minutes_off_is_said_at_the_start_and_nothing_is_opened(tmp_path):
    model = scripted_model(BARS)
    model.policy.always = BUY

    async def in_loop(market):
        market.gateway.set(skew_seconds=180.0)
        async with trading(market, model, tmp_path, real=CLOCKS) as run:
            assert "clock_skew" in run.heard.kinds()
            assert run.manager.modes.mode is Mode.REDUCE_ONLY
            await run.step(3)
            assert run.desk.decisions.last.outcome.denied is not None
            assert "+180.0 s" in run.manager.modes.state.holds[Hold.CLOCK_SKEW]
            return market.state()

    with market_of(BARS, 60, model.policy.env_settings) as market:
        state = asyncio.run(in_loop(market))
    assert (state["orders"], state["executions"]) == ([], [])

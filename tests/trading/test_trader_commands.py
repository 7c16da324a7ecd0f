"""What people tell a running trader, and a dry run: over the whole trader and a real socket."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_orders import QUICK
from tests.helpers.live_parity import written_decisions
from tests.helpers.live_traders import (
    BUY,
    HOLD,
    SELL,
    market_of,
    rehearse,
    scripted_model,
    some_bars,
    trading,
)
from trading import command_desk
from trading.command_box import Command, CommandBox, CommandKind
from trading.modes import Hold, Mode

BARS = some_bars(200)


def command(kind, **terms):
    """Return a person's word."""
    reason, name = terms.pop("reason", "a test"), terms.pop("name", f"{kind}")
    return Command(
        kind=kind,
        actor="ann",
        reason=reason,
        at=datetime.now(UTC),
        id=name.replace("_", "-"),
        **terms,
    )


async def told(run, kind, **terms):
    """Tell a trader something, and return its answer."""
    box, word = CommandBox(run.folder), command(kind, **terms)
    box.put(word)
    await until(lambda: box.answer_to(word.id) is not None, 12.0)
    return box.answer_to(word.id)


def working(run):
    """Return the broker's working orders."""
    return run.market.state()["orders"]


def test_flatten_closes_the_position_and_holds_the_trader_until_it_is_released(tmp_path):
    async def body(run):
        await run.step()
        assert position_of(run.market.state()) == 1
        answer = await told(run, CommandKind.FLATTEN)
        assert answer.is_done
        assert "flat" in answer.text
        assert (position_of(run.market.state()), working(run)) == (0, [])
        run.desk.decisions.pipeline.stream.model.policy.always = BUY
        await run.step()
        assert run.manager.modes.mode is Mode.HALTED
        assert position_of(run.market.state()) == 0
        assert run.desk.decisions.last.outcome.denied.code == "halted"
        assert (await told(run, CommandKind.RELEASE)).text == "released: operator"
        await run.settle()  # the broker is asked once more before anything is opened
        await run.step()
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_kill_leaves_nothing_and_outlives_the_process_until_it_is_released(tmp_path):
    model = scripted_model(BARS, SELL)

    async def first(run):
        await run.step()
        assert position_of(run.market.state()) == -1
        assert (await told(run, CommandKind.KILL)).is_done
        assert (position_of(run.market.state()), working(run)) == (0, [])
        assert run.manager.modes.mode is Mode.KILLED
        run.check()

    async def second(run):
        assert run.manager.modes.mode is Mode.KILLED
        model.policy.always = BUY
        await run.step(2)
        assert position_of(run.market.state()) == 0
        answer = await told(run, CommandKind.RELEASE)
        assert answer.text == "released: kill_switch"
        await run.settle()
        await run.step()
        assert position_of(run.market.state()) == 1

    async def in_loop(market):
        for body in (first, second):
            async with trading(market, model, tmp_path) as run:
                await body(run)

    with market_of(BARS, 60, model.policy.env_settings) as market:
        asyncio.run(in_loop(market))


def test_kill_file_kills_whoever_made_it(tmp_path):
    async def body(run):
        await run.step()
        (tmp_path / "KILL").touch()
        await until(lambda: run.manager.modes.mode is Mode.KILLED and not working(run))
        await run.settle()
        assert position_of(run.market.state()) == 0

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_reset_lock_opens_a_locked_day_again_for_who_signs_it(tmp_path):
    async def body(run):
        await run.step()
        day = run.desk.day.day.trading_day
        run.desk.day.day = replace(run.desk.day.day, is_locked=True, reason="lost 501 USD")
        await until(lambda: Hold.DAILY_LOSS in run.manager.modes.state.holds)
        answer = await told(run, CommandKind.RESET_LOCK, trading_day=day)
        assert answer.is_done
        assert answer.text == f"trading day {day} is unlocked; its loss counts anew"
        assert Hold.DAILY_LOSS not in run.manager.modes.state.holds
        assert not run.desk.day.is_locked

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_reset_lock_of_a_day_that_is_not_locked_says_that_nothing_was_changed(tmp_path):
    async def body(run):
        await run.step()
        run.desk.day.day = None  # as if nothing was known: a reset must not invent a day
        await asyncio.sleep(0.1)
        before = run.desk.day.day
        answer = await told(run, CommandKind.RESET_LOCK, trading_day=before.trading_day)
        assert answer.is_done
        assert answer.text == (
            f"trading day {before.trading_day} was not locked; nothing was changed"
        )
        assert run.desk.day.day.start_equity_cents == before.start_equity_cents

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_adopt_takes_over_what_somebody_traded_by_hand_and_protects_it(tmp_path):
    async def body(run):
        await run.step()
        run.far.do("manual", side="BUY", quantity=1)
        await until(lambda: Hold.FOREIGN_ORDER in run.manager.modes.state.holds)
        await until(lambda: Hold.POSITION_MISMATCH in run.manager.modes.state.holds)
        answer = await told(run, CommandKind.ADOPT, price=BARS["close"].iloc[60])
        assert answer.text == "the broker's position of +1 is ours now"
        await until(lambda: any(one["is_working"] for one in working(run)))
        stops = [one for one in working(run) if one["kind"] == "STP"]
        assert [(one["action"], one["remaining"]) for one in stops] == [("SELL", 1)]

    rehearse(tmp_path, body, BARS, scripted_model(BARS, HOLD))


@pytest.mark.parametrize("kind", [CommandKind.FLATTEN, CommandKind.KILL])
def test_nobody_is_told_flat_while_the_broker_has_a_position_that_we_lack(
    tmp_path, monkeypatch, kind
):
    monkeypatch.setattr(command_desk, "ANSWER_SECONDS", 0.5)

    async def body(run):
        await run.step()
        run.far.do("manual", side="BUY", quantity=1)
        await until(lambda: Hold.POSITION_MISMATCH in run.manager.modes.state.holds)
        run.desk.market.last_price = None  # or a kill would take it over, and close it
        answer = await told(run, kind)
        assert not answer.is_done
        assert "the broker has +1 of contract" in answer.text
        run.trader.stop("a test")
        await asyncio.wait({run.task})
        assert "stopped_unprotected" in run.heard.kinds()

    rehearse(tmp_path, body, BARS, scripted_model(BARS, HOLD))


def test_adopt_where_nothing_differs_changes_nothing_and_says_so(tmp_path):
    async def body(run):
        await run.step()
        assert position_of(run.market.state()) == 1
        answer = await told(run, CommandKind.ADOPT, price=BARS["close"].iloc[60])
        assert not answer.is_done
        assert "both +1: nothing to adopt" in answer.text

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_adopt_at_a_price_that_the_market_is_far_from_is_refused(tmp_path):
    async def body(run):
        await run.step()
        run.far.do("manual", side="BUY", quantity=1)
        await until(lambda: Hold.POSITION_MISMATCH in run.manager.modes.state.holds)
        last = run.desk.market.last_price
        answer = await told(run, CommandKind.ADOPT, price=last * 0.94)
        assert not answer.is_done
        assert "within 5%" in answer.text
        assert (await told(run, CommandKind.ADOPT, price=last * 0.96, name="again")).is_done
        await until(lambda: any(one["is_working"] for one in working(run)))

    rehearse(tmp_path, body, BARS, scripted_model(BARS, HOLD))


def test_adopted_average_price_counts_at_the_nearest_tick(tmp_path):
    async def body(run):
        await run.step()
        run.far.do("manual", side="BUY", quantity=1)
        await until(lambda: Hold.POSITION_MISMATCH in run.manager.modes.state.holds)
        close = BARS["close"].iloc[60]  # 19,934.25, or 79,737 quarters
        await told(run, CommandKind.ADOPT, price=close + 0.1)
        holding = run.manager.books.fills.holding(run.manager.books.con_id)
        assert (holding.position, holding.entry_ticks) == (1, 79_737)
        assert run.desk.day.day_pnl_usd is not None
        await until(lambda: any(one["is_working"] for one in working(run)))

    rehearse(tmp_path, body, BARS, scripted_model(BARS, HOLD))


def test_release_that_is_older_than_the_kill_file_releases_nothing(tmp_path):
    async def body(run):
        old = command(CommandKind.RELEASE)
        await asyncio.sleep(0.05)  # a file's time is coarser than a clock's
        (tmp_path / "KILL").touch()
        await until(lambda: run.manager.modes.mode is Mode.KILLED)
        box = CommandBox(tmp_path)
        box.put(old)
        await until(lambda: box.answer_to(old.id) is not None)
        assert not box.answer_to(old.id).is_done
        assert run.manager.modes.mode is Mode.KILLED

    rehearse(tmp_path, body, BARS, scripted_model(BARS, HOLD))


def test_dry_run_decides_and_writes_and_sends_nothing(tmp_path):
    async def body(run):
        await run.step(3)
        assert run.market.n_orders_heard == 0
        assert run.desk.decisions.last.outcome.text == "dry run: +1 was not sent"

    model = scripted_model(BARS, BUY, BUY, BUY)
    rehearse(tmp_path, body, BARS, model, terms={"is_dry_run": True})
    assert [one.action for one in written_decisions(tmp_path)] == ["buy", "buy", "buy"]


@pytest.mark.parametrize("should_flatten", [False, True])
def test_end_leaves_a_position_with_its_stop_or_closes_it_as_told(tmp_path, should_flatten):
    async def body(run):
        await run.step()
        run.trader.stop("told to")
        await run.task
        state = run.market.state()
        assert position_of(state) == (0 if should_flatten else 1)
        kinds = [one["kind"] for one in state["orders"] if one["is_working"]]
        assert kinds == ([] if should_flatten else ["STP"])
        assert run.heard.alerts[-1].kind == "stopped"

    model = scripted_model(BARS, BUY)
    rehearse(tmp_path, body, BARS, model, terms={"should_flatten_on_exit": should_flatten})


def test_what_fails_in_a_callback_of_the_loop_ends_the_trader_and_says_so(tmp_path):
    async def body(run):
        await run.step()
        run.manager._desk.take = lambda events, now: 1 / 0
        run.far.do("set_price", points=float(BARS["close"].iloc[62]))
        run.far.do("error", code=2104, text="a notice", request_id=-1)
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(asyncio.shield(run.task), 5.0)
        assert run.heard.alerts[-1].kind == "failed"
        assert position_of(run.market.state()) == 1

    with pytest.raises(ZeroDivisionError):
        rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_release_over_a_position_that_still_differs_opens_nothing(tmp_path):
    async def body(run):
        await run.step()
        run.far.do("manual", side="BUY", quantity=1)
        run.desk.orders.reconciler.ask_soon()
        await until(lambda: Hold.POSITION_MISMATCH in run.manager.modes.state.holds)
        assert "position_mismatch" in (await told(run, CommandKind.RELEASE)).text
        assert run.manager.view.mode is not Mode.TRADING
        await until(lambda: Hold.POSITION_MISMATCH in run.manager.modes.state.holds)
        run.far.do("manual", side="SELL", quantity=1)
        assert await run.desk.orders.reconciler.reconcile()

    seldom = QUICK.reconciliation.model_copy(update={"every_seconds": 3_600.0})
    settings = QUICK.model_copy(update={"reconciliation": seldom})
    rehearse(tmp_path, body, BARS, scripted_model(BARS, HOLD), trading=settings)


def test_flatten_is_not_answered_as_done_before_the_broker_has_said_so_too(tmp_path):
    async def body(run):
        await run.step()
        box, word = CommandBox(run.folder), command(CommandKind.FLATTEN)
        run.far.set(ignore_in={"61": -1})  # positions are not told
        box.put(word)
        await until(lambda: run.manager.books.position == 0 and not run.manager.is_flattening)
        await until(lambda: run.heard.kinds() >= {"not_reconciled"})
        assert box.answer_to(word.id) is None
        run.far.set(ignore_in={})
        await until(lambda: box.answer_to(word.id) is not None)
        assert box.answer_to(word.id).is_done

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))

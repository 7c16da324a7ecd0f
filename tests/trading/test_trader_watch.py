"""What a trader looks at all the time: holds that nothing stands behind, data that are stale."""

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from config.trader_settings import SessionSettings, TraderSettings
from tests.helpers.clocks import StoppedClock
from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import BUY, rehearse, scripted_model, some_bars
from trading.mode_keeper import ModeKeeper
from trading.modes import Hold
from trading.trader_watch import Sights, TraderWatch

BARS = some_bars(200)


def test_loss_of_a_day_that_is_over_is_lifted_where_a_kill_came_between(tmp_path):
    """The new day was written, and that the hold is lifted was not."""

    async def body(run):
        await run.step()
        run.manager.modes.hold(Hold.DAILY_LOSS, "yesterday's")
        await until(lambda: Hold.DAILY_LOSS not in run.manager.modes.state.holds)
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_lock_of_the_day_is_told_as_it_is_put_and_once(tmp_path):
    """A status is looked at now and then; in a fast rehearsal a whole day lies between two."""

    async def body(run):
        await run.step()
        run.desk.day.day = replace(run.desk.day.day, is_locked=True, reason="lost 501.00 USD")
        now = run.market.clock.now()
        for _ in range(2):
            run.desk.watch.look(now)
        told = [alert.text for alert in run.heard.alerts if alert.kind == "daily_loss_lock"]
        assert told == ["lost 501.00 USD"]
        await run.settle()

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def at(text):
    """Return a time in Chicago's winter."""
    return datetime.fromisoformat(f"2024-01-02T{text}-06:00")


def test_data_that_were_stale_through_a_pause_close_nothing_as_the_market_opens():
    """The flatten after ten minutes of stale data counts minutes in which there could be some."""
    closed: list[str] = []
    journal: Any = SimpleNamespace(note=lambda *events: None, flush=lambda: True)
    manager: Any = SimpleNamespace(
        modes=ModeKeeper(journal, StoppedClock("2024-01-02T12:00:00+00:00"), {}),
        books=SimpleNamespace(position=1, live_entries=list),
        is_flattening=False,
        flatten=closed.append,
    )
    day: Any = SimpleNamespace(mark=lambda *_: None, day=None, is_current=lambda now: False)
    hours: Any = SimpleNamespace(is_open=lambda now: not 16 <= now.hour < 17)
    sights = Sights(
        last_price=20_000.0,
        skew_seconds=0.0,
        is_connected=True,
        stale_reason="no bar came",
        roll=None,
        code="MNQH4",
        hours=hours,
        is_kill_wanted=False,
    )
    settings = TraderSettings(session=SessionSettings(stale_flatten_seconds=600.0))
    desk: Any = SimpleNamespace(manager=manager)
    watch = TraderWatch(desk, day, settings, lambda: sights)
    for time in ("15:55:00", "16:05:00", "16:59:59", "17:00:00", "17:09:59"):
        watch.look(at(time))
    assert closed == []
    watch.look(at("17:10:00"))
    assert closed == ["data have been stale for 600 s"]

"""Bars of a whole trader that come late, or begin anew: what is decided on, and what is not."""

from datetime import datetime, timedelta

import pytest

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import BUY, rehearse, scripted_model, some_bars
from trading.bar_calendar import BarCalendar
from trading.data_events import BarGap

BARS = some_bars(200)


@pytest.mark.parametrize(("seconds", "position"), [(60, 1), (61, 0)])
def test_close_that_is_told_late_is_learnt_from_and_not_decided_on(tmp_path, seconds, position):
    async def body(run):
        clock = run.market.clock
        on_time = clock.now
        clock.now = lambda: on_time() + timedelta(seconds=seconds)
        await run.step()
        assert position_of(run.market.state()) == position
        assert run.desk.decisions.pipeline.bars.last.opened == BARS.index[60]
        assert ("undecided" in run.heard.kinds()) is (position == 0)
        clock.now = on_time
        await run.step()
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY), session={"late_seconds": 60.0})


def test_first_close_after_a_hole_is_learnt_from_and_not_decided_on(tmp_path):
    async def body(run):
        known = run.desk.decisions.pipeline.bars.last.opened.to_pydatetime()
        hole = BarGap(after=known, before=known + timedelta(minutes=10), n_missing=1)
        run.desk.market._tell(hole)
        await run.step()
        assert position_of(run.market.state()) == 0
        assert "history_gap" in run.heard.kinds()
        await run.step()
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2024-01-05T15:55:30-06:00", 0.0),  # before the close itself: our clock is behind
        ("2024-01-05T16:00:30-06:00", 0.0),  # Friday's last bar, and the market is closed
        ("2024-01-07T16:59:00-06:00", 0.0),  # as it is all weekend
        ("2024-01-07T17:00:00-06:00", 0.0),  # until the next bar opens
        ("2024-01-07T17:02:05-06:00", 125.0),
    ],
)
def test_close_before_a_weekend_is_as_old_as_the_market_has_been_open_since(now, seconds):
    calendar, close = BarCalendar("MNQ", 300), datetime.fromisoformat("2024-01-05T16:00:00-06:00")
    assert calendar.seconds_since_open(close, datetime.fromisoformat(now)) == seconds


def test_pipeline_begins_anew_from_stored_history_and_goes_on_where_that_ends(tmp_path):
    async def body(run):
        old = run.desk.decisions.pipeline
        assert old.bars.n_bars == 60  # 50 of the file, and what came since
        old.problem = "a test"
        await until(lambda: run.desk.decisions.pipeline is not old)
        await until(lambda: not run.trader.unsettled())
        assert run.desk.decisions.pipeline.problem is None
        assert run.desk.decisions.pipeline.bars.n_bars == 60
        assert len(run.desk.market.bars) == 10
        run.desk.decisions.pipeline.stream.model.policy.always = BUY
        await run.step()
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, scripted_model(BARS), terms={"history": BARS.iloc[:50]})

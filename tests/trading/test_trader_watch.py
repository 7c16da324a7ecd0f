"""Holds of a whole trader that nothing stands behind any more."""

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import BUY, rehearse, scripted_model, some_bars
from trading.modes import Hold

BARS = some_bars(200)


def test_loss_of_a_day_that_is_over_is_lifted_where_a_kill_came_between(tmp_path):
    """The new day was written, and that the hold is lifted was not."""

    async def body(run):
        await run.step()
        run.manager.modes.hold(Hold.DAILY_LOSS, "yesterday's")
        await until(lambda: Hold.DAILY_LOSS not in run.manager.modes.state.holds)
        assert position_of(run.market.state()) == 1

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))

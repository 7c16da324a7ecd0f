"""What an account must close without asking. Ticks of 0.50 USD; no costs, so sums are round."""

import pytest

from env.kernel.names import BarFlag, Denial, OrderKind, Reason, Status
from env.kernel.types import STOP_SLOT
from tests.helpers.accounts import KernelRun, Terms, bar_records

B0 = (1000, 1002, 998, 1000)


def held(*rows, **terms):
    """Buy one contract at 1000, the open of the first of these bars, and live through them."""
    settled = {"slippage_ticks": 0, "commission_usd": 0.0, "n_free_slots": 2, **terms}
    run = KernelRun(Terms(**settled), bar_records([B0, *rows]))
    return run.send([1] + [0] * (len(rows) - 1))


def closing_at(close, flags=0):
    """Return a bar that opens at 1000."""
    return (1000, max(1000, close), min(1000, close), close, int(flags), 0, 0.0, 0.0)


NEXT = (990, 995, 985, 988)


def last_fill(run):
    fill = run.fills[-1]
    return (fill.bar, fill.quantity, fill.price_ticks, fill.reason)


BOUNDS = [
    # terms; the close at the bound, which is 100 ticks or 50 USD down; reason
    pytest.param({"ruin_usd": 9_950.0}, Reason.LIQUIDATION, Status.RUINED, id="ruin"),
    pytest.param({"drawdown_usd": 50.0}, Reason.DRAWDOWN, Status.RUINED, id="drawdown"),
    pytest.param({"daily_loss_usd": 50.0}, Reason.DAILY_LOSS, Status.ACTIVE, id="daily loss"),
    pytest.param(
        {"daily_loss_usd": 50.0, "ends_on_daily_loss": True},
        Reason.DAILY_LOSS,
        Status.RUINED,
        id="daily loss that ends the account",
    ),
]


@pytest.mark.parametrize(("terms", "reason", "status"), BOUNDS)
def test_loss_closes_at_the_next_open_from_its_bound_on(terms, reason, status):
    run = held(closing_at(900), NEXT, **terms)
    assert last_fill(run) == (2, -1, 990, reason)
    assert run.account.status == status
    inside = held(closing_at(901), NEXT, **terms)
    assert inside.account.position == 1
    assert inside.account.status == Status.ACTIVE


def test_margin_call_comes_below_the_maintenance_margin_and_the_account_goes_on():
    terms = {"initial_usd": 1_050.0, "maintenance_margin_usd": 1_000.0}
    assert held(closing_at(900), NEXT, **terms).account.position == 1  # 1,000 is enough
    run = held(closing_at(899), NEXT, (988, 990, 980, 985), **terms)
    assert last_fill(run) == (2, -1, 990, Reason.MARGIN_CALL)
    assert run.account.status == Status.ACTIVE
    assert run.submit(kind=OrderKind.MARKET, quantity=1) == Denial.NONE


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"ruin_usd": 9_950.0}, Reason.LIQUIDATION),
        ({"drawdown_usd": 50.0}, Reason.DRAWDOWN),
        ({"daily_loss_usd": 50.0}, Reason.DAILY_LOSS),
        ({"maintenance_margin_usd": 9_999.0}, Reason.MARGIN_CALL),
        ({}, Reason.SESSION_END),
    ],
)
def test_gravest_reason_wins(terms, reason):
    graver = {
        Reason.LIQUIDATION: ("drawdown_usd", "daily_loss_usd", "maintenance_margin_usd"),
        Reason.DRAWDOWN: ("daily_loss_usd", "maintenance_margin_usd"),
        Reason.DAILY_LOSS: ("maintenance_margin_usd",),
    }.get(reason, ())
    others = {
        "drawdown_usd": 50.0,
        "daily_loss_usd": 50.0,
        "maintenance_margin_usd": 9_999.0,
    }
    lesser = {name: others[name] for name in graver}
    run = held(closing_at(900, BarFlag.FLATTEN), NEXT, **{**lesser, **terms})
    assert run.fills[-1].reason == reason


def test_daily_loss_locks_until_the_next_session():
    run = held(closing_at(900), NEXT, daily_loss_usd=50.0)
    assert run.submit(kind=OrderKind.MARKET, quantity=1) == Denial.DAILY_LOSS
    started = (990, 995, 985, 988, int(BarFlag.SESSION_START), 0, 0.0, 0.0)
    run = held(closing_at(900), NEXT, started, daily_loss_usd=50.0)
    assert run.account.session_start_usd == 9_995.0  # sold at 990: 10 ticks lost
    assert run.submit(kind=OrderKind.MARKET, quantity=1) == Denial.NONE


def test_daily_loss_counts_from_the_close_before_the_session():
    gained = closing_at(1100)  # 50 USD up
    fallen = (1100, 1100, 1001, 1001, int(BarFlag.SESSION_START), 0, 0.0, 0.0)  # 49.50 down
    assert held(gained, fallen, NEXT, daily_loss_usd=49.75).account.position == 1
    assert last_fill(held(gained, fallen, NEXT, daily_loss_usd=49.5))[3] == Reason.DAILY_LOSS


# up 200 USD at the close of b1, then 100 down from there
UP, DOWN = closing_at(1400), (1400, 1400, 1200, 1200)


def test_intraday_drawdown_counts_from_the_highest_close():
    assert last_fill(held(UP, DOWN, NEXT, drawdown_usd=100.0))[3] == Reason.DRAWDOWN
    assert held(UP, DOWN, NEXT, drawdown_usd=100.5).fills[-1].reason == Reason.SIGNAL


def test_drawdown_counts_closes_and_no_highs():
    spike = (1000, 1900, 1000, 1400)
    assert held(spike, DOWN, NEXT, drawdown_usd=100.5).account.position == 1


def test_daily_drawdown_counts_from_the_ends_of_sessions():
    terms = {"drawdown_usd": 100.0, "is_drawdown_daily": True}
    assert held(UP, DOWN, NEXT, **terms).account.position == 1
    started = (*DOWN, int(BarFlag.SESSION_START), 0, 0.0, 0.0)
    assert last_fill(held(UP, started, NEXT, **terms))[3] == Reason.DRAWDOWN


def test_drawdown_floor_rises_no_higher_than_its_cap():
    terms = {"drawdown_usd": 100.0, "drawdown_floor_usd": 10_000.0}
    assert held(UP, DOWN, NEXT, **terms).account.position == 1  # 10,100 is above 10,000
    back = (1400, 1400, 1000, 1000)
    assert last_fill(held(UP, back, NEXT, **terms))[3] == Reason.DRAWDOWN


def test_forced_exit_cancels_all_that_waits():
    run = KernelRun(
        Terms(slippage_ticks=0, commission_usd=0.0, n_free_slots=2, stop_offset_ticks=500.0),
        bar_records(
            [B0, closing_at(1000), closing_at(900, BarFlag.FLATTEN), (990, 1500, 400, 988)]
        ),
    )
    run.send([1])
    run.submit(kind=OrderKind.LIMIT, quantity=1, limit_ticks=500)
    run.send([0])
    assert [order["kind"] for order in run.account.orders] == [OrderKind.MARKET, 0, 0, 0, 0]
    run.send([0])
    assert run.fills.quantity.tolist() == [1, -1]
    assert run.account.orders[STOP_SLOT]["kind"] == OrderKind.NONE


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (BarFlag.FLATTEN, Reason.SESSION_END),
        (BarFlag.FLATTEN | BarFlag.ROLL_AHEAD, Reason.ROLL),
    ],
)
def test_flatten_closes_at_the_next_open_for_its_reason(flags, reason):
    assert last_fill(held(closing_at(1000, flags), NEXT)) == (2, -1, 990, reason)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (BarFlag.FLATTEN | BarFlag.LAST_CHANCE, Reason.SESSION_END),
        (BarFlag.FLATTEN | BarFlag.LAST_CHANCE | BarFlag.ROLL_AHEAD, Reason.ROLL),
    ],
)
def test_flatten_with_no_further_bar_closes_at_that_close(flags, reason):
    run = held(closing_at(1004, flags), NEXT, slippage_ticks=1)
    assert last_fill(run) == (1, -1, 1003, reason)


def test_last_chance_alone_closes_nothing():
    assert held(closing_at(1004, BarFlag.LAST_CHANCE), NEXT).account.position == 1


def test_end_of_data_comes_before_the_end_of_the_session():
    flags = BarFlag.FLATTEN | BarFlag.LAST_CHANCE
    assert last_fill(held(closing_at(1004, flags), last_bar=1))[3] == Reason.END_OF_DATA

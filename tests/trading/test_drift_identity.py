"""Whatever a trader was filled, the parts of its drift add up; filled as by the kernel, it is 0."""

from datetime import date

import numpy as np
import pytest

from config.settings import EnvSettings
from data.calendar import calendar_of
from data.synthetic import synthetic_bars
from env.actions import Action
from env.kernel.names import Reason
from tests.helpers.drift import HandWrittenDay
from tests.helpers.live_pipeline import KernelBroker, closed_bars
from trading.bar_verdicts import Accepted
from trading.live_account import LiveAccount
from trading.live_bars import LiveBars
from trading.order_identity import Role

FIRST, LAST = date(2024, 1, 3), date(2024, 1, 5)
DAYS = [FIRST, date(2024, 1, 4), LAST]
SETTINGS = EnvSettings(
    stop_loss_ticks=40.0,
    take_profit_ticks=60.0,
    flatten_minutes_before_close=10,
    no_entry_minutes_before_close=15,
    off_hours_slippage_ticks=1,
    volatility_slippage_ticks=1.0,
    max_position=2,
    margin="none",
)
ROLES = {Reason.STOP: Role.STOP, Reason.TARGET: Role.TARGET}


def bars(seed):
    stamps = calendar_of("MNQ").expected_bars(FIRST, LAST, 900)
    return synthetic_bars(len(stamps), seed=seed).set_axis(stamps, axis=0)


def traded(path, seed, amiss=0.0):
    """Return a journal of three days of random decisions, filled as the kernel fills.

    Args:
        path: Of its folder.
        seed: Of bars, decisions, and what goes amiss.
        amiss: Share of the fills that do not happen, of those at other prices, and so on.
    """
    random = np.random.default_rng(seed)
    day = HandWrittenDay(path / f"{seed}.db", bars(seed), SETTINGS)
    live = LiveBars(SETTINGS, 900)
    account, broker, entered, decided = None, None, "none", "none"
    for place, told in enumerate(closed_bars(day.frame)):
        verdict = live.take(told, is_gap_known=True)
        assert isinstance(verdict, Accepted)
        bar = verdict.bar
        if account is None:
            account = LiveAccount(SETTINGS, bar)
            broker = KernelBroker(account)
        else:
            for fill in broker.fills_of(bar):
                account.add_fill(fill)
                is_exit = fill.reason in ROLES
                role = ROLES.get(fill.reason, Role.EXIT)
                name = day.order(
                    entered if is_exit else decided, "BUY", role, is_opening=False, quantity=2
                )
                write(day, name, place, fill, random if random.random() < amiss else None)
                entered = entered if is_exit else decided
            account.close_bar(bar)
        choice = int(random.choice(list(Action), p=[0.7, 0.1, 0.1, 0.1]))
        order = account.decide(choice)
        reason = order.reason.label if order.quantity else "signal"
        decided = day.decide(place, Action(choice).name.lower(), order.target, reason)
        if order.quantity:
            broker.send(order.quantity, order.reason)
    return day


def write(day, ref, place, fill, amiss):
    """Write a fill as it was, or, with a generator, as it might have been."""
    quantity, ticks, cost = fill.quantity, fill.price_ticks, fill.commission_usd
    if amiss is not None:
        what = int(amiss.integers(4))
        if what == 0:
            return
        ticks += int(amiss.integers(-5, 6))
        cost = None if what == 1 else 0.37
        place = min(place + what - 1, len(day.frame) - 1)
        side = 1 if quantity > 0 else -1
        if what == 3 and abs(quantity) > 1:
            day.fill(ref, place, side, ticks / 4, 0.5)
            quantity -= side
    day.fill(ref, place, quantity, ticks / 4, cost)


@pytest.mark.parity
@pytest.mark.parametrize("seed", [1, 2])
def test_trader_that_is_filled_as_the_kernel_fills_has_no_drift(tmp_path, seed):
    day = traded(tmp_path, seed)
    for each in DAYS:
        report = day.report(each)
        assert report.live.n_fills > 5
        assert {(row.kind, row.worse_ticks, row.bars_later) for row in report.rows} == {
            ("matched", 0, 0)
        }
        assert report.live == report.kernel
        assert (report.difference_usd, report.rest_usd, report.remarks) == (0.0, 0.0, ())


@pytest.mark.parametrize("seed", [3, 4, 5, 6, 7, 8])
def test_parts_of_any_drift_add_up_to_the_cent(tmp_path, seed):
    day = traded(tmp_path, seed, amiss=0.3)
    kinds = set()
    for each in DAYS:
        report = day.report(each)
        kinds |= {row.kind for row in report.rows}
        assert report.difference_usd != 0.0
        assert report.rest_usd == 0.0
        for side, name in ((report.live, "live"), (report.kernel, "kernel")):
            shown = sum(abs(row.quantity) for row in report.rows if getattr(row, name))
            assert shown == side.n_contracts
    assert kinds == {"matched", "missed", "extra"}

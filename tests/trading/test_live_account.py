"""The live account: by what really happened, told in any order, rebuilt to the byte."""

import numpy as np
import pandas as pd
import pytest

from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from env.actions import Action
from env.kernel.names import Denial, Reason
from tests.helpers.bars import make_bars
from tests.helpers.session_markets import with_roll
from trading.account_snapshot import resumed, snapshot_of
from trading.fill_book import LiveFill
from trading.live_account import LiveAccount
from trading.live_bars import LiveBars
from utils.errors import ArtifactError, DataError

# USD of MNQ: a tick is 0.25 points and half a dollar; the usual commission is 0.62
ROWS = [
    (20000, 20002, 19998, 20000),
    (20001, 20010, 19999, 20008),
    (20009, 20012, 20005, 20006),
    (20005, 20006, 20000, 20004),
]
SETTINGS = EnvSettings(stop_loss_ticks=200.0, lookback_window=10, max_position=2)


def bars_of(rows=ROWS, settings=SETTINGS, frame=None):
    frame = make_bars(rows) if frame is None else frame
    return LiveBars(settings, 300).warm_up(frame)


BARS = bars_of()
SECOND = pd.Timedelta(seconds=1)


def fill(bar, quantity, points, count=1, **fields):
    """Return a fill a second after a bar's open."""
    own = {
        "exec_id": f"0000e0d5.{count:08x}.01.01",
        "time": bar.opened + pd.Timedelta(seconds=1),
        "quantity": quantity,
        "price_ticks": round(points * 4),
        "commission_usd": 0.62 * abs(quantity),
        "reason": Reason.SIGNAL,
    }
    return LiveFill(**{**own, **fields})


def test_account_lives_golden_case_one_to_the_cent():
    account = LiveAccount(SETTINGS, BARS[0])
    order = account.decide(Action.BUY)
    assert (order.quantity, order.target, order.reason) == (2, 2, Reason.SIGNAL)
    account.add_fill(fill(BARS[1], 1, 20001.25))
    assert account.position == 0  # counts from the close of its bar on
    account.close_bar(BARS[1])
    assert (account.position, account.stop_ticks) == (1, 80005 - 200)
    account.close_bar(BARS[2])
    info = account.position_info()
    # one of two contracts; 20006 - 20001.25 at $2; one bar of ten
    expected = [0.5, 9.5 / 10_000, 0.1, (10_000 - 0.62 + 9.5) / 10_000]
    np.testing.assert_array_equal(info, np.array(expected, np.float32))
    account.add_fill(fill(BARS[3], -1, 20008.75, 2))
    account.close_bar(BARS[3])
    assert account.record.realised_usd == pytest.approx(13.76)
    assert account.trades.net_usd.tolist() == [account.record.realised_usd]
    assert account.stop_ticks is None


def told(events, bars=BARS):
    """Return an account that has heard of fills at these places, among the bars."""
    account = LiveAccount(SETTINGS, bars[0])
    for event in events:
        if isinstance(event, LiveFill):
            account.add_fill(event)
        else:
            account.close_bar(event)
    return account


ENTRY, EXIT = fill(BARS[1], 1, 20001.25), fill(BARS[3], -1, 20008.75, 2)


def test_fills_told_late_again_or_out_of_order_give_the_same_account():
    expected = told([ENTRY, *BARS[1:3], EXIT, BARS[3]]).record.tobytes()
    assert told([*BARS[1:], ENTRY, EXIT]).record.tobytes() == expected
    assert told([EXIT, *BARS[1:], EXIT, ENTRY, ENTRY]).record.tobytes() == expected


def test_fills_of_one_bar_are_booked_by_their_time_and_not_as_they_are_told():
    stopped = fill(BARS[1], -1, 19951.0, 2, reason=Reason.STOP, time=BARS[1].closed - SECOND)
    account = told([stopped, ENTRY, BARS[1]])
    assert account.trades.quantity.tolist() == [1]
    assert account.trades.net_usd.tolist() == pytest.approx([-101.74])


def test_commission_that_comes_later_replaces_the_usual_one():
    unknown = fill(BARS[1], 1, 20001.25, commission_usd=None)
    account = told([unknown, *BARS[1:3]])
    assert account.record.fees_usd == 0.62
    account.add_fill(fill(BARS[1], 1, 20001.25, commission_usd=0.87))
    assert account.record.fees_usd == 0.87
    account.add_fill(unknown)  # the report without it is no news
    assert account.record.fees_usd == 0.87


def test_correction_replaces_what_it_corrects_and_an_older_one_does_not():
    account = told([ENTRY, *BARS[1:3]])
    account.add_fill(fill(BARS[1], 1, 20002.25, exec_id="0000e0d5.00000001.01.02"))
    assert (account.position, account.record.entry_ticks) == (1, 80009.0)
    account.add_fill(ENTRY)
    assert account.record.entry_ticks == 80009.0
    assert account.record.n_fills == 1


@pytest.mark.parametrize(
    ("first", "second", "n_fills"),
    [
        ("e.01.9", "e.01.10", 1),  # the tenth correction comes after the ninth
        ("by.hand", "by.phone", 2),  # no number after the dot: each is a fill of its own
    ],
)
def test_fills_are_told_apart_as_everywhere_else(first, second, n_fills):
    account = told([fill(BARS[1], 1, 20001.25, exec_id=first), *BARS[1:3]])
    account.add_fill(fill(BARS[1], 1, 20002.25, exec_id=second))
    assert account.record.n_fills == n_fills
    assert account.fills[-1].price_ticks == 80009


def test_fill_in_the_break_counts_in_the_bar_after_it():
    frame = synthetic_bars(290, seed=1)
    bars = bars_of(frame=frame)
    account = LiveAccount(SETTINGS, bars[270])
    after_close = fill(bars[275], 1, float(frame["close"].iloc[275]))
    late = LiveFill(
        exec_id="e.9.1",
        time=bars[275].closed + pd.Timedelta(seconds=3),
        quantity=1,
        price_ticks=after_close.price_ticks,
        commission_usd=0.62,
        reason=Reason.SIGNAL,
    )
    account.add_fill(late)
    for bar in bars[271:276]:
        account.close_bar(bar)
    assert account.position == 0
    account.close_bar(bars[276])
    assert account.position == 1


def random_run(n_bars=200, seed=3):
    """Return bars, and fills and choices of one account over them."""
    frame = synthetic_bars(n_bars, seed=seed)
    bars = bars_of(frame=frame)
    random = np.random.default_rng(seed)
    fills, choices, position = [], {}, 0
    for count, bar in enumerate(bars):
        choices[bar.opened] = int(random.integers(4))
        if count and random.random() < 0.3:
            quantity = int(random.choice([-1, 1])) if position == 0 else -position
            price = float(frame["open"].iloc[count])
            commission = round(float(random.uniform(0.2, 0.9)), 2)
            fills.append(fill(bar, quantity, price, count, commission_usd=commission))
            position += quantity
    return bars, fills, choices


def test_account_rebuilt_from_the_journal_has_the_same_bytes():
    bars, fills, choices = random_run()
    account = LiveAccount(SETTINGS, bars[0])
    account.decide(choices[bars[0].opened])
    for bar in bars[1:]:
        for one in fills:
            if bar.opened <= one.time < bar.closed:
                account.add_fill(one)
        account.close_bar(bar)
        account.decide(choices[bar.opened])
    assert account.record.n_trades > 10
    rebuilt = LiveAccount.rebuilt(SETTINGS, bars, fills, choices)
    assert rebuilt.record.tobytes() == account.record.tobytes()
    assert rebuilt.trades.tolist() == account.trades.tolist()
    kept = rebuilt.book.between(bars[0].opened, bars[-1].closed)
    assert len(kept) < len(fills) / 2  # those of bars long ago are put away
    for one in fills:  # told again after a reconnect, also those of long ago
        account.add_fill(one)
    assert rebuilt.record.tobytes() == account.record.tobytes()


def test_account_resumed_from_a_snapshot_goes_on_to_the_byte():
    bars, fills, choices = random_run()
    whole = LiveAccount.rebuilt(SETTINGS, bars, fills, choices)
    half = LiveAccount.rebuilt(SETTINGS, bars[:100], fills, choices)
    account = resumed(SETTINGS, snapshot_of(half), bars[99])
    for one in fills:  # those that are in it change nothing, also those of long ago
        account.add_fill(one)
    for bar in bars[100:]:
        account.close_bar(bar)
        account.decide(choices[bar.opened])
    assert account.record.tobytes() == whole.record.tobytes()


def test_account_resumed_after_a_shorter_history_has_held_as_long():
    frame = synthetic_bars(60, seed=3)
    bars = bars_of(frame=frame)
    account = LiveAccount(SETTINGS, bars[40])
    account.add_fill(fill(bars[41], 1, float(frame["open"].iloc[41])))
    for bar in bars[41:50]:
        account.close_bar(bar)
    again = bars_of(frame=frame.iloc[30:])
    other = resumed(SETTINGS, snapshot_of(account), again[19])
    assert other.record.bar == 19
    assert other.position_info().tolist() == account.position_info().tolist()
    assert other.position_info()[2] == np.float32(0.8)


def test_snapshot_of_other_settings_damaged_or_of_another_bar_is_refused():
    snapshot = snapshot_of(LiveAccount(SETTINGS, BARS[1]))
    with pytest.raises(ArtifactError, match="snapshot of the account"):
        resumed(EnvSettings(), snapshot, BARS[1])
    with pytest.raises(ArtifactError, match="damaged"):
        resumed(SETTINGS, snapshot[:-1] + b"x", BARS[1])
    with pytest.raises(DataError, match="was taken at the bar of"):
        resumed(SETTINGS, snapshot, BARS[2])


def test_fill_of_before_what_can_be_lived_again_is_refused_and_changes_nothing():
    bars, _, _ = random_run(100)
    account = LiveAccount.rebuilt(SETTINGS, bars, [], {})
    before = account.record.tobytes()
    with pytest.raises(DataError, match="rebuild it from the journal"):
        account.add_fill(fill(bars[5], 1, 20000.0))
    assert account.record.tobytes() == before


def test_bar_that_does_not_follow_is_refused():
    account = LiveAccount(SETTINGS, BARS[0])
    with pytest.raises(DataError, match="the next one must be bar 1, was 2"):
        account.close_bar(BARS[2])


def test_position_over_a_roll_without_its_fills_is_refused_and_with_them_carried():
    frame = with_roll(make_bars(ROWS), "2024-01-01 23:10", 25.0)
    bars = bars_of(frame=frame)
    account = told([ENTRY, bars[1]], bars)
    before = account.record.tobytes()
    with pytest.raises(DataError, match="the contract changed .* under a position of 1"):
        account.close_bar(bars[2])
    assert account.record.tobytes() == before
    late = told(bars[1:], bars)
    flat = late.record.tobytes()
    with pytest.raises(DataError, match="the contract changed"):
        late.add_fill(ENTRY)
    assert late.record.tobytes() == flat
    account.add_fill(fill(bars[2], -1, 20008.75, 2, reason=Reason.ROLL))
    account.add_fill(fill(bars[2], 1, 20034.25, 3, reason=Reason.ROLL))
    account.close_bar(bars[2])
    assert (account.position, account.record.session_trades) == (1, 1)
    assert account.stop_ticks == 80005 + 100 - 200


def test_daily_loss_locks_the_account_until_the_next_session():
    settings = EnvSettings(
        daily_loss_limit=5.0, stop_loss_ticks=None, flatten_minutes_before_close=None
    )
    bars = bars_of(settings=settings)
    account = LiveAccount(settings, bars[0])
    account.add_fill(fill(bars[1], 1, 20011.0))  # closes at 20008: -6 and the commission
    account.close_bar(bars[1])
    order = account.decide(Action.BUY)
    assert (order.quantity, order.target, order.reason) == (-1, 0, Reason.DAILY_LOSS)
    account.add_fill(fill(bars[2], -1, 20008.75, 2, reason=Reason.DAILY_LOSS))
    account.close_bar(bars[2])
    denied = account.decide(Action.BUY)
    assert (denied.quantity, denied.denial) == (0, Denial.DAILY_LOSS)


def test_revised_bars_are_lived_through_instead_with_the_decisions_made():
    bars, fills, choices = random_run()
    account = LiveAccount.rebuilt(SETTINGS, bars, fills, choices)
    other = bars_of(frame=synthetic_bars(200, seed=4))
    account.revise(5, other[-5:])
    expected = LiveAccount.rebuilt(SETTINGS, [*bars[:-5], *other[-5:]], fills, choices)
    assert account.record.tobytes() == expected.record.tobytes()
    with pytest.raises(DataError, match="rebuild it from the journal"):
        account.revise(64, bars[-64:])


def test_revision_that_cannot_be_lived_through_leaves_the_account_as_it_was():
    bars, fills, choices = random_run()
    account, same = (LiveAccount.rebuilt(SETTINGS, bars, fills, choices) for _ in range(2))
    other = bars_of(frame=synthetic_bars(200, seed=4))
    with pytest.raises(DataError, match="hand in every bar"):
        account.revise(5, [*other[-5:-2], other[-1]])
    assert account.record.tobytes() == same.record.tobytes()
    np.testing.assert_array_equal(account.trades, same.trades)
    np.testing.assert_array_equal(account.fills, same.fills)
    assert account.bar is bars[-1]
    account.revise(5, other[-5:])
    same.revise(5, other[-5:])
    assert account.record.tobytes() == same.record.tobytes()

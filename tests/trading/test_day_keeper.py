"""The trading day over time, in money worked out by hand.

A tick of MNQ is 0.25 points and 0.50 USD, of MES 0.25 and 1.25, of MGC 0.10 and 1.00.
"""

import math
from datetime import UTC, date, datetime

import pytest

from tests.helpers.journals import open_journal, rows
from tests.helpers.trading_days import Day, chicago
from trading.day_keeper import DayNews
from trading.journal_events import RiskDay
from trading.status import ProfitStatus

TUESDAY, WEDNESDAY = date(2025, 6, 10), date(2025, 6, 11)


@pytest.fixture
def journal(tmp_path):
    with open_journal(tmp_path / "j.db") as opened:
        yield opened


@pytest.fixture
def day(journal):
    return Day(journal)


def test_day_before_any_mark_is_nobodys(day):
    assert day.keeper.day is None
    assert day.keeper.begins_at is None
    assert day.keeper.day_pnl_usd is None
    assert not day.keeper.is_current(chicago("09:00"))
    assert day.keeper.profit == ProfitStatus(
        realised_usd=None, unrealised_usd=None, commission_usd=None, daily_loss_limit_usd=500.0
    )


def test_day_of_an_empty_journal_begins_at_nothing_and_needs_no_price(day):
    assert day.mark("09:00") is DayNews.BEGUN
    assert day.mark("09:01") is DayNews.NOTHING
    assert day.keeper.day == RiskDay(
        trading_day=TUESDAY, start_equity_cents=0, realised_cents=0, peak_cents=0
    )
    assert day.keeper.day_pnl_usd == 0.0
    assert day.keeper.begins_at == datetime(2025, 6, 9, 22, tzinfo=UTC)
    assert day.keeper.is_current(chicago("16:59"))
    assert not day.keeper.is_current(chicago("17:00"))


@pytest.mark.parametrize(
    ("symbol", "prices", "open_usd", "closed_usd"),
    [
        # bought 2, up 10 points = 40 ticks x 2 x 0.50, less 2 x 0.62; sold 5 points up: 20 ticks
        ("MNQ", (20_000.0, 20_010.0, 20_005.0), 38.76, 17.52),
        # up 3 points = 12 ticks x 2 x 1.25; sold 2 down: 8 ticks
        ("MES", (5_400.0, 5_403.0, 5_398.0), 28.76, -22.48),
        # up 1.5 dollars = 15 ticks x 2; sold 2.1 down: 21 ticks, less 4 x 0.97
        ("MGC", (3_350.0, 3_351.5, 3_347.9), 28.06, -45.88),
    ],
)
def test_day_pnl_is_after_commission_open_and_closed(journal, symbol, prices, open_usd, closed_usd):
    day, (entry, mark, exit_) = Day(journal, symbol), prices
    day.mark("09:00")
    day.fill(2, entry, chicago("09:30"))
    day.mark("09:31", mark)
    assert day.keeper.day_pnl_usd == open_usd
    day.fill(-2, exit_, chicago("09:40"))
    day.mark("09:41")
    assert day.keeper.day_pnl_usd == closed_usd
    assert day.written()[1].realised_cents == round(closed_usd * 100)


def test_day_s_money_is_split_into_what_it_is_made_of(day):
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    day.fill(-1, 20_020.0, chicago("09:40"))  # 80 ticks
    day.fill(-1, 20_030.0, chicago("09:50"))
    day.mark("09:51", 20_031.0)  # 4 ticks against it
    profit = day.keeper.profit
    assert (profit.realised_usd, profit.unrealised_usd) == (40.0, -2.0)
    assert (profit.commission_usd, profit.daily_loss_limit_usd) == (1.86, 500.0)
    assert profit.day_usd == pytest.approx(36.14)
    assert day.keeper.day_pnl_usd == 36.14


def test_day_is_locked_at_its_limit_and_says_so_once(day):
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    assert day.mark("09:31", 19_750.5) is DayNews.NOTHING  # 249.5 points x 2 + 0.62: 499.62
    assert not day.keeper.is_locked
    assert day.mark("09:32", 19_750.25) is DayNews.LOCKED  # 500.12
    assert day.keeper.is_locked
    assert day.mark("09:33", 20_100.0) is DayNews.NOTHING  # gains do not unlock it
    assert day.keeper.is_locked
    assert day.keeper.day_pnl_usd == 199.38
    written = day.written()[1]
    assert (written.is_locked, written.reason) == (
        True,
        "lost 500.12 USD, the limit is 500.00 USD a day",
    )


def test_day_turns_at_five_in_chicago_with_the_equity_that_it_has_then(day):
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    day.fill(-1, 19_700.0, chicago("10:00"))  # 600 lost, and 1.24
    assert day.mark("10:01") is DayNews.LOCKED
    assert day.mark("16:59:59") is DayNews.NOTHING
    assert day.mark("17:00:00") is DayNews.BEGUN
    assert day.keeper.day == RiskDay(
        trading_day=WEDNESDAY, start_equity_cents=-60_124, realised_cents=0, peak_cents=-60_124
    )
    assert (day.keeper.is_locked, day.keeper.day_pnl_usd) == (False, 0.0)
    assert day.keeper.profit.commission_usd == 0.0
    assert [row["is_locked"] for row in rows(day.journal.reader, "risk_day")] == [1, 0]
    assert day.written()[1].trading_day == WEDNESDAY


def test_day_that_a_position_is_carried_into_counts_from_its_price_then(day):
    day.mark("15:00")
    day.fill(1, 20_000.0, chicago("15:30"))
    day.mark("15:59", 20_040.0)  # 80 up
    assert day.mark("17:00", 20_040.0) is DayNews.BEGUN
    assert day.keeper.day.start_equity_cents == 7_938
    day.mark("17:30", 20_030.0)
    assert day.keeper.day_pnl_usd == -20.0
    profit = day.keeper.profit
    assert (profit.realised_usd, profit.unrealised_usd, profit.commission_usd) == (0.0, -20.0, 0.0)
    day.fill(-1, 20_010.0, chicago("17:40"))  # 60 less than at five
    day.mark("17:41")
    assert day.keeper.day_pnl_usd == -60.62
    profit = day.keeper.profit
    assert (profit.realised_usd, profit.unrealised_usd, profit.commission_usd) == (-60.0, 0.0, 0.62)


def test_day_does_not_turn_while_a_carried_position_has_no_price(day):
    day.mark("15:00")
    day.fill(1, 20_000.0, chicago("15:30"))
    day.mark("15:59", 20_040.0)
    assert day.mark("17:00") is DayNews.NOTHING
    assert day.keeper.day.trading_day == TUESDAY
    assert not day.keeper.is_current(chicago("17:00"))
    assert day.keeper.day_pnl_usd is None
    assert day.mark("18:00", 20_040.0) is DayNews.BEGUN


@pytest.mark.parametrize(
    ("exit_price", "start_cents", "day_usd", "is_locked"),
    [
        (19_750.5, -62, -499.62, False),  # 249.5 points x 2 and the exit's 0.62 since the entry
        (19_750.25, -62, -500.12, True),
        (20_100.0, 19_876, 0.0, False),  # 200 less 1.24: how much of it is of today nobody knows
    ],
)
def test_day_counts_a_carried_position_that_was_closed_before_it_began_from_its_entry(
    day, exit_price, start_cents, day_usd, is_locked
):
    """While it had no price, or nobody ran, as in test_day_restart.py."""
    day.mark("15:00")
    day.fill(1, 20_000.0, chicago("15:30"))
    day.mark("15:59", 20_040.0)
    assert day.mark("17:00") is DayNews.NOTHING
    day.fill(-1, exit_price, chicago("18:00"))
    assert day.mark("18:01") is DayNews.BEGUN
    assert day.keeper.day.start_equity_cents == start_cents
    assert (day.keeper.day_pnl_usd, day.keeper.is_locked) == (day_usd, is_locked)
    assert day.keeper.profit.day_usd == pytest.approx(day_usd)
    assert day.mark("18:02") is (DayNews.LOCKED if is_locked else DayNews.NOTHING)


def test_day_counts_no_gain_that_was_taken_off_a_carried_position_before_it(day):
    day.mark("15:00")
    day.fill(2, 20_000.0, chicago("15:30"))
    day.fill(-1, 20_010.0, chicago("15:40"))  # 20 gained
    day.mark("17:00")
    day.fill(-1, 19_900.0, chicago("18:00"))  # 200 lost, and 0.62
    assert day.mark("18:01") is DayNews.BEGUN
    assert day.keeper.day.start_equity_cents == 1_814  # 20 less 3 x 0.62
    assert day.keeper.day_pnl_usd == -200.62


def test_day_counts_all_of_a_carried_position_from_its_entry_where_part_was_closed(day):
    """What the other part was worth at five nobody knows either."""
    day.mark("15:00")
    day.fill(2, 20_000.0, chicago("15:30"))
    day.mark("17:00")
    day.fill(-1, 19_900.0, chicago("18:00"))  # 200 lost, and 0.62
    assert day.mark("18:01") is DayNews.NOTHING
    assert day.mark("18:02", 19_890.0) is DayNews.BEGUN  # 220 more
    assert (day.keeper.day.start_equity_cents, day.keeper.day_pnl_usd) == (-124, -420.62)


def test_day_does_not_begin_with_a_position_that_the_broker_has_not_told(day):
    """It may be closed since: the price of a new process may come before the fill that says so."""
    day.mark("15:00")
    day.fill(1, 20_000.0, chicago("15:30"))
    day.books.begin_positions()
    day.books.end_positions()  # a list that lacks it
    assert day.mark("18:30", 19_790.0) is DayNews.NOTHING
    assert not day.keeper.is_current(chicago("18:30"))
    day.fill(-1, 19_800.0, chicago("18:00"))
    assert day.mark("18:31", 19_790.0) is DayNews.BEGUN
    assert day.keeper.day_pnl_usd == -400.62


def test_day_that_begins_late_counts_what_was_lost_since_five(day):
    """Nobody ran at 17:00; a loss of that evening must not be forgotten for it."""
    day.fill(1, 20_000.0, chicago("17:30"))
    day.fill(-1, 19_700.0, chicago("18:00"))
    assert day.mark("18:30") is DayNews.BEGUN
    assert day.keeper.day_pnl_usd == -601.24
    assert day.keeper.is_locked
    assert day.mark("18:31") is DayNews.LOCKED


def test_day_of_a_clock_that_goes_back_stays_and_is_not_current(day):
    day.mark("17:00")
    assert day.mark("16:00") is DayNews.NOTHING
    assert day.keeper.day.trading_day == WEDNESDAY
    assert not day.keeper.is_current(chicago("16:00"))


@pytest.mark.parametrize("price", [None, math.nan, math.inf, -math.inf, 0.0, 1e300, 9_000.0])
def test_day_is_neither_locked_nor_unlocked_by_a_price_that_no_market_has(day, price):
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    day.mark("09:31", 20_001.0)
    before = day.keeper.day
    assert day.mark("09:32", price) is DayNews.NOTHING
    assert day.keeper.day == before
    assert day.keeper.day_pnl_usd is None
    assert day.keeper.profit.unrealised_usd is None
    day.mark("09:33", 19_000.0)
    assert day.keeper.is_locked
    day.mark("09:34", price)
    assert day.keeper.is_locked


def test_day_without_the_price_of_a_fill_is_of_unknown_worth(day):
    day.mark("09:00")
    day.fill(1, 20_000.1, chicago("09:30"))  # on no grid
    assert day.mark("09:31", 10_500.0) is DayNews.NOTHING
    assert (day.keeper.day_pnl_usd, day.keeper.profit.realised_usd) == (None, None)
    assert day.keeper.profit.commission_usd == 0.62
    assert not day.keeper.is_locked


def test_day_is_written_when_it_changes_and_its_peak_once_a_minute(day):
    day.mark("09:00:00")
    day.fill(1, 20_000.0, chicago("09:00:10"))
    day.mark("09:00:20", 20_000.0)  # the commission is realised
    assert day.written()[0] == 2
    for second in range(21, 60):
        day.mark(f"09:00:{second}", 20_000.0 + second)
    assert day.written()[0] == 2
    day.mark("09:01:20", 20_060.0)
    n, newest = day.written()
    assert (n, newest.peak_cents) == (3, 11_938)
    day.mark("09:01:21", 20_030.0)
    assert day.written()[0] == 3
    day.fill(-1, 20_030.0, chicago("09:01:22"))
    day.mark("09:01:23")
    n, newest = day.written()
    assert (n, newest.realised_cents, newest.peak_cents) == (4, 5_876, 11_938)


def test_day_counts_a_fill_of_the_day_before_that_was_heard_late(day):
    """In the equity, since it had not been reckoned with; not in what was realised today."""
    day.mark("15:00")
    day.fill(1, 20_000.0, chicago("15:30"))
    day.mark("15:50", 20_010.0)
    day.mark("17:00", 20_010.0)
    day.fill(-1, 19_990.0, chicago("15:55"))
    day.mark("17:10", 20_010.0)
    assert day.keeper.day_pnl_usd == -40.62
    assert day.keeper.day.realised_cents == 0
    assert day.keeper.profit.day_usd == -40.62


def test_day_is_written_once_the_disk_takes_it_and_locked_all_the_same(day):
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    day.journal._connection.execute("PRAGMA query_only = 1")
    assert day.mark("09:31", 19_000.0) is DayNews.LOCKED
    assert not day.journal.reader.newest_risk_day().is_locked
    day.journal._connection.execute("PRAGMA query_only = 0")
    assert day.desk.flush()
    assert day.journal.reader.newest_risk_day().is_locked

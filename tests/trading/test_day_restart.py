"""What outlives a lock, a word and a process: resets of a day, and restarts within it."""

from datetime import date, timedelta

import pytest

from config.instruments import get_instrument
from config.trading_settings import OrderTimers
from data.calendar import calendar_of
from tests.helpers.broker_words import charged
from tests.helpers.journals import ACCOUNT, CON_ID, execution, intent, open_journal
from tests.helpers.trading_days import LIMITS, Day, chicago
from trading.day_keeper import DayKeeper, DayNews
from trading.journal_desk import JournalDesk
from trading.order_restore import Traded, restore
from trading.risk_day import DayReset
from utils.errors import ConfigError, JournalError

MNQ = get_instrument("MNQ")
ENTRY = intent(n=1, ref="bot/d1/entry/1")
TUESDAY, WEDNESDAY = date(2025, 6, 10), date(2025, 6, 11)


@pytest.fixture
def day(tmp_path):
    with open_journal(tmp_path / "j.db") as journal:
        yield Day(journal)


def word(**fields):
    usual = {"trading_day": TUESDAY, "actor": "ada", "reason": "bad tick", "at": chicago("10:00")}
    return DayReset(**{**usual, **fields})


def locked(day):
    """Have a day lose 601.24 USD in a trade that is closed."""
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    day.fill(-1, 19_700.0, chicago("09:40"))
    day.mark("09:41")
    assert day.mark("09:42") is DayNews.NOTHING
    assert day.keeper.is_locked


def test_day_goes_on_at_a_signed_word_and_is_locked_by_the_next_loss(day):
    locked(day)
    day.keeper.reset(word())
    assert (day.keeper.is_locked, day.keeper.day_pnl_usd) == (False, 0.0)
    assert day.keeper.profit.day_usd == pytest.approx(0.0)
    stored = day.journal.reader.newest_risk_day()
    assert stored == day.keeper.day
    assert (stored.start_equity_cents, stored.is_locked) == (-60_124, False)
    said = day.journal.reader.last("OperatorReset")
    assert (said.event.actor, said.event.start_equity_cents) == ("ada", -60_124)
    day.fill(1, 20_000.0, chicago("10:30"))
    assert day.mark("10:31", 19_751.0) is DayNews.NOTHING  # 498.62
    assert day.mark("10:32", 19_750.0) is DayNews.LOCKED


def test_day_reset_that_cannot_be_written_leaves_it_locked(day):
    locked(day)
    day.journal._connection.execute("PRAGMA query_only = 1")
    with pytest.raises(JournalError):
        day.keeper.reset(word())
    assert day.keeper.is_locked
    day.journal._connection.execute("PRAGMA query_only = 0")
    assert day.desk.flush()
    assert day.journal.reader.newest_risk_day().is_locked


def test_day_reset_of_an_open_day_forgives_nothing(day):
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    day.mark("09:31", 19_800.0)
    day.keeper.reset(word())
    assert day.keeper.day_pnl_usd == -400.62
    assert day.journal.reader.last("OperatorReset") is None


@pytest.mark.parametrize(
    ("fields", "match"),
    [({"actor": ""}, "needs a name"), ({"trading_day": WEDNESDAY}, "is for trading day")],
)
def test_day_stays_locked_at_a_word_that_is_less(day, fields, match):
    locked(day)
    with pytest.raises(ConfigError, match=match):
        day.keeper.reset(word(**fields))
    assert day.keeper.is_locked


def test_day_is_not_reset_while_nobody_knows_what_it_has_lost(day):
    day.mark("09:00")
    day.fill(1, 20_000.0, chicago("09:30"))
    day.mark("09:31", 19_000.0)
    day.mark("09:32", None)
    with pytest.raises(ConfigError, match="while its PnL is unknown"):
        day.keeper.reset(word())
    assert day.keeper.is_locked


def test_day_s_pnl_is_compared_with_the_broker_s_until_it_is_locked_or_reset(day):
    assert day.keeper.comparable_pnl_usd is None
    day.mark("09:00")
    assert day.keeper.comparable_pnl_usd == 0.0
    locked(day)
    assert day.keeper.comparable_pnl_usd is None
    day.keeper.reset(word())
    assert day.keeper.comparable_pnl_usd is None
    day.mark("17:00")
    assert day.keeper.comparable_pnl_usd == 0.0


def life(path, body):
    """Run one process over a journal file, as it would be after a kill of the one before."""
    with open_journal(path) as journal:
        traded = Traded(bot="bot", client_id=1, account=ACCOUNT, con_id=CON_ID,
                        instruments={CON_ID: MNQ})  # fmt: skip
        restored = restore(journal.reader, traded, OrderTimers(), chicago("09:00"))
        restored.books.hear_position(CON_ID, restored.books.position)  # as the broker tells it
        desk = JournalDesk(journal)
        calendar = calendar_of("MNQ")
        keeper = DayKeeper(restored.books, desk, calendar, LIMITS, restored.risk_day)
        body(journal, restored.books.fills, keeper)


def happened(journal, fills, number, **terms):
    """Have journal and books hear an execution of the entry's order, and its cost of 0.62."""
    event = execution(f"e.{number}.01", order_ref=ENTRY.ref, **terms)
    cost = charged(0.62, event.exec_id)
    for one in (event, cost):
        journal.append(one)
    fills.hear(event)
    fills.hear_commission(cost)


@pytest.mark.faults
def test_fault_31_day_locked_before_a_kill_is_locked_after_it(tmp_path):
    seen = []

    def first(journal, fills, keeper):
        keeper.mark(chicago("09:00"), None)
        journal.append(ENTRY)
        happened(journal, fills, 1, price=20_000.0, time=chicago("09:10"))
        assert keeper.mark(chicago("09:11"), 19_749.0) is DayNews.LOCKED
        happened(journal, fills, 2, side="SLD", price=19_700.0, time=chicago("09:20"))
        seen.append(keeper.day)  # killed before the next mark

    def second(journal, fills, keeper):
        assert keeper.is_locked
        assert keeper.day == seen[0]
        assert keeper.mark(chicago("09:30"), None) is DayNews.LOCKED
        assert keeper.mark(chicago("09:31"), None) is DayNews.NOTHING
        assert keeper.day_pnl_usd == -601.24
        assert keeper.day.realised_cents == -60_124
        keeper.reset(word())
        seen.append(keeper.day)

    def third(journal, fills, keeper):
        assert keeper.day == seen[1]
        assert keeper.mark(chicago("10:30"), None) is DayNews.NOTHING
        assert (keeper.is_locked, keeper.day_pnl_usd) == (False, 0.0)
        assert keeper.mark(chicago("17:00"), None) is DayNews.BEGUN

    for body in (first, second, third):
        life(tmp_path / "j.db", body)


@pytest.mark.faults
def test_fault_31_day_locked_yesterday_is_over_for_a_process_of_today(tmp_path):
    def first(journal, fills, keeper):
        keeper.mark(chicago("09:00"), None)
        journal.append(ENTRY)
        happened(journal, fills, 1, price=20_000.0, time=chicago("09:10"))
        keeper.mark(chicago("09:11"), 19_700.0)

    def second(journal, fills, keeper):
        assert keeper.is_locked
        wednesday = chicago("09:00") + timedelta(days=1)
        assert keeper.mark(wednesday, None) is DayNews.NOTHING  # what it holds has no price yet
        assert keeper.is_locked
        assert keeper.mark(wednesday, 19_700.0) is DayNews.BEGUN
        assert (keeper.is_locked, keeper.day.start_equity_cents) == (False, -60_062)

    for body in (first, second):
        life(tmp_path / "j.db", body)


def test_day_after_a_restart_is_worth_what_it_was_before_it(tmp_path):
    told = []

    def first(journal, fills, keeper):
        keeper.mark(chicago("09:00"), None)
        journal.append(ENTRY)
        happened(journal, fills, 1, price=20_000.0, time=chicago("09:10"))
        keeper.mark(chicago("09:30"), 20_005.0)
        told.append((keeper.day, keeper.day_pnl_usd, keeper.profit))

    def second(journal, fills, keeper):
        keeper.mark(chicago("09:30"), 20_005.0)
        assert (keeper.day, keeper.day_pnl_usd, keeper.profit) == told[0]
        assert keeper.day_pnl_usd == 9.38

    for body in (first, second):
        life(tmp_path / "j.db", body)


def test_day_counts_a_carried_position_that_was_closed_while_nobody_ran(tmp_path):
    """400 lost since the entry and 0.62 for the exit; to each process of that day the same."""
    tonight, told = date(2025, 6, 11), []

    def first(journal, fills, keeper):
        keeper.mark(chicago("15:00"), None)
        journal.append(ENTRY)
        happened(journal, fills, 1, price=20_000.0, time=chicago("15:30"))
        keeper.mark(chicago("15:59"), 20_040.0)

    def second(journal, fills, keeper):
        assert keeper.mark(chicago("02:00", tonight), None) is DayNews.NOTHING
        stopped = chicago("01:00", tonight)
        happened(journal, fills, 2, side="SLD", price=19_800.0, time=stopped)
        assert keeper.mark(chicago("02:01", tonight), None) is DayNews.BEGUN
        assert keeper.day.trading_day == WEDNESDAY
        assert (keeper.day.start_equity_cents, keeper.day.realised_cents) == (-62, -40_062)
        assert (keeper.day_pnl_usd, keeper.is_locked) == (-400.62, False)
        told.append(keeper.day)

    def third(journal, fills, keeper):
        assert keeper.mark(chicago("02:30", tonight), 19_810.0) is DayNews.NOTHING
        assert (keeper.day, keeper.day_pnl_usd) == (told[0], -400.62)
        happened(journal, fills, 3, price=19_810.0, time=chicago("02:40", tonight))
        assert keeper.mark(chicago("02:41", tonight), 19_761.0) is DayNews.NOTHING  # 499.24
        assert keeper.mark(chicago("02:42", tonight), 19_760.5) is DayNews.LOCKED  # 500.24

    for body in (first, second, third):
        life(tmp_path / "j.db", body)

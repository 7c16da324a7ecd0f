"""Words of the broker that are written, and those that only say the same again."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.helpers.gateways import until
from tests.helpers.live_orders import Rig, traded
from trading.broker_events import EndSeen, ErrorSeen, ExecutionSeen, OrderStatusSeen, PositionSeen
from trading.journal_news import JournalNews

FILL = ExecutionSeen(
    exec_id="0001.01",
    order_id=1,
    perm_id=7,
    client_id=1,
    order_ref="bot/d1/entry/1",
    con_id=5,
    account="DU1",
    time=datetime(2024, 1, 2, tzinfo=UTC),
    side="BOT",
    quantity=1,
    price=20_000.0,
)
STATUS = OrderStatusSeen(
    order_id=1,
    perm_id=7,
    client_id=1,
    status="Submitted",
    filled=0,
    remaining=2,
    average_price=0.0,
    why_held="",
)


def test_news_of_a_fill_is_its_first_word_and_each_correction() -> None:
    news, corrected = JournalNews(), replace(FILL, exec_id="0001.02", quantity=2)
    assert news.of([FILL, FILL]) == [FILL]
    assert news.of([FILL, corrected, corrected]) == [corrected]


def test_news_of_an_order_is_what_differs_from_the_last_word_also_back_again() -> None:
    news, part = JournalNews(), replace(STATUS, filled=1, remaining=1)
    assert news.of([STATUS, part, part, STATUS, STATUS]) == [STATUS, part, STATUS]


def test_news_of_a_list_s_end_is_the_first_and_errors_are_news_each_time() -> None:
    news, error = JournalNews(), ErrorSeen(request_id=-1, code=2104, text="farm is up")
    end = EndSeen(of="positions")
    assert news.of([end, error, end, error]) == [end, error, error]


def test_news_of_a_position_that_comes_back_is_written_again() -> None:
    news = JournalNews()
    flat, long = (
        PositionSeen(account="DU1", con_id=5, symbol="MNQ", position=n, average_price=0.0)
        for n in (0, 1)
    )
    assert news.of([long, long, flat, long]) == [long, flat, long]


def test_lists_that_say_the_same_again_do_not_grow_the_journal(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        assert await rig.desk.reconciler.reconcile()
        written, n_heard = rig.journal.head().seq, len(rig.heard)
        for _ in range(5):
            assert await rig.desk.reconciler.reconcile()
        await until(lambda: len(rig.heard) > n_heard + 20)
        assert rig.journal.head().seq == written

    traded(tmp_path / "j.db", body)

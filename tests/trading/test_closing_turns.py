"""A broker that refuses what closes is asked again, later and later, and people are told once."""

import asyncio

import pytest

from tests.helpers.gateways import until
from tests.helpers.live_orders import traded
from trading import closing_turns

pytestmark = pytest.mark.faults


def flattens(rig):
    return [ref for ref in rig.desk.manager.books.orders.orders if "/flatten/" in ref]


def test_fault_18_flatten_that_is_refused_goes_out_again_later_and_later(tmp_path, monkeypatch):
    monkeypatch.setattr(closing_turns, "FIRST_SECONDS", 0.2)
    monkeypatch.setattr(closing_turns, "LAST_SECONDS", 0.4)

    async def body(rig):
        rig.enter(1)
        await rig.holds(1)
        rig.far.set(n_rejects=1_000)
        rig.desk.manager.flatten("a test")
        await asyncio.sleep(1.3)  # at 0, .2, .6 and 1.0 s, and a little later each
        assert 3 <= len(flattens(rig)) <= 4
        assert rig.position == 1
        assert [alert.kind for alert in rig.alerts].count("order_rejected") == 1
        assert rig.stop()["is_working"]
        rig.far.set(n_rejects=0)
        await until(lambda: rig.broker_position == 0 and rig.position == 0)
        assert 4 <= len(flattens(rig)) <= 5

    traded(tmp_path / "journal.db", body)


def test_fault_18_next_flatten_goes_out_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(closing_turns, "FIRST_SECONDS", 0.1)

    async def body(rig):
        for decision in ("d1", "d2"):
            await until(lambda: not rig.desk.manager.is_in_doubt)
            rig.enter(1, decision)
            await rig.holds(1)
            rig.far.set(n_rejects=1)
            rig.desk.manager.flatten("a test")
            await until(lambda: rig.broker_position == 0 and not rig.desk.manager.is_flattening)
        assert len(flattens(rig)) == 4

    traded(tmp_path / "journal.db", body)


def test_fault_18_flatten_that_is_asked_for_anew_waits_for_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(closing_turns, "FIRST_SECONDS", 60.0)

    async def body(rig):
        rig.enter(1)
        await rig.holds(1)
        rig.far.set(n_rejects=1)
        rig.desk.manager.flatten("stale data")
        await until(lambda: "order_rejected" in rig.kinds())
        await asyncio.sleep(0.2)
        assert len(flattens(rig)) == 1
        rig.desk.manager.flatten("a person")
        await until(lambda: rig.broker_position == 0 and not rig.desk.manager.is_flattening)

    traded(tmp_path / "journal.db", body)

"""Faults 39, 40 and 44 with processes of their own: signals, kills, and a second trader."""

import signal
import time
from datetime import datetime

import pytest

from tests.helpers.invariants import assert_invariants
from tests.helpers.live_traders import BUY, HOLD
from tests.helpers.trading_processes import (
    holds,
    replaying_gateway,
    trader_process,
    until,
)
from trading.command_box import KILL_FILE
from trading.journal_chain import Head, chain_report, stored_events
from trading.journal_reader import JournalReader
from trading.modes import Hold
from trading.trader_setup import JOURNAL

pytestmark = pytest.mark.faults

END_SECONDS = 10.0
"""A service manager waits no longer before it kills."""


def middle_of_a_bar(gateway):
    """Return whether the market is well within a minute."""
    return 15 <= datetime.fromisoformat(gateway.state()["time"]).second <= 35


def ended_by(process, number):
    """Send a signal; return exit code, seconds that the end took, and what was printed."""
    begun = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=3 * END_SECONDS)
    return process.returncode, time.monotonic() - begun, out + err


def written(folder, kind):
    """Return the newest event of a kind in a trader's journal; None before one."""
    with JournalReader.open(folder / JOURNAL) as reader:
        return reader.last(kind)


def check_books(gateway, folder):
    """Check that the journal is closed, whole, and says what the gateway's books say."""
    assert not (folder / f"{JOURNAL}-wal").exists()
    with JournalReader.open(folder / JOURNAL) as reader:
        assert chain_report(stored_events(reader.connection), Head()).fault is None
        assert_invariants(gateway.state(), reader, bot="fg1-MNQ")


def n_executions(gateway):
    return len(gateway.state()["executions"])


def test_fault_39_sigterm_in_a_bar_leaves_a_position_with_its_stop_or_closes_it(tmp_path):
    folder = tmp_path / "paper"
    with replaying_gateway(tmp_path) as gateway:
        with trader_process(gateway, folder, BUY) as process:
            until(lambda: holds(gateway, 1), "a position with its stop")
            until(lambda: middle_of_a_bar(gateway), "the middle of a bar")
            code, seconds, said = ended_by(process, signal.SIGTERM)
        assert code == 0, said
        assert seconds < END_SECONDS
        assert holds(gateway, 1)
        check_books(gateway, folder)
        stop = gateway.state()["orders"]
        ended = written(folder, "Stopped")
        assert ended.event.reason == "SIGTERM"
        assert ended.seq > written(folder, "Started").seq
        with trader_process(gateway, folder, BUY, should_flatten=True) as process:
            until(lambda: written(folder, "Started").seq > ended.seq, "a second start")
            decided = written(folder, "Decision").seq
            until(lambda: written(folder, "Decision").seq > decided, "a decision after it")
            assert gateway.state()["orders"] == stop
            assert n_executions(gateway) == 1
            code, seconds, said = ended_by(process, signal.SIGTERM)
        assert code == 0, said
        assert seconds < END_SECONDS
        assert holds(gateway, 0)
        assert n_executions(gateway) == 2
        check_books(gateway, folder)


@pytest.mark.slow
def test_fault_40_switch_pulled_in_the_dark_outlives_a_kill_of_the_process(tmp_path):
    folder = tmp_path / "paper"
    with replaying_gateway(tmp_path) as gateway:
        with trader_process(gateway, folder, BUY) as process:
            until(lambda: holds(gateway, 1), "a position with its stop")
            gateway.control.set(is_black_hole=True)
            (folder / KILL_FILE).touch()
            until(lambda: is_killed(folder), "the switch in the journal")
            process.kill()
            process.wait()
        assert holds(gateway, 1)
        (folder / KILL_FILE).unlink()  # the file is only how it was pulled
        gateway.control.set(is_black_hole=False)
        with trader_process(gateway, folder, BUY) as process:
            until(lambda: holds(gateway, 0), "no position and no order")
            decided = written(folder, "Decision").seq
            until(lambda: written(folder, "Decision").seq > decided, "a decision after it")
            code, _, said = ended_by(process, signal.SIGTERM)
        assert code == 0, said
        assert holds(gateway, 0)
        assert n_executions(gateway) == 2
        check_books(gateway, folder)


def is_killed(folder):
    with JournalReader.open(folder / JOURNAL) as reader:
        switch = reader.switches().get(Hold.KILL_SWITCH.value)
    return switch is not None and switch.value == "on"


def test_fault_44_second_trader_of_an_account_and_client_id_ends_with_one_line(tmp_path):
    with replaying_gateway(tmp_path) as gateway:
        with trader_process(gateway, tmp_path / "first", HOLD) as process:
            until(lambda: gateway.state()["clients"] == [1], "the first one's connection")
            with trader_process(gateway, tmp_path / "second", BUY) as second:
                out, err = second.communicate(timeout=60)
            assert second.returncode == 2
            assert out == ""
            assert err.startswith("error: a trader with client id 1 runs already")
            assert len(err.splitlines()) == 1
            assert process.poll() is None
            assert not (tmp_path / "second").exists()
            code, _, said = ended_by(process, signal.SIGTERM)
        assert code == 0, said
        assert holds(gateway, 0)

"""The trader's log: lines of JSON without secrets, closed when they get long, never in the way."""

import asyncio
import io
import json
import logging
import os
import stat
import sys
import threading
from datetime import datetime

import pytest

from config.operation_settings import LogSettings
from tests.helpers.alert_servers import waits_for
from tests.helpers.trader_statuses import ACCOUNT
from trading.log_thread import LogThread
from trading.structured_log import LOG_FILE, ROOT, trader_log
from utils.errors import ConfigError
from utils.logger import get_logger

SETTINGS = LogSettings()
LOG = get_logger("trader")


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger(ROOT)
    before = (list(root.handlers), root.level, root.propagate)
    yield
    root.handlers, root.level, root.propagate = before


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_trader_log_line_is_json_with_utc_time_and_what_was_given(tmp_path, capsys):
    with trader_log(tmp_path, SETTINGS) as file:
        given = {"quantity": 2, "price": 25_010.25, "_library_s_own": 1}
        LOG.info("order %s sent", "fg/1/entry/1", extra=given)
    (line,) = lines(file)
    assert datetime.fromisoformat(line.pop("time")).utcoffset().total_seconds() == 0
    assert line == {
        "level": "INFO",
        "logger": "futuresgym.trader",
        "message": "order fg/1/entry/1 sent",
        "quantity": 2,
        "price": 25_010.25,
    }
    assert "order fg/1/entry/1 sent" in capsys.readouterr().err


def test_trader_log_hides_accounts_and_addresses_everywhere(tmp_path, capsys):
    with trader_log(tmp_path, SETTINGS, secrets=("advisor-77",)) as file:
        LOG.warning("account %s, hook %s", ACCOUNT, "slack://T/B/secret", extra={"who": ACCOUNT})
        LOG.warning("of advisor-77")
        try:
            raise RuntimeError(f"{ACCOUNT} at https://hooks/secret")
        except RuntimeError:
            LOG.exception("failed for %s", ACCOUNT)
    text = file.read_text(encoding="utf-8") + capsys.readouterr().err
    assert ACCOUNT not in text
    assert "secret" not in text
    assert "advisor-77" not in text
    first, second, third = lines(file)
    assert first["message"] == "account DU***67, hook slack://***"
    assert first["who"] == "DU***67"
    assert second["message"] == "of ad***77"
    assert third["traceback"].endswith("RuntimeError: DU***67 at https://***")


def test_trader_log_has_what_failed_in_a_callback_of_the_loop_without_accounts(tmp_path, capsys):
    def fail():
        raise RuntimeError(f"no order for {ACCOUNT}")

    async def in_loop():
        asyncio.get_running_loop().call_soon(fail)
        await asyncio.sleep(0.01)

    with trader_log(tmp_path, SETTINGS) as file:
        asyncio.run(in_loop())
    (line,) = lines(file)
    assert (line["level"], line["logger"]) == ("ERROR", "asyncio")
    assert line["traceback"].endswith("RuntimeError: no order for DU***67")
    assert ACCOUNT not in file.read_text(encoding="utf-8") + capsys.readouterr().err


def test_trader_log_of_odd_values_is_still_json(tmp_path):
    with trader_log(tmp_path, SETTINGS) as file:
        LOG.info("two\nlines “x”", extra={"ratio": float("nan"), "path": tmp_path, "on": True})
        LOG.info("%d %s", "one", "two")
    first, second = lines(file)
    assert first["message"] == "two\nlines “x”"
    assert (first["ratio"], first["path"], first["on"]) == ("nan", str(tmp_path), True)
    assert second["message"] == "%d %s"


def test_trader_log_is_closed_when_long_and_old_ones_go(tmp_path):
    with trader_log(tmp_path, LogSettings(max_bytes=1_000, n_kept=2)):
        for number in range(100):
            LOG.info("line %d", number)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [LOG_FILE, f"{LOG_FILE}.1", f"{LOG_FILE}.2"]
    assert all(path.stat().st_size <= 1_000 for path in tmp_path.iterdir())
    assert lines(tmp_path / LOG_FILE)[-1]["message"] == "line 99"


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
def test_trader_log_is_its_owners_alone_after_rotation_too(tmp_path):
    with trader_log(tmp_path, LogSettings(max_bytes=1_000, n_kept=2)):
        for number in range(50):
            LOG.info("line %d", number)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_trader_log_on_a_full_disk_loses_lines_and_says_so_once(tmp_path, capsys):
    (tmp_path / LOG_FILE).symlink_to("/dev/full")
    with trader_log(tmp_path, LogSettings()):
        for _ in range(3):
            LOG.info("lost")
    assert capsys.readouterr().err.count("lines are lost") == 1


def test_trader_log_at_its_end_writes_no_more(tmp_path):
    with trader_log(tmp_path, SETTINGS) as file:
        LOG.info("in")
    LOG.info("out")
    assert [line["message"] for line in lines(file)] == ["in"]


def test_trader_log_leaves_logging_as_it_was(tmp_path, capsys):
    root = logging.getLogger(ROOT)
    plain = logging.StreamHandler(sys.stderr)
    root.handlers, root.propagate = [plain], True
    root.setLevel(logging.ERROR)
    with trader_log(tmp_path, SETTINGS, secrets=("secret-1",)):
        LOG.info("about secret-1")
    assert (root.handlers, root.level, root.propagate) == ([plain], logging.ERROR, True)
    root.propagate = False
    LOG.error("about secret-1 again")
    printed = capsys.readouterr().err.splitlines()
    assert printed[0].endswith("about se***-1")
    assert printed[1:] == ["about secret-1 again"]  # no filter is left


def test_trader_log_to_a_terminal_that_stands_still_holds_nobody_up(tmp_path, monkeypatch):
    reader, writer = os.pipe()
    settings = LogSettings(n_waiting=10, close_seconds=0.05)
    with os.fdopen(reader, "rb") as far, os.fdopen(writer, "w") as near:
        monkeypatch.setattr(sys, "stderr", near)
        with trader_log(tmp_path, settings) as file:
            for number in range(2_000):  # a pipe takes 64 kB
                LOG.info("line %d %s", number, "x" * 100)
                assert waits_for(lambda number=number: n_lines(file) > number)
        assert len(lines(file)) == 2_000
        os.set_blocking(reader, False)
        printed = []
        assert waits_for(lambda: printed.append(far.read1(65_536) or b"") or not log_threads())
        printed.append(far.read1(65_536) or b"")
        assert b"no room in the log's queue" in b"".join(printed)


def log_threads():
    return [thread for thread in threading.enumerate() if thread.name == "log"]


def n_lines(file):
    return file.read_bytes().count(b"\n")


def test_trader_log_prints_to_what_standard_error_is_at_that_moment(tmp_path, monkeypatch):
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    with trader_log(tmp_path, SETTINGS):
        LOG.info("before")
        assert waits_for(lambda: "before" in first.getvalue())
        monkeypatch.setattr(sys, "stderr", second)
        LOG.info("while it is another")
    assert "while" in second.getvalue()
    assert "while" not in first.getvalue()


def test_trader_log_goes_on_in_its_file_where_standard_error_is_closed(tmp_path, monkeypatch):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    with trader_log(tmp_path, SETTINGS) as file:
        for word in ("one", "two"):
            LOG.info(word)
    assert [line["message"] for line in lines(file)] == ["one", "two"]


def test_trader_log_where_nothing_can_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigError, match="cannot write `the log's folder`"),
        trader_log(tmp_path / "file", SETTINGS),
    ):
        pass


def test_log_of_two_threads_is_never_read_while_one_of_them_writes_into_it(tmp_path, monkeypatch):
    """A record that both share gets a field while the loop looks through the fields."""
    shared = []
    emit = LogThread.emit

    def noted(thread, record):
        emit(thread, record)
        shared.append((record, thread._waiting[-1] if thread._waiting else None))

    monkeypatch.setattr(LogThread, "emit", noted)
    with trader_log(tmp_path, SETTINGS):
        for number in range(200):
            LOG.info("line %d", number, extra={"number": number})
    assert len(shared) == 400
    assert all(waiting is not record for record, waiting in shared)
    assert all("asctime" not in vars(record) for record, _ in shared)

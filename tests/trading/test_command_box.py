"""Commands lie until they are answered, whoever dies meanwhile; what is none is moved aside."""

import json
import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.helpers.commands import AT, command
from trading.command_box import CommandBox, CommandKind
from trading.command_files import LARGEST_BYTES, file_name
from utils import files
from utils.errors import ConfigError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


@pytest.fixture
def box(tmp_path):
    return CommandBox(tmp_path / "trader")


@pytest.fixture
def told(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("futuresgym"), "propagate", True)
    return caplog


def waiting(tmp_path: Path) -> Path:
    return tmp_path / "trader" / "commands"


def rewrite(path: Path, **changes: object) -> None:
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(content), encoding="utf-8")


def fail_with_full_disk(*args: object, **kwargs: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("kind", [kind.value for kind in CommandKind])
def test_box_gives_back_what_was_put(box, kind):
    box.put(command(kind))
    assert box.take() == (command(kind),)


def test_box_of_a_folder_that_is_not_there_is_empty_and_makes_nothing(box, tmp_path):
    assert (box.take(), box.is_kill_wanted, box.answer_to("0a-1")) == ((), False, None)
    assert list(tmp_path.iterdir()) == []


def test_box_gives_the_oldest_first_whatever_the_zone_they_were_written_in(box):
    from zoneinfo import ZoneInfo

    chicago = AT.astimezone(ZoneInfo("America/Chicago"))
    for microseconds, name in ((2, "b"), (1, "c"), (3, "a")):
        at = chicago if name == "c" else AT
        box.put(command(id=name, at=at + timedelta(microseconds=microseconds)))
    assert [each.id for each in box.take()] == ["c", "b", "a"]


def test_box_reading_does_not_delete_so_that_a_killed_trader_leaves_the_command(box, tmp_path):
    box.put(command("kill"))
    assert box.take() == box.take() == (command("kill"),)
    assert CommandBox(tmp_path / "trader").take() == (command("kill"),)  # the next process


def test_box_answered_command_is_gone_and_its_answer_is_read_by_the_other_side(box, tmp_path):
    box.put(command())
    box.answer(command(), "closed 2 MNQZ5", is_done=True)
    assert box.take() == ()
    answer = CommandBox(tmp_path / "trader").answer_to("0a-1")
    assert (answer.command, answer.text, answer.is_done) == (command(), "closed 2 MNQZ5", True)


def test_box_answer_shows_no_account(box, tmp_path):
    box.answer(command(), "closed in DU1234567", is_done=True)
    assert box.answer_to("0a-1").text == "closed in DU***67"


def test_box_killed_between_answer_and_removal_does_not_give_the_command_again(box, tmp_path):
    path = box.put(command("release"))
    content = path.read_bytes()
    box.answer(command("release"), "released", is_done=True)
    path.write_bytes(content)  # as if the process had been killed before it was removed
    path.chmod(0o600)
    assert CommandBox(tmp_path / "trader").take() == ()
    assert not path.exists()


def test_box_killed_while_a_command_is_written_leaves_nothing_to_take(box, tmp_path, monkeypatch):
    box.put(command(id="first"))
    monkeypatch.setattr(files.os, "replace", fail_with_full_disk)
    with pytest.raises(ConfigError, match="cannot write"):
        box.put(command(id="second"))
    (waiting(tmp_path) / ".half.json.k9.part").write_text('{"kind": "ki', encoding="utf-8")
    assert [each.id for each in box.take()] == ["first"]


def test_box_on_a_full_disk_does_not_give_an_answered_command_again(box, monkeypatch, told):
    box.put(command())
    monkeypatch.setattr(files.os, "replace", fail_with_full_disk)
    box.answer(command(), "closed", is_done=True)
    assert box.take() == ()
    assert "is not kept" in told.text


def test_box_that_may_not_delete_does_not_give_an_answered_command_again(box, monkeypatch, told):
    box.put(command())
    monkeypatch.setattr(Path, "unlink", fail_with_full_disk)
    box.answer(command(), "closed", is_done=True)
    assert (box.take(), box.take()) == ((), ())
    assert told.text.count("cannot be removed") == 1


def test_box_keeps_the_last_hundred_answers(box, tmp_path):
    done = waiting(tmp_path) / "done"
    for number in range(103):
        box.answer(command(id=f"n-{number}"), "done", is_done=True)
        path = done / f"n-{number}.json"
        if path.exists():
            os.utime(path, (number, number))
    box.answer(command(id="last"), "done", is_done=True)
    assert len(list(done.iterdir())) == 100
    assert box.answer_to("last") is not None
    assert box.answer_to("n-0") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 9_000, b'{"kind": "kill"}', b'{"a": 1, "a": 2}',
     b" " * (LARGEST_BYTES + 1)],
)  # fmt: skip
def test_box_moves_what_is_no_command_aside_and_goes_on(box, tmp_path, content, told):
    box.put(command())
    bad = waiting(tmp_path) / "0.json"
    bad.write_bytes(content)
    bad.chmod(0o600)
    assert box.take() == (command(),)
    assert (waiting(tmp_path) / "refused" / "0.json").read_bytes() == content
    assert "not a command" in told.text


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "buy"},
        {"kind": "reset_lock"},  # of no trading day
        {"reason": ""},
        {"actor": 5},
        {"at": "yesterday"},
        {"at": "2025-11-20T15:00:07.250000"},  # no zone
        {"at": "2025-11-20T15:00:08.250000Z"},  # not what the file's name says
        {"id": "0a-2"},  # likewise
        {"id": "../x"},
        {"price": 1.0},
        {"quantity": 3},  # nothing that a command has
    ],
)
def test_box_refuses_a_command_that_was_changed_into_none(box, tmp_path, changes, told):
    path = box.put(command("release"))
    rewrite(path, **changes)
    assert box.take() == ()
    assert (waiting(tmp_path) / "refused" / path.name).exists()


@POSIX
def test_box_refuses_a_command_that_others_can_write(box, tmp_path, told):
    path = box.put(command("release"))
    path.chmod(0o666)
    assert box.take() == ()
    assert not path.exists()
    assert "others can write" in told.text


@POSIX
@pytest.mark.parametrize("name", [".", "commands"])
def test_box_in_a_folder_that_others_can_write_is_not_read_and_takes_nothing(
    box, tmp_path, name, told
):
    box.put(command("release"))
    (tmp_path / "trader" / name).chmod(0o777)
    assert (box.take(), box.take()) == ((), ())
    assert told.text.count("commands are not read") == 1
    with pytest.raises(ConfigError, match="others can write"):
        box.put(command("release", id="another"))
    (tmp_path / "trader" / name).chmod(0o700)
    assert box.take() == (command("release"),)  # it was not lost


@POSIX
def test_box_makes_what_its_owner_alone_can_read(box, tmp_path):
    path = box.put(command())
    box.put_kill()
    box.answer(command(id="other"), "done", is_done=True)
    folders = (tmp_path / "trader", waiting(tmp_path), waiting(tmp_path) / "done")
    assert {each.stat().st_mode & 0o777 for each in folders} == {0o700}
    made = (path, tmp_path / "trader" / "KILL", waiting(tmp_path) / "done" / "other.json")
    assert {each.stat().st_mode & 0o777 for each in made} == {0o600}


@POSIX
@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_box_never_waits_for_what_is_no_file(box, tmp_path, kind, told):
    path = box.put(command())
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    assert box.take() == ()
    assert not os.path.lexists(path)


@POSIX
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_box_of_another_user_can_be_written_by_root_and_read_by_its_owner(tmp_path):
    folder = tmp_path / "trader"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12_345, 12_345)
    box = CommandBox(folder)
    made = (box.put(command()), box.put_kill(), folder / "commands")
    assert {path.stat().st_uid for path in made} == {12_345}
    box.answer(command(), "closed", is_done=True)  # by the trader, here root as well
    os.chown(folder / "commands" / "done" / "0a-1.json", 12_345, 12_345)
    assert box.answer_to("0a-1").text == "closed"


def test_box_command_taken_back_is_none(box):
    box.put(command()).unlink()
    assert box.take() == ()


def test_box_file_that_cannot_be_read_just_now_is_read_the_next_time(box, monkeypatch, told):
    box.put(command("kill"))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", fail_with_full_disk)
        assert (box.take(), box.take()) == ((), ())
    assert box.take() == (command("kill"),)
    assert told.text.count("cannot be read") == 1


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.write_text("no!")])
def test_kill_is_wanted_while_anything_of_that_name_exists(box, tmp_path, make):
    (tmp_path / "trader").mkdir(mode=0o777)
    path = tmp_path / "trader" / "KILL"
    assert not box.is_kill_wanted
    make(path)
    assert box.is_kill_wanted


@POSIX
def test_kill_is_wanted_by_a_link_to_nowhere_too(box, tmp_path):
    (tmp_path / "trader").mkdir()
    (tmp_path / "trader" / "KILL").symlink_to("nowhere")
    assert box.is_kill_wanted


@POSIX
def test_kill_can_be_put_where_others_can_write(box, tmp_path):
    (tmp_path / "trader").mkdir()
    (tmp_path / "trader").chmod(0o777)
    box.put_kill()
    assert box.is_kill_wanted


def test_kill_that_cannot_be_put_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write"):
        CommandBox(tmp_path / "file").put_kill()


def now_and(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_kill_is_lifted_by_a_later_release_and_by_no_earlier_one(box, tmp_path):
    path = box.put_kill()
    assert not box.lift_kill(command("release", at=now_and(-60)))
    assert box.is_kill_wanted
    os.utime(path, (0, 0))
    assert box.lift_kill(command("release"))
    assert not box.is_kill_wanted
    assert box.lift_kill(command("release"))  # there is none: a repeated release is no failure


def test_kill_put_again_is_younger_than_a_release_in_between(box):
    os.utime(box.put_kill(), (0, 0))
    box.put_kill()
    assert not box.lift_kill(command("release", at=now_and(-60)))


def test_kill_that_cannot_be_lifted_stands(box, tmp_path, told):
    (tmp_path / "trader" / "KILL").mkdir(parents=True)
    assert not box.lift_kill(command("release", at=now_and(60)))
    assert box.is_kill_wanted
    assert "cannot be removed" in told.text


def test_box_answer_is_asked_for_by_an_id_alone(box):
    with pytest.raises(ConfigError, match="the id of a command"):
        box.answer_to("../../x")


def test_command_file_names_in_order_are_commands_in_order():
    names = [file_name(command(at=AT + timedelta(microseconds=n), id="z")) for n in range(3)]
    assert names[0] == "20251120T150007.250000Z-z.json"
    assert names == sorted(names)

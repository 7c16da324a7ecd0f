"""A trader's status: money adds up, the account is masked, the file is read back as written."""

import json
from dataclasses import replace

import pytest

from tests.helpers.trader_statuses import ACCOUNT, healthy, with_connection, with_profit
from trading.modes import Hold, Link, Mode
from trading.status import TraderStatus
from trading.status_file import STATUS_FILE, read_status, write_status
from utils.errors import ConfigError, DataError


def test_status_day_is_realised_and_unrealised_less_commission():
    assert healthy().profit.day_usd == pytest.approx(74.78)


def test_status_day_without_a_price_is_not_known():
    assert with_profit(unrealised_usd=None).profit.day_usd is None


def test_status_masks_the_account_whatever_is_given():
    assert healthy().account == "DU***67"
    assert ACCOUNT not in repr(healthy())


def test_status_masks_what_people_and_the_broker_say():
    words = f"{ACCOUNT} at https://hooks/token"
    decision = replace(healthy().decision, reason=words)
    status = healthy(holds={Hold.OPERATOR: words}, decision=decision)
    assert status.mode_reason == "operator: DU***67 at https://***"
    assert status.decision.reason == "DU***67 at https://***"


def test_status_file_read_back_is_what_was_written(tmp_path):
    file = tmp_path / STATUS_FILE
    status = healthy(holds={Hold.STALE_DATA: "no tick"})
    write_status(file, status)
    assert read_status(file) == status
    assert ACCOUNT not in file.read_text(encoding="utf-8")


def test_status_file_with_a_number_that_is_none_is_null(tmp_path):
    file = tmp_path / STATUS_FILE
    write_status(file, with_profit(unrealised_usd=float("nan")))
    assert json.loads(file.read_text(encoding="utf-8"))["profit"]["unrealised_usd"] is None
    assert read_status(file).profit.day_usd is None


def test_status_file_replaced_leaves_one_file(tmp_path):
    file = tmp_path / STATUS_FILE
    for _ in range(2):
        write_status(file, healthy())
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{}", b"[]", b'{"at": 1, "at": 2}', b"\xff", b"[" * 100_000],
)
def test_status_file_that_is_none_is_refused_in_one_line(tmp_path, content):
    file = tmp_path / STATUS_FILE
    file.write_bytes(content)
    with pytest.raises(DataError, match="is not a trader's status") as error:
        read_status(file)
    assert "\n" not in str(error.value)


def test_status_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match="has a trader run here"):
        read_status(tmp_path / STATUS_FILE)


def test_status_file_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write"):
        write_status(tmp_path / "file" / STATUS_FILE, healthy())


def test_status_held_back_says_by_what():
    holds = {Hold.DAILY_LOSS: "limit reached", Hold.KILL_SWITCH: "by hand"}
    status = healthy(mode=Mode.KILLED, holds=holds)
    assert status.mode_reason == "daily loss: limit reached; kill switch: by hand"
    assert (status.is_locked, status.is_killed) == (True, True)
    assert (healthy().mode_reason, healthy().is_locked, healthy().is_killed) == ("", False, False)


@pytest.mark.parametrize(
    ("link", "is_broker_up", "expected"),
    [
        (Link.RECONCILED, True, True),
        (Link.SYNCING, True, True),
        (Link.RECONCILED, False, False),
        (Link.CONNECTING, True, False),
        (Link.DISCONNECTED, True, False),
    ],
)
def test_status_connection_is_up_where_messages_get_to_the_broker(link, is_broker_up, expected):
    assert with_connection(link=link, is_broker_up=is_broker_up).connection.is_up is expected


def test_status_has_no_field_that_could_be_left_out_of_the_file(tmp_path):
    file = tmp_path / STATUS_FILE
    write_status(file, healthy())
    written = json.loads(file.read_text(encoding="utf-8"))
    assert set(written) == set(TraderStatus.__dataclass_fields__)

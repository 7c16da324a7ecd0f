"""What a person may say: signed where it lets a trader do more, whole where it needs more."""

import math
from datetime import date, datetime

import pytest

from tests.helpers.commands import command
from trading.operator_command import SIGNED, CommandKind
from utils.errors import ConfigError


@pytest.mark.parametrize("kind", list(CommandKind))
def test_command_of_every_kind_can_be_given(kind):
    assert command(kind.value).kind is kind


@pytest.mark.parametrize("kind", list(CommandKind))
def test_command_needs_a_name_whatever_it_is(kind):
    with pytest.raises(ConfigError, match="--actor"):
        command(kind.value, actor=" ")


@pytest.mark.parametrize("kind", list(CommandKind))
def test_command_that_allows_more_needs_a_reason_and_one_that_makes_safe_does_not(kind):
    if kind in SIGNED:
        with pytest.raises(ConfigError, match="--reason"):
            command(kind.value, reason="  ")
    else:
        assert command(kind.value, reason="").reason == ""


def test_command_kinds_that_need_no_reason_are_those_that_make_safe():
    assert set(CommandKind) - SIGNED == {CommandKind.FLATTEN, CommandKind.KILL}


def test_command_shows_no_account_and_no_address_that_somebody_typed():
    word = command("release", actor="anna of DU1234567", reason="see https://desk/t0ken")
    assert (word.actor, word.reason) == ("anna of DU***67", "see https://***")


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("reset_lock", {"trading_day": None}, "`reset_lock` needs the trading day"),
        ("release", {"trading_day": date(2025, 11, 20)}, "`release` is of no trading day"),
        ("adopt", {"price": None}, "`adopt` needs `--price`"),
        ("adopt", {"price": 0.0}, "positive, finite"),
        ("adopt", {"price": math.nan}, "positive, finite"),
        ("adopt", {"price": math.inf}, "positive, finite"),
        ("kill", {"price": 1.0}, "`kill` has no price"),
        ("kill", {"at": datetime(2025, 11, 20, 15)}, "must have a zone"),
        ("kill", {"reason": "one\ntwo"}, "one line"),
        ("kill", {"actor": "\x1b[2J"}, "one line"),
        ("kill", {"reason": "x" * 501}, "501 characters"),
        ("kill", {"id": "../../etc"}, "the id of a command"),
        ("kill", {"id": ""}, "the id of a command"),
        ("kill", {"id": "a" * 65}, "the id of a command"),
    ],
)
def test_command_that_cannot_be_carried_out_is_refused(kind, changes, words):
    with pytest.raises(ConfigError, match=words):
        command(kind, **changes)

"""Real money never by mistake: modes and account ids, and ids that no message shows."""

import pytest

from trading.account_guard import check_account, is_paper_account, the_only_account
from utils.errors import ConfigError


@pytest.mark.parametrize("account", ["DU1234567", "DF1234567", "du1234567", " DU1 "])
def test_is_paper_account_with_a_paper_prefix_is_true(account: str) -> None:
    assert is_paper_account(account)


@pytest.mark.parametrize("account", ["U1234567", "F1234567", "D1234567", "XDU12345", "", "I12345"])
def test_is_paper_account_with_any_other_prefix_is_false(account: str) -> None:
    assert not is_paper_account(account)


@pytest.mark.parametrize("mode", ["sim", "paper"])
def test_check_account_in_a_paper_mode_refuses_a_live_account(mode: str) -> None:
    with pytest.raises(ConfigError, match=f"`--mode {mode}` was given a live account"):
        check_account(mode, "U7654321", ["U7654321"])


def test_check_account_in_live_mode_refuses_a_paper_account() -> None:
    with pytest.raises(ConfigError, match="given a paper account"):
        check_account("live", "DU7654321", ["DU7654321"])


@pytest.mark.parametrize(
    ("mode", "account"), [("sim", "DU1"), ("paper", "DU1"), ("paper", "DF2"), ("live", "U3")]
)
def test_check_account_that_fits_is_silent(mode: str, account: str) -> None:
    check_account(mode, account, ["U3", "DU1", "DF2"])


@pytest.mark.parametrize("managed", [[], ["DU2"], ["DU12"]])
def test_check_account_that_the_login_lacks_is_refused(managed: list[str]) -> None:
    with pytest.raises(ConfigError, match=f"none of the {len(managed)} that this login"):
        check_account("paper", "DU1", managed)


@pytest.mark.parametrize("account", ["", "  "])
def test_check_account_that_is_empty_is_refused(account: str) -> None:
    with pytest.raises(ConfigError, match="empty account id"):
        check_account("paper", account, [account])


def test_check_account_with_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean `paper`"):
        check_account("papper", "DU1", ["DU1"])


@pytest.mark.parametrize(
    ("mode", "account", "managed"),
    [
        ("paper", "U7654321", ["U7654321"]),
        ("live", "DU7654321", ["DU7654321"]),
        ("live", "U7654321", ["U1111111"]),
    ],
)
def test_check_account_refusal_shows_no_account_id(
    mode: str, account: str, managed: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_account(mode, account, managed)
    assert "7654321" not in str(caught.value)
    assert "1111111" not in str(caught.value)


def test_the_only_account_of_one_is_that_one() -> None:
    assert the_only_account(["DU1"]) == "DU1"


@pytest.mark.parametrize("managed", [[], ["DU1", "DU2"]])
def test_the_only_account_of_none_or_several_asks_which(managed: list[str]) -> None:
    with pytest.raises(ConfigError, match="say which with `--account ID`"):
        the_only_account(managed)

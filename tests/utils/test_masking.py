"""Secrets do not leave: account ids and addresses in texts."""

import pytest

from utils.masking import masked_account, masked_address, masked_text


@pytest.mark.parametrize(
    ("account", "masked"),
    [
        ("DU1234567", "DU***67"),
        ("U7654321", "U***21"),
        ("U1234", "U***"),  # too short to show two of its digits
        ("U1", "U***"),
        ("", ""),
    ],
)
def test_masked_account_keeps_only_what_tells_two_apart(account, masked):
    assert masked_account(account) == masked
    assert masked_account(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("order of U7654321 refused", "order of U***21 refused"),
        ("(DF1234567)", "(DF***67)"),
        ("DUK123456 and DUM7654321", "DU***56 and DU***21"),
        ("DU1234567,U7654321", "DU***67,U***21"),
        ("fg_DU1234567_stop", "fg_DU***67_stop"),
        ("post to slack://T1/B2/secret failed", "post to slack://*** failed"),
        ("https://user:pass@host/hook?token=1", "https://***"),
        ("MNQZ5 at 25010.25, 20251120", "MNQZ5 at 25010.25, 20251120"),
        ("fg/20251120T1455-ab12/stop/1", "fg/20251120T1455-ab12/stop/1"),
    ],
)
def test_masked_text_hides_accounts_and_addresses_alone(text, masked):
    assert masked_text(text) == masked


def test_masked_text_given_an_account_of_another_shape_hides_it_too():
    assert masked_text("of advisor-77 today", ("advisor-77",)) == "of ad***77 today"


@pytest.mark.parametrize("spelling", ["du1234567", "Du1234567", "xDU1234567x"])
def test_masked_text_given_an_account_hides_it_in_every_spelling(spelling):
    assert "1234567" not in masked_text(f"account {spelling}", ("DU1234567",))


def test_masked_text_given_an_account_of_odd_characters_takes_them_as_they_are():
    assert masked_text(r"of a.b*c\1 today", (r"a.b*c\1",)) == r"of a***\1 today"
    assert masked_text("of axbbc today", ("a.b*c",)) == "of axbbc today"


def test_masked_address_keeps_the_scheme():
    assert masked_address("tgram://123:token/chat") == "tgram://***"
    assert masked_address("no address") == "***"

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


def test_masked_address_keeps_the_scheme():
    assert masked_address("tgram://123:token/chat") == "tgram://***"
    assert masked_address("no address") == "***"

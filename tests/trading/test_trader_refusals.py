"""What a whole trader does not begin with: one clear line, nothing sent, nothing lost."""

import pytest

from tests.helpers.live_traders import BUY, scripted_model, some_bars
from tests.helpers.refusals import ended
from utils.errors import ConfigError, FatalGatewayError

BARS = some_bars(80)
MODEL = scripted_model(BARS, BUY, BUY, BUY)


def test_read_only_interface_is_refused_before_the_first_order_and_says_what_to_untick(tmp_path):
    end = ended(tmp_path, MODEL, BARS, lambda far: far.set(is_read_only=True))
    assert isinstance(end.error, FatalGatewayError)
    assert "untick `Read-Only API`" in end.line
    assert (end.state["orders"], end.state["executions"]) == ([], [])
    assert end.heard.kinds() == {"failed"}


def test_account_without_market_data_is_refused_and_says_what_to_subscribe_to(tmp_path):
    end = ended(tmp_path, MODEL, BARS, lambda far: far.set(has_data_permission=False))
    assert isinstance(end.error, FatalGatewayError)
    assert "No market data permissions for CME FUT; subscribe to" in end.line
    assert end.heard.alerts[-1].kind == "failed"
    assert end.heard.alerts[-1].text.endswith(": flat")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"account": "DU7654321"}, "none of the 1 that this login may trade"),
        ({"account": "U1234567", "mode": "paper"}, "`--mode paper` was given a live account"),
        ({"mode": "live"}, "`--mode live` was given a paper account"),
        ({"mode": "live", "account": None}, "`--mode live` was given a paper account"),
    ],
)
def test_account_of_another_kind_or_login_is_refused_and_not_shown(tmp_path, terms, words):
    end = ended(tmp_path, MODEL, BARS, terms=terms)
    assert isinstance(end.error, ConfigError)
    assert words in end.line
    assert "1234567" not in end.line + end.heard.alerts[-1].text
    assert not (tmp_path / "journal.sqlite").exists()

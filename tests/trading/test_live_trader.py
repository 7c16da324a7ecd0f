"""Consent to live trading: three things, each explicit, and the account id never shown."""

from dataclasses import replace

import pytest

from tests.helpers.trade_requests import live_request
from trading.live_trader import LiveConsent, start_live_trader
from trading.order_manager import OrderLimits
from utils.errors import ArtifactError, ConfigError


@pytest.mark.parametrize(
    ("profile", "account", "is_confirmed", "missing"),
    [
        (None, None, False, ("--profile live", "--account ACCOUNT_ID", "--confirm-live")),
        ("paper", "U1", True, ("--profile live",)),  # another profile is not consent
        ("live", "  ", True, ("--account ACCOUNT_ID",)),  # blanks are no account
        ("live", "U1", False, ("--confirm-live",)),
        ("live", "U1", True, ()),
    ],
)
def test_live_consent_names_what_is_missing(profile, account, is_confirmed, missing):
    consent = LiveConsent(profile=profile, account=account, is_confirmed=is_confirmed)
    assert consent.missing() == missing


def test_live_consent_repr_hides_the_account():
    assert "U1234567" not in repr(
        LiveConsent(profile="live", account="U1234567", is_confirmed=True)
    )


def test_live_consent_that_a_person_at_a_terminal_could_complete():
    consent = LiveConsent(profile="live", account="U1", is_confirmed=False)
    assert consent.lacks_confirmation_only
    assert not replace(consent, is_confirmed=True).lacks_confirmation_only
    assert not replace(consent, account=None).lacks_confirmation_only


@pytest.mark.parametrize("missing", ["profile", "account", "is_live_confirmed"])
def test_start_live_trader_without_consent_is_a_config_error_before_anything_else(missing):
    asked = live_request(**{missing: False if missing == "is_live_confirmed" else None})
    with pytest.raises(ConfigError, match="nothing was sent"):
        start_live_trader(asked)


def test_start_live_trader_with_consent_looks_at_the_model_before_it_connects(tmp_path):
    with pytest.raises(ArtifactError, match="none"):
        start_live_trader(live_request(models=(tmp_path / "none",)))


@pytest.mark.parametrize("limits", [(0, 500.0), (-1, 500.0), (1, 0.0), (1, float("inf"))])
def test_order_limits_that_limit_nothing_are_refused(limits):
    with pytest.raises(ConfigError):
        OrderLimits(max_position=limits[0], max_daily_loss_usd=limits[1])

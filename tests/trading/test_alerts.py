"""Alerts arrive, once, at a real HTTP server on loopback, and never hold the trading loop up."""

import logging
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from config.operation_settings import AlertSettings
from config.trading_settings import TradingSettings
from tests.helpers.alert_servers import hanging_server, refusing_port, taking_server, waits_for
from tests.helpers.trader_statuses import ACCOUNT, NOW, ago, healthy, out_of_reach, with_holding
from trading.alert_kinds import ALERT_KINDS, Alert, Level
from trading.alert_targets import SecretAddress
from trading.alerts import Alerter, alerts_to
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT

SETTINGS = AlertSettings(timeout_seconds=20, retry_seconds=0.05, n_retries=2, close_seconds=20)
"""Patient with the tests' own machine, which may be busy."""

AGAINST_HANGING = SETTINGS.model_copy(update={"timeout_seconds": 30.0, "close_seconds": 0.1})
"""A loop that waited for one attempt would be found out; nobody waits at the end."""

TRADING = TradingSettings()
SENT_AS = {Level.INFO: "info", Level.WARNING: "warning", Level.CRITICAL: "failure"}


def an_alert(kind="halted", at=NOW, subject="", text="drift of 1"):
    return Alert(kind=kind, text=text, at=at, subject=subject)


def alerts(*urls, settings=SETTINGS):
    """Return an alerter of services, closed at the end of its block."""
    return alerts_to([SecretAddress(url) for url in urls], settings, TRADING, "FuturesGym test")


@pytest.fixture(scope="module")
def inbox():
    """Yield the inbox of one server for all alerts."""
    with taking_server() as inbox:
        yield inbox


@pytest.mark.conformance
@pytest.mark.parametrize("kind", sorted(ALERT_KINDS))
def test_alert_of_every_kind_arrives_with_its_text_and_advice(inbox, kind):
    inbox.posts.clear()
    with alerts(inbox.address()) as alerter:
        assert alerter.tell(an_alert(kind, text=f"account {ACCOUNT}, 3 contracts"))
    (post,) = inbox.posts
    level = ALERT_KINDS[kind].level
    assert post["title"] == f"FuturesGym test {level.value}: {kind.replace('_', ' ')}"
    assert post["type"] == SENT_AS[level]
    assert post["message"].splitlines() == [
        "account DU***67, 3 contracts",
        f"What to do: {ALERT_KINDS[kind].advice}",
        "2025-11-20 15:00:07 UTC",
    ]


@pytest.mark.parametrize("kind", sorted(ALERT_KINDS))
def test_alert_kind_is_told_by_somebody(kind):
    folders = (PROJECT_ROOT / name for name in ("trading", "scripts"))
    files = (file for folder in folders for file in folder.rglob("*.py"))
    texts = (file.read_text() for file in files if file.name != "alert_kinds.py")
    assert any(f'"{kind}"' in text for text in texts)


@pytest.mark.parametrize("kind", sorted(ALERT_KINDS))
def test_alert_kind_says_what_to_do_in_one_sentence(kind):
    advice = ALERT_KINDS[kind].advice
    assert advice.endswith(".")
    assert "\n" not in advice


def test_alert_repeated_within_its_interval_is_told_once():
    repeat = ALERT_KINDS["halted"].repeat_seconds
    with taking_server() as inbox, alerts(inbox.address()) as alerter:
        told = [
            alerter.tell(an_alert(at=NOW + timedelta(seconds=seconds)))
            for seconds in (0, 1, repeat - 1, repeat, repeat + 1)
        ]
        assert told == [True, False, False, True, False]
        assert waits_for(lambda: alerter.counts.n_sent == 2)


def test_alerts_of_different_subjects_are_both_told():
    alerter = Alerter([], SETTINGS, TRADING, "x")
    assert alerter.tell(an_alert("order_lost", subject="fg/1/entry/1"))
    assert alerter.tell(an_alert("order_lost", subject="fg/2/entry/1"))
    assert not alerter.tell(an_alert("order_lost", subject="fg/1/entry/1"))


def test_alert_after_the_clock_was_set_back_is_told():
    alerter = Alerter([], SETTINGS, TRADING, "x")
    alerter.tell(an_alert())
    assert alerter.tell(an_alert(at=NOW - timedelta(hours=1)))


def test_alert_of_no_kind_is_refused():
    with pytest.raises(ConfigError, match="did you mean `halted`"):
        Alerter([], SETTINGS, TRADING, "x").tell(an_alert("halter"))


def test_alerter_observing_an_outage_tells_each_length_once_and_the_return():
    statuses = [*(out_of_reach(seconds) for seconds in (0, 60, 61, 300, 301, 900, 901)), healthy()]
    with taking_server() as inbox, alerts(inbox.address()) as alerter:
        standing = [alerter.observe(status) for status in statuses]
    assert standing[0] == ()
    assert standing[-2] == ("connection_down_15_minutes",)
    assert standing[-1] == ()
    assert [post["title"].partition(": ")[2] for post in inbox.posts] == [
        "connection down 1 minute",
        "connection down 5 minutes",
        "connection down 15 minutes",
        "reconnected",
    ]


def test_alerter_observing_a_cause_that_stands_repeats_it_after_its_interval():
    with taking_server() as inbox, alerts(inbox.address()) as alerter:
        status = with_holding(stop=None, unprotected_since=ago(10))
        for seconds in (0, 30, 60, 90, 120, 150):
            alerter.observe(replace(status, at=NOW + timedelta(seconds=seconds)))
    assert len(inbox.posts) == 3


def test_alerter_observing_the_first_connection_tells_of_no_return():
    with taking_server() as inbox, alerts(inbox.address()) as alerter:
        for status in (out_of_reach(0), healthy(), out_of_reach(1), healthy()):
            alerter.observe(status)
    assert len(inbox.posts) == 1


def test_alerter_observing_a_first_connection_that_was_long_in_coming_tells_of_it():
    with taking_server() as inbox, alerts(inbox.address()) as alerter:
        for status in (out_of_reach(0), out_of_reach(60), healthy()):
            alerter.observe(status)
    assert [post["title"].partition(": ")[2] for post in inbox.posts] == [
        "connection down 1 minute",
        "reconnected",
    ]


def test_alert_of_an_account_that_looks_like_none_hides_it_where_it_is_told():
    with taking_server() as inbox:
        addresses = [SecretAddress(inbox.address())]
        with alerts_to(addresses, SETTINGS, TRADING, "of Advisor-77", ("advisor-77",)) as alerter:
            alerter.tell(an_alert(text="ADVISOR-77 halted"))
    assert "dvisor" not in str(inbox.posts).replace("ad***77", "")
    assert "ad***77 halted" in inbox.posts[0]["message"]


def test_alert_to_a_server_that_hangs_does_not_hold_the_loop_up():
    url = "json://127.0.0.1:{}/x"
    with hanging_server() as port, alerts(url.format(port), settings=AGAINST_HANGING) as alerter:
        started = time.perf_counter()
        for number in range(200):
            alerter.tell(an_alert("order_lost", subject=str(number)))
        assert time.perf_counter() - started < 15.0  # one attempt alone takes 30
        assert alerter.counts.n_dropped >= 200 - SETTINGS.queue_size - 1


def test_alert_to_a_server_that_hangs_is_an_attempt_that_failed():
    settings = AGAINST_HANGING.model_copy(update={"timeout_seconds": 0.1})
    with hanging_server() as port, alerts(f"json://127.0.0.1:{port}/x", settings=settings) as one:
        one.tell(an_alert())
        assert waits_for(lambda: one.counts.n_given_up == 1)
        assert one.counts.n_failed_attempts == 3


def test_alert_to_a_server_that_hangs_still_reaches_the_other_service():
    with (
        hanging_server() as port,
        taking_server() as inbox,
        alerts(f"json://127.0.0.1:{port}/x", inbox.address(), settings=AGAINST_HANGING) as alerter,
    ):
        alerter.tell(an_alert())
        assert waits_for(lambda: len(inbox.posts) == 1, 20.0)


def test_alerter_closed_while_a_server_hangs_ends_in_time(caplog):
    with hanging_server() as port:
        started = time.perf_counter()
        with (
            caplog.at_level(logging.WARNING, "futuresgym.alerts"),
            alerts(f"json://127.0.0.1:{port}/x", settings=AGAINST_HANGING) as alerter,
        ):
            alerter.tell(an_alert())
        assert time.perf_counter() - started < 15.0
    assert "1 service did not take its last alerts in time" in caplog.text


def test_alert_to_a_server_that_refuses_is_given_up_after_its_retries_and_logged(caplog):
    secret = f"json://127.0.0.1:{refusing_port()}/token-of-mine"
    with caplog.at_level(logging.DEBUG), alerts(secret) as alerter:
        alerter.tell(an_alert())
        assert waits_for(lambda: alerter.counts.n_given_up == 1)
        assert alerter.counts.n_failed_attempts == 3  # the first attempt and two more
    assert "alert not delivered to service 1 (json://***)" in caplog.text
    assert "token-of-mine" not in caplog.text


def test_alert_that_a_server_first_refuses_arrives_by_a_retry():
    with taking_server() as inbox:
        inbox.answers = [503, 200]
        with alerts(inbox.address()) as alerter:
            alerter.tell(an_alert())
            assert waits_for(lambda: alerter.counts.n_sent == 1)
            assert alerter.counts.n_failed_attempts == 1


def test_alerter_closed_sends_what_still_waits():
    settings = SETTINGS.model_copy(update={"retry_seconds": 60.0})
    with taking_server() as inbox:
        inbox.answers = [503]
        with alerts(inbox.address(), settings=settings) as alerter:
            alerter.tell(an_alert())
            assert waits_for(lambda: alerter.counts.n_failed_attempts == 1)
        assert len(inbox.posts) == 2  # a minute early
        assert alerter.counts.n_sent == 1


class _Broken:
    """A service whose own code fails."""

    def send(self, message):
        raise RuntimeError(message.title)


def test_alert_to_a_service_that_fails_by_itself_does_not_end_the_thread(caplog):
    alerter = Alerter([("1", _Broken())], SETTINGS, TRADING, "x")
    with caplog.at_level(logging.WARNING, "futuresgym.alerts"):
        alerter.tell(an_alert())
        alerter.tell(an_alert("drift"))
        assert waits_for(lambda: alerter.counts.n_given_up == 2)
    assert alerter.close()
    assert "alert service 1 failed: RuntimeError" in caplog.text


def test_alerter_closed_takes_no_more():
    with taking_server() as inbox:
        with alerts(inbox.address()) as alerter:
            pass
        alerter.tell(an_alert())
        assert alerter.counts.n_dropped == 1
        assert inbox.posts == []


@pytest.mark.parametrize("url", ["nosuch://x/y/token", "tgram://bad-token-of-mine"])
def test_alert_address_that_apprise_does_not_know_is_refused_without_showing_it(url, caplog, capfd):
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(ConfigError, match="alert URL 1 ") as error,
        alerts(url),
    ):
        pass
    assert "token" not in str(error.value) + caplog.text + "".join(capfd.readouterr())

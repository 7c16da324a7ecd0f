"""Metrics as Prometheus gets them: scraped over HTTP and read by its own parser."""

import ipaddress
import socket
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.operation_settings import MetricsSettings
from tests.helpers.trader_statuses import (
    ACCOUNT,
    NOW,
    healthy,
    unbegun,
    with_connection,
    with_holding,
)
from trading.alert_channel import ChannelCounts
from trading.metrics_server import metrics_server
from trading.modes import Hold, Link, Mode
from trading.status import DataStatus
from utils.errors import ConfigError

SETTINGS = MetricsSettings(port=0)
COUNTS = ChannelCounts(n_sent=7, n_failed_attempts=3, n_given_up=1, n_dropped=2)


def page(port, address="127.0.0.1"):
    with closing(urllib.request.urlopen(f"http://{address}:{port}/metrics", timeout=30)) as answer:
        return answer.read().decode()


def scraped(status):
    """Return the samples of a status by name and labels, as Prometheus would have them."""
    with metrics_server(SETTINGS, lambda: COUNTS) as server:
        server.publish(status)
        families = list(text_string_to_metric_families(page(server.port)))
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *sorted(sample.labels.items())): sample.value for sample in samples}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connected", 1.0),
        ("status_timestamp_seconds", NOW.timestamp()),
        ("last_bar_close_timestamp_seconds", NOW.timestamp() - 7),
        ("next_bar_due_timestamp_seconds", NOW.timestamp() + 293),
        ("probe_seconds", 0.0125),
        ("clock_offset_seconds", -0.25),
        ("position_contracts", 2.0),
        ("target_contracts", 2.0),
        ("entry_price_points", 25_010.25),
        ("stop_price_points", 24_960.25),
        ("stop_contracts", 2.0),
        ("position_covered", 1.0),
        ("day_pnl_usd", 74.78),
        ("realised_pnl_usd", 120.0),
        ("unrealised_pnl_usd", -41.5),
        ("commission_usd", 3.72),
        ("daily_loss_limit_usd", 500.0),
        ("daily_loss_locked", 0.0),
        ("working_orders", 1.0),
        ("orders_sent_today", 6.0),
        ("kill_switch", 0.0),
        ("outage_seconds", 0.0),
        ("alerts_open", 0.0),
        ("alerts_sent_total", 7.0),
        ("alerts_failed_attempts_total", 3.0),
        ("alerts_given_up_total", 1.0),
        ("alerts_dropped_total", 2.0),
    ],
)
def test_metric_of_a_status_is_its_number(healthy_samples, name, value):
    assert healthy_samples[(f"futuresgym_{name}",)] == pytest.approx(value)


@pytest.fixture(scope="module")
def healthy_samples():
    """Return what is scraped of a trader in good order."""
    return scraped(healthy(open_alerts=()))


def test_metrics_with_labels_are_one_a_value(healthy_samples):
    assert healthy_samples["futuresgym_denials", ("code", "stale_data")] == 2.0
    for mode in Mode:
        expected = float(mode is Mode.TRADING)
        assert healthy_samples["futuresgym_mode", ("state", mode.value)] == expected
    for link in Link:
        expected = float(link is Link.RECONCILED)
        assert healthy_samples["futuresgym_link", ("state", link.value)] == expected
    assert healthy_samples["futuresgym_hold", ("reason", "daily_loss")] == 0.0
    info = [key for key in healthy_samples if key[0] == "futuresgym_trader_info"]
    assert info == [
        (
            "futuresgym_trader_info",
            ("account", "DU***67"),
            ("contract", "MNQZ5"),
            ("venue", "paper"),
            ("version_futuresgym", "0.1.0"),
            ("version_model", "ab12"),
        )
    ]


def test_metrics_are_ours_by_name(healthy_samples):
    assert {key[0].partition("_")[0] for key in healthy_samples} == {"futuresgym"}


def test_metrics_of_what_is_not_known_are_absent():
    status = with_connection(probe_ms=None, clock_offset_seconds=None, link=Link.DISCONNECTED)
    names = {key[0] for key in scraped(healthy(data=DataStatus(), decision=None))}
    assert "futuresgym_last_bar_close_timestamp_seconds" not in names
    assert "futuresgym_target_contracts" not in names
    samples = scraped(status)
    assert ("futuresgym_probe_seconds",) not in samples
    assert samples["futuresgym_connected",] == 0.0


def test_metrics_of_a_trader_that_has_not_begun_say_nothing_of_position_and_orders():
    names = {key[0] for key in scraped(unbegun())}
    for name in (
        "position_contracts",
        "position_covered",
        "stop_contracts",
        "working_orders",
        "daily_loss_locked",
        "kill_switch",
    ):
        assert f"futuresgym_{name}" not in names
    assert "futuresgym_connected" in names


def test_metric_of_an_open_position_without_a_stop_tells():
    samples = scraped(with_holding(stop=None))
    assert samples["futuresgym_position_covered",] == 0.0
    assert samples["futuresgym_stop_contracts",] == 0.0


def test_metric_of_a_stop_that_the_broker_cannot_confirm_is_absent():
    stop = replace(healthy().holding.stop, is_confirmed=False)
    samples = scraped(with_holding(stop=stop))
    assert ("futuresgym_position_covered",) not in samples
    assert samples["futuresgym_stop_contracts",] == 2.0
    assert scraped(with_holding(position=0, stop=stop))["futuresgym_position_covered",] == 1.0


def test_metrics_of_open_alerts_and_the_kill_switch():
    holds = {Hold.KILL_SWITCH: "by hand", Hold.DAILY_LOSS: "limit reached"}
    samples = scraped(healthy(open_alerts=("stop_missing", "drift"), holds=holds))
    assert samples["futuresgym_alert_open", ("kind", "stop_missing")] == 1.0
    assert samples["futuresgym_alerts_open",] == 2.0
    assert samples["futuresgym_kill_switch",] == 1.0
    assert samples["futuresgym_daily_loss_locked",] == 1.0
    assert samples["futuresgym_hold", ("reason", "daily_loss")] == 1.0


def test_metrics_page_shows_no_account_and_changes_with_the_status():
    with metrics_server(SETTINGS) as server:
        assert page(server.port).strip() == ""  # nothing is known before the first status
        server.publish(healthy())
        first = page(server.port)
        server.publish(with_holding(position=-3))
        assert "futuresgym_position_contracts -3.0" in page(server.port)
    assert "futuresgym_position_contracts 2.0" in first
    assert ACCOUNT not in first


def test_metrics_server_listens_on_loopback_and_ends_with_its_block():
    with metrics_server(SETTINGS) as server:
        port = server.port
        page(port)
    with pytest.raises(urllib.error.URLError):
        page(port)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_metrics_server_open_to_others_needs_to_be_told_so(address):
    with (
        pytest.raises(ConfigError, match="is_public_allowed"),
        metrics_server(MetricsSettings(address=address, port=0)),
    ):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_metrics_server_on_loopback_needs_nothing(address):
    with metrics_server(MetricsSettings(address=address, port=0)) as server:
        assert ipaddress.ip_address(socket.gethostbyname(address)).is_loopback
        assert page(server.port, address) is not None


def test_metrics_server_open_to_others_when_told_so_starts():
    settings = MetricsSettings(address="0.0.0.0", port=0, is_public_allowed=True)
    with metrics_server(settings) as server:
        assert page(server.port) is not None


def test_metrics_server_on_a_port_that_is_taken_is_one_line():
    with metrics_server(SETTINGS) as server:
        settings = MetricsSettings(port=server.port)
        with (
            pytest.raises(ConfigError, match=f"port {server.port}: .* choose another port"),
            metrics_server(settings),
        ):
            pass

"""Addresses with tokens: where they are read from, and that they show nowhere."""

import dataclasses
import sys

import pytest

from trading.alert_targets import ALERT_URLS, HEARTBEAT_URL, load_alert_targets
from utils.errors import ConfigError


def secret_file(folder, text, mode=0o600):
    file = folder / "alert_urls"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_alert_targets_from_file_and_environment_come_in_this_order(tmp_path):
    file = secret_file(tmp_path, "# mine\n\njson://a/1\n  slack://T/B/C \n")
    environment = {ALERT_URLS: "ntfy://topic\nmailto://u:p@h", HEARTBEAT_URL: " https://hc/1 "}
    targets = load_alert_targets(file, environment)
    assert [address.reveal() for address in targets.services] == [
        "json://a/1",
        "slack://T/B/C",
        "ntfy://topic",
        "mailto://u:p@h",
    ]
    assert targets.heartbeat is not None
    assert targets.heartbeat.reveal() == "https://hc/1"


def test_alert_targets_of_nothing_are_none():
    targets = load_alert_targets(None, {})
    assert (targets.services, targets.heartbeat) == ((), None)


def test_alert_targets_show_schemes_alone(tmp_path):
    environment = {ALERT_URLS: "tgram://123:secret/chat", HEARTBEAT_URL: "https://hc/secret"}
    targets = load_alert_targets(None, environment)
    shown = f"{targets} {targets!r} {dataclasses.asdict(targets)}"
    assert "secret" not in shown
    assert "tgram://***" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o666])
def test_alert_targets_in_a_file_that_others_may_use_are_refused(tmp_path, mode):
    with pytest.raises(ConfigError, match="chmod 600"):
        load_alert_targets(secret_file(tmp_path, "json://a/1", mode), {})


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])  # the last as systemd's credentials show
def test_alert_targets_in_a_file_of_ones_own_are_read(tmp_path, mode):
    assert len(load_alert_targets(secret_file(tmp_path, "json://a/1", mode), {}).services) == 1


@pytest.mark.parametrize("text", ["secret", "://secret", "json://", "json://a secret"])
def test_alert_targets_that_are_no_addresses_are_refused_without_showing_them(tmp_path, text):
    with pytest.raises(ConfigError, match="must read scheme") as error:
        load_alert_targets(secret_file(tmp_path, text), {})
    assert "secret" not in str(error.value)


def test_alert_targets_of_a_heartbeat_that_is_no_web_address_are_refused():
    with pytest.raises(ConfigError, match=HEARTBEAT_URL) as error:
        load_alert_targets(None, {HEARTBEAT_URL: "ftp://secret"})
    assert "secret" not in str(error.value)


def test_alert_targets_of_a_missing_or_unreadable_file_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot read alert URLs"):
        load_alert_targets(tmp_path / "none", {})
    file = secret_file(tmp_path, "")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_alert_targets(file, {})


def test_load_alert_targets_without_a_file_reads_the_one_that_systemd_shows(tmp_path):
    file = tmp_path / "alert_urls"
    file.write_text("slack://a/b\n", encoding="utf-8")
    file.chmod(0o400)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), ALERT_URLS: "ntfy://c"}
    found = load_alert_targets(environment=environment)
    assert [one.reveal() for one in found.services] == ["slack://a/b", "ntfy://c"]
    file.unlink()
    found = load_alert_targets(environment=environment)
    assert [one.reveal() for one in found.services] == ["ntfy://c"]

"""The broker's address, from the environment."""

import pytest
from pydantic import ValidationError

from config.ib_config import load_ib_config, load_trader_ib_config
from utils.errors import ConfigError

VARIABLES = ("IB_HOST", "IB_PAPER_PORT", "IB_LIVE_PORT", "IB_CLIENT_ID")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_ib_config_without_variables_is_the_local_tws() -> None:
    config = load_ib_config()
    assert (config.host, config.paper_port, config.live_port, config.client_id) == (
        "127.0.0.1",
        7497,
        7496,
        1,
    )


def test_ib_config_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(VARIABLES, ("gateway", "4002", "4001", "0"), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IB_SOMETHING_ELSE", "1")
    config = load_ib_config()
    assert config.model_dump() == {
        "host": "gateway",
        "paper_port": 4002,
        "live_port": 4001,
        "client_id": 0,
    }


def test_ib_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_ib_config().live_port = 7497  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("IB_PAPER_PORT", "0", "input should be greater than or equal to 1, was '0'"),
        ("IB_LIVE_PORT", "65536", "input should be less than or equal to 65535, was '65536'"),
        ("IB_LIVE_PORT", "tws", "input should be a valid integer"),
        ("IB_CLIENT_ID", "-1", "input should be greater than or equal to 0, was '-1'"),
        ("IB_HOST", "", "at least 1 character"),
    ],
)
def test_ib_config_bad_value_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_ib_config()
    assert str(caught.value).startswith(f"environment variable {name}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ib_config_one_port_for_paper_and_live_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_PAPER_PORT", "7496")
    with pytest.raises(ConfigError, match="must differ, both were 7496"):
        load_ib_config()


def test_ib_config_of_a_program_that_trades_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_CLIENT_ID", "7")
    assert load_trader_ib_config() == load_ib_config()


def test_ib_config_of_a_program_that_trades_is_no_client_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IB_CLIENT_ID", "0")
    with pytest.raises(ConfigError, match="IB_CLIENT_ID: must be >= 1 to trade"):
        load_trader_ib_config()

"""scripts/fetch_data.py checks what is asked for before it asks anybody."""

import socket

import pytest

from scripts import fetching
from tests.helpers.cli import assert_one_clear_line, run_script


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Let data/storage/ be a folder of the test's own."""
    monkeypatch.setattr(fetching, "BARS_DIR", tmp_path)
    return tmp_path


@pytest.fixture
def closed_port():
    """Return a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_fetch_data_with_documented_options_names_the_gateway_that_is_not_there(
    capsys, closed_port, monkeypatch
):
    monkeypatch.setenv("IB_PAPER_PORT", str(closed_port))
    words = ["--duration", "6 M", "--bar-size", "1 hour", "--rth-only", "--compute-features"]
    outcome = run_script(capsys, "fetch_data", *words, "--update")
    assert_one_clear_line(
        outcome,
        f"no TWS or IB Gateway at 127.0.0.1:{closed_port} (connection refused)",
        "`Enable ActiveX and Socket Clients`",
    )


def test_fetch_data_options_of_the_gateway_go_before_the_environment(
    capsys, closed_port, monkeypatch
):
    monkeypatch.setenv("IB_HOST", "192.0.2.1")
    words = ["--host", "localhost", "--port", closed_port, "--client-id", 7]
    assert_one_clear_line(run_script(capsys, "fetch_data", *words), f"at localhost:{closed_port} (")


@pytest.mark.parametrize("duration", ["1Y", "0 D", "1 y", "-1 Y", "", "1 Y; DROP"])
def test_fetch_data_refuses_a_duration_ib_would_refuse(capsys, duration):
    outcome = run_script(capsys, "fetch_data", "--duration", duration)
    assert_one_clear_line(outcome, "--duration", f'was "{duration}"')


def test_fetch_data_suggests_the_nearest_bar_size_and_symbol(capsys):
    assert_one_clear_line(run_script(capsys, "fetch_data", "--bar-size", "5min"), "`5 mins`?")
    assert_one_clear_line(run_script(capsys, "fetch_data", "--symbol", "MNG"), "`MNQ`?")


def test_fetch_data_folder_that_cannot_be_written_is_one_line(capsys, folder):
    (folder / "ib").write_text("no folder", encoding="utf-8")
    assert_one_clear_line(run_script(capsys, "fetch_data"), "cannot write", "ib")

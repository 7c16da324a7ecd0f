"""scripts/fetch_data.py: killed or interrupted in mid-download, and gone on with."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.synthetic_contracts import synthetic_contracts
from tests.helpers.history import FastClock
from tests.helpers.history_gateway import answer_history, gateway_with
from utils.files import sha256_of_file, temporaries_of
from utils.paths import PROJECT_ROOT

NAME = "MNQ_20240110_20240214.parquet"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

RUN = """
import sys
from functools import partial
from pathlib import Path
from data.ib_history import IbAccess
from scripts import fetching, fetching_ib
from scripts.fetch_data import app
from tests.helpers.history import FastClock
from utils.cli import run
clock = FastClock("2024-02-14T15:02:00+00:00")
fetching.BARS_DIR = Path(sys.argv.pop(1))
fetching_ib.IbAccess = partial(IbAccess, clock=clock, sleep=clock.sleep)
run(app)
"""


@pytest.fixture(scope="module")
def frame():
    """Return MNQ contracts from 2024-01-02 on, 33 sessions."""
    return synthetic_contracts(33 * 276)


@pytest.fixture
def gateway(frame):
    """Return a gateway with one contract's history."""
    clock = FastClock("2024-02-14T15:02:00+00:00")
    with gateway_with(frame, "2024-02-14T15:00:00+00:00", clock) as running:
        yield running


def started(folder: Path, gateway: object) -> subprocess.Popen[str]:
    """Start the script; data/storage/ is `folder`."""
    words = ["--duration", "5 W", "--port", gateway.port, "--client-id", 5]
    command = [sys.executable, "-c", RUN, str(folder), *map(str, words)]
    return subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def chunks_in(folder: Path) -> dict[str, object]:
    """Return what the manifest says is there."""
    manifest = folder / "ib" / "MNQ" / "5mins" / "manifest.json"
    if not manifest.exists():
        return {}
    return json.loads(manifest.read_text(encoding="utf-8"))["contracts"].get("MNQH24", {})


def ended_in_mid_download(folder: Path, gateway: object, number: int) -> tuple[int, str, str]:
    """Send a signal once two chunks are there; return the exit code and what was printed.

    The gateway answers no third request until the process is gone.
    """
    answer_history(gateway, 2, None)
    process = started(folder, gateway)
    try:
        deadline = time.monotonic() + 240.0
        while len(chunks_in(folder)) < 2 and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=240.0)
    finally:
        process.kill()
        process.communicate()
    answer_history(gateway, 1_000, None)
    assert len(chunks_in(folder)) == 2
    assert not (folder / NAME).exists()
    return process.returncode, out, err


def finished(folder: Path, gateway: object) -> str:
    """Run the script to its end and return what it printed."""
    process = started(folder, gateway)
    out, err = process.communicate(timeout=240.0)
    assert process.returncode == 0, err
    return out


def test_download_killed_goes_on_where_it_was_and_comes_to_the_same_bytes(gateway, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"

    code, _, _ = ended_in_mid_download(killed, gateway, signal.SIGKILL)
    assert code == -signal.SIGKILL
    out = finished(killed, gateway)
    finished(whole, gateway)

    assert "6 requests' worth of bars, 2 of them here already: 4 to ask for" in out
    assert sha256_of_file(killed / NAME) == sha256_of_file(whole / NAME)
    assert chunks_in(killed) == chunks_in(whole)
    young = set(temporaries_of(killed / "ib" / "requests.json"))  # goes when it has aged
    assert set(killed.rglob("*.part")) <= young


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="interrupt"),
        pytest.param(signal.SIGTERM, 143, id="terminate", marks=pytest.mark.slow),
    ],
)
def test_download_interrupted_keeps_what_came_and_says_how_to_go_on(
    gateway, tmp_path, number, code
):
    returned, out, err = ended_in_mid_download(tmp_path, gateway, number)

    assert returned == code
    assert "interrupted; the bars that came are kept" in out
    assert "scripts/fetch_data.py --duration '5 W' --port" in out
    assert "Traceback" not in err
    assert gateway.do("state")["clients"] == []

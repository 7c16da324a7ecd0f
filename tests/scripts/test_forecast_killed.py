"""scripts/forecast.py train: killed or interrupted, and gone on with by the same command."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.forecast_store import ForecastStore
from data.store import save_bars
from tests.helpers.cli import run_script
from tests.helpers.forecast_walks import forecast_bars
from utils.files import sha256_of_file
from utils.paths import PROJECT_ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

WORDS = ["--features", "log_return,rsi", "--least-sessions", 6, "--refit-sessions", 1]
N_BLOCKS = 13


@pytest.fixture(scope="module")
def bars_file(tmp_path_factory):
    """Return a file of bars of which each session is a block of its own."""
    path = tmp_path_factory.mktemp("killed") / "bars.parquet"
    save_bars(forecast_bars(n_bars=5_520), path, {"symbol": "MNQ"})
    return path


def _words(bars_file: Path, folder: Path) -> list[str]:
    given = ["train", "--data", bars_file, *WORDS, "--out", folder / "store"]
    return [str(word) for word in [*given, "--model", folder / "model"]]


def _stopped_at_the_second_block(words: list[str], store: Path, sent: int) -> tuple[int, str]:
    """Return exit code and output of a training that is sent a signal early on."""
    script = str(PROJECT_ROOT / "scripts" / "forecast.py")
    process = subprocess.Popen(
        [sys.executable, script, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 120.0
        while not (store / "block_00001.parquet").exists() and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            time.sleep(0.002)
        process.send_signal(sent)
        printed, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, printed


@pytest.mark.parametrize(
    ("sent", "exit_code"),
    [
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="kill"),
        pytest.param(signal.SIGINT, 130, id="interrupt", marks=pytest.mark.slow),
    ],
)
def test_forecast_train_stopped_goes_on_to_the_same_bytes(
    capsys, bars_file, tmp_path, sent, exit_code
):
    words = _words(bars_file, tmp_path)
    code, printed = _stopped_at_the_second_block(words, tmp_path / "store", sent)
    assert code == exit_code
    if sent == signal.SIGINT:
        assert "interrupted; the blocks that are finished are kept" in printed
        assert f"forecast.py train --data {bars_file}" in printed
    n_before = len(ForecastStore(tmp_path / "store").blocks())
    first = tmp_path / "store" / "walk" / "harx_fhs" / "block_0001.json"
    stamp = first.stat().st_mtime_ns
    assert n_before < N_BLOCKS
    assert run_script(capsys, "forecast", *words).exit_code == 0
    assert first.stat().st_mtime_ns == stamp
    whole = tmp_path / "whole"
    assert run_script(capsys, "forecast", *_words(bars_file, whole)).exit_code == 0
    files = sorted(path.name for path in (whole / "store").glob("*.*"))
    assert len(files) == N_BLOCKS + 1
    for name in [*(f"store/{name}" for name in files), "model/forecaster.safetensors"]:
        assert sha256_of_file(tmp_path / name) == sha256_of_file(whole / name), name

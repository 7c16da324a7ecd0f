"""The generated pass: what is written, when, and that another process finds it compiled."""

import dataclasses
import os
import subprocess
import sys
from itertools import pairwise

import numba
import numpy as np
import pytest

from data.feature_pass import BLOCK_BARS, PASSES_DIR, load_pass, pass_source, run_in_groups
from data.feature_set import FeatureSet
from data.features import FEATURES
from data.indicators.bar import feature_bars
from tests.helpers.feature_kit import walking_frame
from utils.jit import CACHE_DIR
from utils.paths import PROJECT_ROOT

SPECS = (FEATURES["rsi"], FEATURES["stochastic"])

COUNT_COMPILATIONS = """
import numba
from data.feature_pass import load_pass
from data.feature_set import FeatureSet
from tests.helpers.feature_kit import walking_frame
features = FeatureSet(["rsi", "adx"])
print(features.compute(walking_frame())[-1].tobytes().hex())
run = load_pass(features.specs)
if not numba.config.DISABLE_JIT:
    print(sum(run.stats.cache_hits.values()), sum(run.stats.cache_misses.values()))
"""


def run_process():
    return subprocess.Popen(
        [sys.executable, "-c", COUNT_COMPILATIONS],
        cwd=PROJECT_ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_pass_source_calls_each_step_on_its_own_slices():
    source = pass_source(SPECS)
    assert "from data.indicators.momentum import rsi_step as step_0\n" in source
    assert "        step_0(state[0:4], (14.0, ), bar, out[t, 0:1])\n" in source
    assert "        step_1(state[4:36], (14.0, 3.0, ), bar, out[t, 1:3])\n" in source
    assert source == pass_source(SPECS)


def test_pass_source_moves_prices_by_a_call_once_per_range():
    """Written out as slices that are added to, 124 features took 99 s to compile instead of 41."""
    source = pass_source(SPECS)
    assert "            move_prices(state[1:2], bar.roll_gap)\n" in source
    assert "            move_prices(state[8:36], bar.roll_gap)\n" in source
    assert source.count("move_prices(") == 2
    assert "+= bar.roll_gap" not in source


@pytest.mark.parametrize("cuts", [(1, 2), (BLOCK_BARS,), (BLOCK_BARS - 1, 2 * BLOCK_BARS + 5)])
def test_pass_in_pieces_gives_the_bits_of_the_whole(cuts):
    bars = feature_bars(walking_frame(2 * BLOCK_BARS + 40))
    bars.roll_gap[[5, BLOCK_BARS, BLOCK_BARS + 1]] = 12.25
    run = load_pass(SPECS)
    whole, pieces = np.zeros((2, len(bars), 3))
    run(np.zeros(36), bars, whole, 0, 2)
    state = np.zeros(36)
    for first, stop in pairwise((0, *cuts, len(bars))):
        run(state, bars[first:stop], pieces[first:stop], 0, 2)
    assert pieces.tobytes() == whole.tobytes()


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_pass_in_groups_on_threads_gives_the_bits_of_the_whole(monkeypatch, n_threads):
    monkeypatch.setattr("data.feature_pass.n_processors", lambda: n_threads)
    monkeypatch.setattr("data.feature_pass.BARS_WORTH_THREADS", 300)
    specs = tuple(
        FEATURES[name] for name in ("rsi", "stochastic", "adx", "atr", "macd", "time_sin")
    )
    n_columns = sum(len(spec.columns) for spec in specs)
    bars = feature_bars(walking_frame(2 * BLOCK_BARS + 40))
    bars.roll_gap[[5, BLOCK_BARS, BLOCK_BARS + 1]] = 12.25
    run = load_pass(specs)
    states = np.zeros((2, sum(spec.state_size for spec in specs)))
    whole, groups = np.full((2, len(bars), n_columns), 7.0)
    run(states[0], bars, whole, 0, len(specs))
    run_in_groups(run, len(specs), states[1], bars, groups)
    assert groups.tobytes() == whole.tobytes()
    assert states[0].tobytes() == states[1].tobytes()


def test_pass_is_written_below_the_kernel_cache_and_loaded_once():
    assert PASSES_DIR == CACHE_DIR / "passes"
    assert load_pass(SPECS) is load_pass(SPECS)
    texts = [path.read_text(encoding="utf-8") for path in PASSES_DIR.glob("feature_pass_*.py")]
    assert pass_source(SPECS) in texts


def test_pass_is_written_with_a_fixed_time_stamp(tmp_path, monkeypatch):
    """Or a second process that writes the same file would undo the first one's compilation."""
    monkeypatch.setattr("data.feature_pass.PASSES_DIR", tmp_path)
    load_pass((dataclasses.replace(FEATURES["rsi"], parameters=(97.0,)),))
    (path,) = tmp_path.glob("feature_pass_*.py")
    assert path.stat().st_mtime == 0


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled without the JIT")
def test_pass_in_a_later_process_is_loaded_and_not_compiled():
    features = FeatureSet(["rsi", "adx"])
    here = features.compute(walking_frame())[-1].tobytes().hex()
    text, _ = run_process().communicate(timeout=120)
    assert text.split() == [here, "1", "0"]


def test_pass_asked_for_by_several_processes_at_once_gives_all_the_same():
    processes = [run_process() for _ in range(3)]
    answers = {process.communicate(timeout=120)[0].split()[0] for process in processes}
    assert len(answers) == 1

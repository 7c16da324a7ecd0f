"""The kernel against the golden cases, to the cent, compiled and not."""

import os
import subprocess
import sys

import numpy as np
import pytest

from config.instruments import get_instrument
from tests.helpers.kernel_cases import ALL_CASES, Case, run_case
from utils.paths import PROJECT_ROOT


@pytest.mark.golden
@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
def test_kernel_golden_case_fills_and_pays_as_written(case: Case):
    run = run_case(case)
    prices = get_instrument(case.symbol).to_prices(run.fills.price_ticks)
    assert prices.tolist() == list(case.fills)
    assert run.trades.net_usd.round(9).tolist() == list(case.nets)
    assert run.account.position == 0
    assert round(float(run.account.equity_usd), 9) == round(10_000 + sum(case.nets), 9)


@pytest.mark.golden
def test_kernel_partial_exits_average_their_exit_price():
    trade = run_case(next(case for case in ALL_CASES if "partial_exits" in case.name)).trades[0]
    assert trade.quantity == 2
    assert trade.entry_ticks == 80_005  # 20001.25
    assert trade.exit_ticks == 80_027  # (20008.75 + 20004.75) / 2
    assert trade.fees_usd == pytest.approx(2.48)


PLAIN_RUN = """
from numba import config
from tests.helpers.kernel_cases import ALL_CASES, run_case
assert config.DISABLE_JIT
for case in ALL_CASES:
    run = run_case(case)
    print(run.accounts.tobytes().hex(), run.fills.tobytes().hex(), run.trades.tobytes().hex())
"""


@pytest.mark.golden
def test_kernel_without_the_jit_leaves_the_same_bytes():
    plain = subprocess.run(
        [sys.executable, "-c", PLAIN_RUN],
        cwd=PROJECT_ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    runs = [run_case(case) for case in ALL_CASES]
    compiled = [
        " ".join(np.asarray(part).tobytes().hex() for part in (run.accounts, run.fills, run.trades))
        for run in runs
    ]
    assert plain.stdout.splitlines() == compiled

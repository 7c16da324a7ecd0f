"""KERNEL.md's golden cases and our own, from the conformance suite's data, to the cent."""

import os
import subprocess
import sys

import numpy as np
import pytest

from env.conformance.case_types import Case
from env.conformance.cases import load_cases, mirrored
from env.conformance.kernel_engine import KernelEngine
from env.conformance.runner import Fill
from env.kernel.types import TARGET_SLOT
from tests.helpers.accounts import KernelRun, Terms, bar_records
from tests.helpers.kernel_scenarios import seeded_runs
from utils.paths import PROJECT_ROOT

FILE = load_cases()
ALL_CASES = [which for case in FILE.cases for which in (case, mirrored(case))]


@pytest.mark.golden
@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
def test_kernel_golden_case_fills_and_pays_as_written(case: Case):
    done = KernelEngine().run(case, FILE.instruments[case.symbol])
    assert list(done.fills) == [Fill(**fill.model_dump()) for fill in case.fills]
    assert [round(net, 9) for net in done.nets] == list(case.nets)
    assert list(done.denials) == [denial.reason for denial in case.denials]
    assert sum(fill.quantity for fill in done.fills) == 0
    assert round(done.net_usd, 9) == round(sum(case.nets), 9)


@pytest.mark.golden
@pytest.mark.parametrize("number", ["1_", "2_", "3_", "4_", "5_", "6_", "7_", "8_", "8b_", "9_"])
def test_golden_cases_of_the_law_are_all_there(number):
    assert any(case.name.startswith(number) for case in FILE.cases)


@pytest.mark.golden
def test_kernel_golden_bracket_of_the_account_is_that_of_a_ticket():
    # case 4, with the account's own stop and target, 200 ticks each
    rows = [
        (80000, 80008, 79992, 80000),
        (80004, 80040, 79996, 80032),
        (80032, 80240, 79760, 80200),
    ]
    terms = Terms(stop_offset_ticks=200.0, target_offset_ticks=200.0)
    done = KernelRun(terms, bar_records(rows)).send((1, 0))
    assert done.fills.price_ticks.tolist() == [80005, 79804]
    assert done.trades.net_usd.round(9).tolist() == [-101.74]
    assert done.account.orders[TARGET_SLOT].kind == 0
    assert done.account.n_ambiguous == 1


@pytest.mark.golden
def test_kernel_partial_exits_average_their_exit_price():
    case = next(case for case in FILE.cases if case.name == "partial_exit")
    _, _, trades, _ = KernelEngine().records(case, FILE.instruments["MNQ"])
    trade = trades[0]
    assert trade["quantity"] == 2
    assert trade["entry_ticks"] == 80_005  # 20001.25
    assert trade["exit_ticks"] == 80_027  # (20008.75 + 20004.75) / 2
    assert trade["fees_usd"] == pytest.approx(2.48)


def case_bytes():
    """Return what every case leaves behind, and every seeded scenario, as hexadecimal lines."""
    engine = KernelEngine()
    runs = [engine.records(case, FILE.instruments[case.symbol]) for case in ALL_CASES]
    runs += seeded_runs(40)
    return [" ".join(np.asarray(part).tobytes().hex() for part in run) for run in runs]


PLAIN_RUN = """
from numba import config
from tests.env.kernel.test_golden import case_bytes
assert config.DISABLE_JIT
print("\\n".join(case_bytes()))
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
    assert plain.stdout.splitlines() == case_bytes()

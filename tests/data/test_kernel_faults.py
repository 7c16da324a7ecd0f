"""One line for whatever is wrong in a kernel, from Python or from numba."""

import re

import numba
import numpy as np
import pytest

from data.feature_frames import check_frame
from data.indicators.bar import feature_bars
from data.indicators.window import mean
from data.kernel_faults import plain_fault
from tests.helpers.tried_features import tried_set, tried_spec
from utils.errors import ConfigError
from utils.jit import jit

BARS = feature_bars(check_frame())[:20]


@jit
def field_step(state, parameters, bar, out):
    out[0] = bar.nope


@jit
def raising_step(state, parameters, bar, out):
    if bar.close > 0.0:
        raise ValueError("kernel says no")
    out[0] = 0.0


@jit
def unknown_name_step(state, parameters, bar, out):
    out[0] = meen(state)  # noqa: F821 - the mistake


@jit
def parameter_step(state, parameters, bar, out):
    out[0] = parameters[1]


@jit
def few_arguments_step(state, bar, out):
    out[0] = bar.close


@jit
def slice_step(state, parameters, bar, out):
    rest = state[2:]
    out[0] = rest.sum()


@jit
def uncompilable_step(state, parameters, bar, out):
    out[0] = len(str((1, "a")[int(state[0])]))


@jit
def dividing_step(state, parameters, bar, out):
    out[0] = parameters[0] / state[0] if bar.close > 0.0 else mean(state)


@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        (field_step, "bar has no `nope` (fields: open, high, low, close, volume, minute_of_s"),
        (raising_step, "ValueError: kernel says no (line "),
        (unknown_name_step, "NameError: name 'meen' is not defined (line "),
        (parameter_step, "it goes beyond its `state_size`, `columns` or `parameters`: tuple ind"),
        (few_arguments_step, "TypeError: few_arguments_step() takes 3 positional arguments but 4"),
    ],
)
def test_compute_says_in_one_line_why_a_kernel_cannot_be_run(kernel, reason):
    features = tried_set(kernel, parameters=(1.0,))
    line = f"`test_kernel_faults.py`, feature `tried`: its kernel cannot be run: {reason}"
    with pytest.raises(ConfigError, match=re.escape(line)) as caught:
        features.compute(check_frame())
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled without the JIT")
def test_compute_says_the_innermost_line_of_what_only_numba_refuses():
    with pytest.raises(ConfigError, match="its kernel cannot be run: ") as caught:
        tried_set(uncompilable_step).compute(check_frame())
    assert "Failed in nopython" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert re.search(r"\(line \d+\)$", str(caught.value))


def test_plain_fault_finds_a_part_of_the_state_that_is_not_there():
    assert "places 2 to None are not among 2" in plain_fault(tried_spec(slice_step), BARS)
    assert plain_fault(tried_spec(slice_step, state_size=3), BARS) == ""


def test_plain_fault_divides_by_zero_as_compiled_code_does():
    assert plain_fault(tried_spec(dividing_step, parameters=(1.0,)), BARS) == ""


def test_plain_fault_names_the_bar():
    bars = BARS.copy()
    bars.close[:7] = -1.0
    assert plain_fault(tried_spec(raising_step), bars).endswith(", at bar 7")
    assert np.isfinite(bars.close).all()

"""What a kernel may read from outside of itself, and that its plain copy calls plain functions."""

import enum
import math

import numba
import numpy as np
import pytest

from data.features import FEATURES
from data.indicators import window
from data.indicators.window import mean
from data.plain_kernels import foreign_value, plain_kernel
from utils.jit import jit

CLOSES = np.linspace(18_000.0, 18_500.0, 200)
LATER = tuple(float(value) for value in range(17))
SETTINGS = (1.0, 2.0)
HISTORY = []
LENGTH = 2


class Side(enum.IntEnum):
    """A setting that a kernel may read."""

    LONG = 1


class Holder:
    """What hides an array from whoever looks at names only."""

    closes = CLOSES


def no_jit(value):
    return value


@jit
def looking_up(row):
    return CLOSES[int(row)]


@jit
def reading_array(state, parameters, bar, out):
    out[0] = CLOSES[int(state[0])] - bar.close


@jit
def reading_long_tuple(state, parameters, bar, out):
    out[0] = LATER[int(state[0])]


@jit
def reading_list(state, parameters, bar, out):
    out[0] = len(HISTORY)


@jit
def reading_through_a_helper(state, parameters, bar, out):
    out[0] = looking_up(state[0])


@jit
def reading_through_a_class(state, parameters, bar, out):
    out[0] = Holder.closes[0]


@jit
def reading_from_a_module(state, parameters, bar, out):
    out[0] = np.random.random()


@jit
def leaving_compiled_code(state, parameters, bar, out):
    with numba.objmode(value="float64"):
        value = 1.0
    out[0] = value


@jit
def calling_plain_python(state, parameters, bar, out):
    out[0] = no_jit(bar.close)


@jit
def sound_step(state, parameters, bar, out):
    window.push(state[:LENGTH], bar.close)
    out[0] = np.sqrt(mean(state[:LENGTH])) + math.pi * SETTINGS[0] + Side.LONG + max(0.0, bar.low)


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (reading_array, "`reading_array` reads `CLOSES` (ndarray) from outside"),
        (reading_long_tuple, "`reading_long_tuple` reads `LATER` (tuple) from outside"),
        (reading_list, "`reading_list` reads `HISTORY` (list) from outside"),
        (reading_through_a_helper, "`looking_up` reads `CLOSES` (ndarray) from outside"),
        (reading_through_a_class, "reads `Holder` (type) from outside"),
        (reading_from_a_module, "reads `np.random.random` ("),
        (leaving_compiled_code, "reads `numba.objmode`"),
    ],
)
def test_foreign_value_names_the_function_and_what_it_reads(kernel, message):
    assert message in foreign_value(kernel)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="every function is plain without it")
def test_foreign_value_names_a_function_without_jit():
    message = "`calling_plain_python` calls `no_jit`, which needs @jit"
    assert message in foreign_value(calling_plain_python)


def test_foreign_value_of_settings_and_functions_is_none():
    assert foreign_value(sound_step) == ""
    assert {name: foreign_value(spec.kernel) for name, spec in FEATURES.items()} == dict.fromkeys(
        FEATURES, ""
    )


def test_plain_kernel_calls_plain_functions_also_those_of_modules():
    seen = []

    class Watched(np.ndarray):
        def __setitem__(self, key, value):
            seen.append(key)
            super().__setitem__(key, value)

    bar = np.rec.array([(4.0, 1.0)], dtype=[("close", "f8"), ("low", "f8")])[0]
    out = np.zeros(1)
    plain_kernel(sound_step)(np.zeros(LENGTH).view(Watched), (), bar, out)
    assert seen == [0, 1]  # the window is shifted, and then has the close at its end
    assert out[0] == pytest.approx(math.sqrt(2.0) + math.pi + 1.0 + 1.0)

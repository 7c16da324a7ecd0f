"""Each check finds the fault that it is for, and names the feature, the column and the row."""

import dataclasses
import math

import numpy as np
import pytest

from data.feature_checks import CHECKS, run_checks
from data.feature_frames import check_frame, sessions_frame, walking_frame
from data.feature_market_checks import check_roll
from data.feature_set import FeatureSet
from data.feature_time_checks import (
    check_live,
    check_lookback,
    check_poison,
    check_restart,
    check_truncation,
)
from data.feature_value_checks import check_warm_up
from data.features import FEATURES, FeatureSpec
from data.indicators.spec import by_name
from utils.jit import jit

NO_SUCH_FUNCTION = None


@jit
def momentum_step(state, parameters, bar, out):
    """Write the change of the close over one bar, in percent of it."""
    change = 100.0 * (bar.close - state[1]) / bar.close if bar.close > 0.0 else 0.0
    out[0] = change if state[0] > 0.0 else math.nan
    state[0] += 1.0
    state[1] = bar.close


@jit
def ratio_step(state, parameters, bar, out):
    out[0] = (bar.close - bar.low) / (bar.high - bar.low)


@jit
def writing_beyond_step(state, parameters, bar, out):
    state[int(parameters[0])] += 1.0
    out[0] = 0.0


@jit
def writing_too_far_right_step(state, parameters, bar, out):
    out[int(parameters[0])] = 0.0
    out[0] = 0.0


@jit
def reading_beyond_step(state, parameters, bar, out):
    out[0] = state[int(parameters[0])]


@jit
def leaving_a_column_step(state, parameters, bar, out):
    out[0] = 1.0


@jit
def averaging_step(state, parameters, bar, out):
    """Write an average of the closes' places in their ranges."""
    reach = bar.high - bar.low
    place = (bar.close - bar.low) / reach if reach > 0.0 else 0.5
    state[0] += 0.5 * (place - state[0])
    out[0] = state[0]


@jit
def uncompilable_step(state, parameters, bar, out):
    out[0] = NO_SUCH_FUNCTION(bar.close)


def spec_of(kernel, **changes):
    plain = FeatureSpec(
        name="tried",
        kernel=kernel,
        state_size=2,
        columns=("tried",),
        warm_up=0,
        centre=0.0,
        spread=1.0,
        formula="of a test",
        source="none",
        unit="ratio",
        bounds="unbounded",
    )
    return dataclasses.replace(plain, **changes)


def found(spec):
    """Return what the checks find of a feature, by check."""
    results = run_checks(spec, {**FEATURES, **by_name(spec)})
    assert [result.check for result in results] == list(CHECKS)
    return {result.check: result.problem for result in results if result.problem}


SOUND = {"price_state": ((1, 2),), "lookback": 2, "warm_up": 1}


def test_checks_find_nothing_in_a_sound_feature():
    assert found(spec_of(momentum_step, **SOUND)) == {}


def test_checks_leave_lookback_out_where_every_bar_leaves_a_trace():
    spec = FEATURES["rsi"]
    was_run = {result.check: result.was_run for result in run_checks(spec, FEATURES)}
    assert was_run == dict.fromkeys(CHECKS, True) | {"lookback": spec.lookback is not None}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"formula": ""}, "`formula` must say something"),
        ({"columns": ()}, "`columns` must be different names, was ()"),
        ({"spread": 0.0}, "`spread` > 0, was 0.0 and 0.0"),
        ({"centre": math.nan}, "`centre` must be finite"),
        ({"warm_up": -1}, "`state_size` and `warm_up` must be >= 0"),
        ({"lookback": 0}, "`lookback` must be >= `warm_up` + 1 (2), this bar counts, or None"),
        ({"lookback": 1}, "`lookback` must be >= `warm_up` + 1 (2), this bar counts, or None"),
        ({"session_rule": "x"}, "`session_rule` must be continuous or resets, was 'x'"),
        ({"version": 0}, "`version` must be >= 1, was 0"),
        ({"price_state": ((1, 3),)}, "`price_state` (1, 3) must lie in the state of 2"),
        ({"price_state": ((1, 1),)}, "`price_state` (1, 1) must lie"),
    ],
)
def test_check_spec_finds_what_is_missing_and_nothing_is_run_after_it(change, problem):
    spec = spec_of(momentum_step, **(SOUND | change))
    problems = found(spec)
    assert list(problems) == ["spec"]
    assert problem in problems["spec"]


@pytest.mark.parametrize(
    ("kernel", "problem"),
    [
        (writing_beyond_step, "index {} is out of bounds for axis 0 with size 2"),
        (writing_too_far_right_step, "index {} is out of bounds for axis 0 with size 1"),
        (reading_beyond_step, "index {} is out of bounds for axis 0 with size 2"),
    ],
)
@pytest.mark.parametrize("place", [2, 100, 5_000, 10_000_000])
def test_check_memory_finds_a_kernel_that_leaves_its_own(kernel, problem, place):
    problems = found(spec_of(kernel, parameters=(float(place),)))
    assert list(problems) == ["memory"]
    assert problem.format(place) in problems["memory"]


def test_check_memory_finds_a_column_that_is_never_written():
    problems = found(spec_of(leaving_a_column_step, columns=("tried", "forgotten")))
    assert "a value not set, or is a matter of chance (`forgotten`" in problems["memory"]


def test_check_memory_says_why_a_kernel_does_not_compile():
    problems = found(spec_of(uncompilable_step))
    assert list(problems) == ["memory"]
    assert problems["memory"].startswith("its kernel cannot be run: TypeError: 'NoneType'")


def test_check_warm_up_finds_early_and_late_values():
    early = found(spec_of(momentum_step, **(SOUND | {"warm_up": 2, "lookback": 3})))
    late = found(spec_of(momentum_step, **(SOUND | {"warm_up": 0})))
    assert "(`tried`, first in row 1)" in early["warm_up"]
    assert "(`tried`, first in row 0)" in late["warm_up"]


def test_check_roll_finds_prices_that_are_not_moved():
    problems = found(spec_of(momentum_step, warm_up=1))
    assert list(problems) == ["roll"]
    assert "(`tried`, first in row 200)" in problems["roll"]  # the roll, at half of 400 bars


def test_check_roll_finds_floats_that_are_moved_and_are_no_prices():
    assert list(found(spec_of(averaging_step, price_state=((0, 1),), spread=0.2))) == ["roll"]


def test_check_roll_is_not_switched_off_by_an_absurd_spread():
    assert set(found(spec_of(momentum_step, warm_up=1, spread=50_000.0))) == {"values", "roll"}


def test_check_lookback_finds_a_memory_that_is_longer():
    assert list(found(spec_of(averaging_step, lookback=10))) == ["lookback"]
    assert found(spec_of(averaging_step, lookback=None)) == {}


def test_check_hard_bars_finds_a_division_by_zero_and_says_on_which_bars():
    problems = found(spec_of(ratio_step))
    assert set(problems) == {"warm_up", "hard_bars"}  # the walk has bars without a range too
    assert problems["hard_bars"].startswith("not finite on bars of constant prices")


class Wrapped:
    """The features of a set, with one fault in what is computed from all bars at once."""

    def __init__(self, fault):
        self._features = FeatureSet(["rsi", "roc"])
        self._fault = fault
        self.columns, self.specs = self._features.columns, self._features.specs
        self.warm_up = self._features.warm_up
        self.nominal_spread = self._features.nominal_spread

    def stream(self):
        return self._features.stream()

    def compute(self, frame):
        values = self._features.compute(frame)
        values[:, 1] = self._fault(values[:, 1], frame)
        return values


def peeking(values, frame):
    return frame["close"].shift(-1).to_numpy()


def counting(values, frame):
    return np.full(len(values), float(len(values)))


def dusty(values, frame):
    return values + np.where(np.arange(len(values)) > 299, 1e-12, 0.0)


@pytest.mark.parametrize(
    ("check", "fault", "row"),
    [
        (check_truncation, counting, 0),
        (check_truncation, peeking, 0),
        (check_poison, peeking, 199),
        (check_live, dusty, 300),
        (check_restart, dusty, 300),
        (check_warm_up, lambda values, frame: np.where(np.isnan(values), 0.0, values), 0),
        (check_lookback, counting, 13),
        (check_roll, lambda values, frame: frame["close"].diff().to_numpy(), 200),
    ],
)
def test_check_names_the_feature_at_fault_and_the_first_row(check, fault, row):
    problems = check(Wrapped(fault), walking_frame())
    assert list(problems) == ["roc"]
    assert f"(`roc`, first in row {row})" in problems["roc"]


def test_check_frame_is_warm_for_half_of_its_bars():
    assert len(check_frame()) == 400
    assert len(check_frame(1_500)) == 3_200
    assert {"other_close", "other_volume"} <= set(check_frame().columns)
    assert len(sessions_frame()) == 400
    dates = sessions_frame().index.tz_convert("America/Chicago").normalize()
    assert len(set(dates)) > 8

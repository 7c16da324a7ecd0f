"""A live stream whose past changes: bars that are corrected, and bars that come late."""

import numpy as np
import pytest

from data.feature_set import FeatureSet
from data.feature_stream import REVISABLE_BARS
from data.indicators.bar import feature_bars
from tests.helpers.feature_kit import assert_same_bits, walking_frame
from utils.errors import DataError

FEATURES = FeatureSet(["rsi", "atr", "vwap_distance", "bollinger"])


def stream_of(frame):
    """Return a stream that has taken all bars of the frame."""
    stream = FEATURES.stream()
    for bar in feature_bars(frame):
        stream.update(bar)
    return stream


def test_stream_corrected_bar_gives_the_rows_and_the_state_of_the_corrected_series():
    heard = walking_frame(100)
    corrected = heard.copy()
    corrected.iloc[95, 3] = heard["low"].iloc[95]
    stream = stream_of(heard)

    rows = stream.revise(5, feature_bars(corrected.iloc[94:])[1:])

    assert_same_bits(rows, FEATURES.compute(corrected)[95:])
    assert stream.snapshot() == stream_of(corrected).snapshot()


def test_stream_late_first_bar_of_a_session_takes_its_flag_from_the_next():
    whole = walking_frame(150)
    first = int(np.flatnonzero(feature_bars(whole).is_session_start)[1])
    stream = stream_of(whole.drop(whole.index[first]).iloc[: first + 2])  # two bars of the session

    rows = stream.revise(2, feature_bars(whole.iloc[first - 1 : first + 3])[1:])

    assert_same_bits(rows, FEATURES.compute(whole)[first : first + 3])
    assert stream.snapshot() == stream_of(whole.iloc[: first + 3]).snapshot()


def test_stream_bars_withdrawn_without_others_leave_the_state_before_them():
    frame = walking_frame(50)
    stream = stream_of(frame)
    assert stream.revise(3, feature_bars(frame)[:0]).shape == (0, 4)
    assert stream.snapshot() == stream_of(frame.iloc[:47]).snapshot()


def test_stream_can_be_revised_again_and_goes_on_as_usual():
    frame = walking_frame(90)
    bars = feature_bars(frame)
    stream = stream_of(frame.iloc[:80])
    wrong = bars[70:80].copy()
    wrong.close += 3.0
    stream.revise(10, wrong)
    stream.revise(10, bars[70:80])
    rows = np.array([stream.update(bar) for bar in bars[80:]])
    assert_same_bits(rows, FEATURES.compute(frame)[80:])


def test_stream_remembers_the_last_bars_only():
    frame = walking_frame(REVISABLE_BARS + 10)
    bars = feature_bars(frame)
    stream = stream_of(frame)
    assert stream.n_revisable == REVISABLE_BARS
    with pytest.raises(DataError, match="take back its last 64 bars .* was asked for 65"):
        stream.revise(REVISABLE_BARS + 1, bars[9:])
    rows = stream.revise(REVISABLE_BARS, bars[10:])
    assert_same_bits(rows, FEATURES.compute(frame)[10:])


@pytest.mark.parametrize("n_back", [1, -1])
def test_stream_bars_from_before_a_restart_cannot_be_revised(n_back):
    frame = walking_frame(30)
    stream = FEATURES.stream()
    stream.restore(stream_of(frame).snapshot())
    with pytest.raises(DataError, match="none from before a restart.*start anew"):
        stream.revise(n_back, feature_bars(frame)[-1:])


def test_stream_revision_with_a_bar_that_is_not_finite_changes_nothing():
    frame = walking_frame(30)
    bars = feature_bars(frame)
    stream = stream_of(frame)
    snapshot = stream.snapshot()
    bars[29].high = np.inf
    with pytest.raises(DataError, match="must be finite"):
        stream.revise(2, bars[28:])
    assert stream.snapshot() == snapshot
    assert stream.n_revisable == 30

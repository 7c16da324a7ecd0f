"""Tests of live forecasts: the batch's bits, from history, from a snapshot, under an alarm."""

import numpy as np
import pandas as pd
import pytest

from data.indicators.bar import feature_bars
from models.forecast.families import FAMILIES
from models.forecast.forecaster import Forecaster
from tests.helpers.forecasters import (
    HISTORY,
    SESSION,
    TRAINED,
    narrowed,
    small_forecaster,
    small_market,
    streamed,
)
from utils.errors import ArtifactError, DataError

LIVE = small_market().iloc[HISTORY:]
"""Two sessions of warm-up, three to be forecast."""

N_WARM = TRAINED - HISTORY


@pytest.mark.parametrize("family", FAMILIES)
def test_stream_of_every_family_saved_and_loaded_gives_the_bits_of_the_batch(family, tmp_path):
    forecaster = small_forecaster(family)
    forecaster.save(tmp_path / "forecaster")
    loaded = Forecaster.load(tmp_path / "forecaster")
    assert loaded.identity == forecaster.identity
    n_rows = N_WARM + SESSION + 30
    expected = forecaster.predict(LIVE).quantiles[:n_rows]
    found = streamed(loaded.stream(), LIVE, slice(n_rows))
    np.testing.assert_array_equal(found, expected)
    assert np.isnan(found[:N_WARM]).all()
    assert np.isfinite(found[N_WARM:]).all()


def test_stream_from_a_snapshot_in_a_session_gives_the_bits_of_the_batch():
    forecaster = small_forecaster()
    expected = forecaster.predict(LIVE).quantiles
    stream = forecaster.stream()
    cut = N_WARM + 100
    streamed(stream, LIVE, slice(cut))
    other = forecaster.stream()
    other.restore(stream.snapshot())
    rows = slice(cut, cut + SESSION)
    np.testing.assert_array_equal(streamed(other, LIVE, rows), expected[rows])


def test_stream_from_a_snapshot_between_sessions_gives_the_bits_of_the_batch():
    forecaster = small_forecaster()
    expected = forecaster.predict(LIVE).quantiles
    stream = forecaster.stream()
    streamed(stream, LIVE, slice(N_WARM + SESSION))
    other = forecaster.stream()
    other.restore(stream.snapshot())
    rows = slice(N_WARM + SESSION, N_WARM + SESSION + 40)
    np.testing.assert_array_equal(streamed(other, LIVE, rows), expected[rows])


def test_stream_under_an_alarm_gives_the_bits_of_the_batch():
    forecaster = narrowed(small_forecaster())
    batch = forecaster.predict(LIVE)
    assert batch.is_fallback[:, 0].any()
    assert not batch.is_fallback[:, 0].all()
    stream = forecaster.stream()
    flags = []
    for row, (bar, stamp) in enumerate(zip(feature_bars(LIVE), LIVE.index, strict=True)):
        quantiles = stream.update(bar, stamp)
        flags.append(stream.is_fallback)
        np.testing.assert_array_equal(quantiles, batch.quantiles[row])
    np.testing.assert_array_equal(flags, batch.is_fallback)


def test_stream_from_a_snapshot_under_an_alarm_says_whose_forecasts_stand():
    forecaster = narrowed(small_forecaster())
    last = int(np.flatnonzero(forecaster.predict(LIVE).is_fallback[:, 0])[0])
    stream, other = forecaster.stream(), forecaster.stream()
    streamed(stream, LIVE, slice(last + 1))
    other.restore(stream.snapshot())
    assert stream.is_fallback[0]
    np.testing.assert_array_equal(other.is_fallback, stream.is_fallback)


def test_stream_of_a_stamp_without_a_zone_is_refused_and_not_counted():
    stream = small_forecaster().stream()
    streamed(stream, LIVE, slice(3))
    before = stream.snapshot()
    stamp = LIVE.index[3].tz_localize(None) + pd.Timedelta(days=2)
    with pytest.raises(DataError, match="without a time zone"):
        stream.update(feature_bars(LIVE)[3], stamp)
    assert stream.snapshot() == before


def test_stream_of_a_revised_snapshot_does_not_touch_the_first():
    """A snapshot is a copy: what the first stream does afterwards is not in it."""
    forecaster = small_forecaster()
    stream = forecaster.stream()
    streamed(stream, LIVE, slice(N_WARM + 10))
    taken = stream.snapshot()
    streamed(stream, LIVE, slice(N_WARM + 10, N_WARM + 40))
    assert stream.snapshot() != taken
    stream.restore(taken)
    assert stream.snapshot() == taken


def test_stream_of_another_forecasters_snapshot_is_refused():
    taken = small_forecaster("ewma_fhs").stream().snapshot()
    with pytest.raises(ArtifactError, match="the snapshot is of forecaster"):
        small_forecaster().stream().restore(taken)


@pytest.mark.parametrize("place", [70, 200, -1])
def test_stream_of_a_damaged_snapshot_is_refused_and_stays_as_it_was(place):
    stream = small_forecaster().stream()
    streamed(stream, LIVE, slice(20))
    before = stream.snapshot()
    damaged = bytearray(before)
    damaged[place] ^= 1
    with pytest.raises(ArtifactError, match="damaged"):
        stream.restore(bytes(damaged))
    with pytest.raises(ArtifactError, match="damaged"):
        stream.restore(before[:-8])
    assert stream.snapshot() == before


def test_stream_of_a_bar_that_is_not_later_is_refused():
    stream = small_forecaster().stream()
    streamed(stream, LIVE, slice(3))
    before = stream.snapshot()
    bar = feature_bars(LIVE)[2]
    with pytest.raises(DataError, match="must open after the one before"):
        stream.update(bar, pd.Timestamp(LIVE.index[2]))
    assert stream.snapshot() == before


def test_stream_of_a_bar_that_is_not_finite_is_refused_and_not_counted():
    stream = small_forecaster().stream()
    streamed(stream, LIVE, slice(3))
    before = stream.snapshot()
    bar = feature_bars(LIVE)[3]
    bar.close = np.nan
    with pytest.raises(DataError, match="must be finite"):
        stream.update(bar, pd.Timestamp(LIVE.index[3]))
    assert stream.snapshot() == before


@pytest.mark.parametrize("kind", ["Series", "tuple", "dict"])
def test_stream_refuses_a_bar_that_is_no_record_and_stays_as_it_was(kind):
    row = LIVE.iloc[0]
    bar = {"Series": row, "tuple": tuple(row), "dict": row.to_dict()}[kind]
    stream = small_forecaster().stream()
    before = stream.snapshot()
    with pytest.raises(DataError, match=f"must be a record of .*feature_bars, was a {kind}"):
        stream.update(bar, LIVE.index[0])
    assert stream.snapshot() == before


def test_stream_refuses_a_stamp_that_is_text():
    with pytest.raises(DataError, match="must be a pandas Timestamp, was '2024"):
        small_forecaster().stream().update(feature_bars(LIVE)[0], "2024-01-10T00:00Z")

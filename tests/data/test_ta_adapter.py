"""Columns of `ta` as features: which there are, what they are, and what is refused."""

import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import ta
from ta.trend import PSARIndicator

from data import extras, library_columns
from data.feature_set import FeatureSet
from data.ta_adapter import ta_values
from data.ta_columns import TA_COLUMNS, TA_REFUSED
from tests.helpers.batch_columns import assert_blind_to_the_future
from tests.helpers.feature_kit import assert_same_bits, walking_frame
from utils.errors import ArtifactError, ConfigError, DataError


def busy_frame(n_bars=400, seed=0):
    """Return bars that all have a range and a volume, so that `ta` never divides by zero."""
    frame = walking_frame(n_bars, seed)
    frame["high"] += 0.25
    frame["low"] -= 0.25
    frame["volume"] += 1.0
    return frame


def plain(frame):
    return pd.DataFrame(frame.to_numpy(dtype=np.float64), columns=frame.columns)


@pytest.fixture(scope="module")
def all_of_ta():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ta.add_all_ta_features(
            plain(busy_frame()), "open", "high", "low", "close", "volume"
        ).iloc[:, 5:]


def test_ta_columns_and_refused_ones_are_all_that_ta_has(all_of_ta):
    assert not set(TA_COLUMNS) & set(TA_REFUSED)
    assert set(all_of_ta.columns) == set(TA_COLUMNS) | set(TA_REFUSED)


@pytest.mark.parametrize("name", TA_COLUMNS)
def test_ta_column_is_what_ta_gives_after_its_warm_up(name, all_of_ta):
    warm_up = TA_COLUMNS[name].warm_up
    (values,) = ta_values(busy_frame(), [name])
    assert np.isnan(values[:warm_up]).all()
    assert np.isfinite(values[warm_up:]).all()
    assert_same_bits(values[warm_up:], all_of_ta[name].to_numpy(dtype=np.float64)[warm_up:])


@pytest.mark.parametrize("name", TA_COLUMNS)
def test_ta_column_is_blind_to_the_future(name):
    assert_blind_to_the_future(FeatureSet([f"ta:{name}"]), busy_frame())


@pytest.mark.parametrize("name", ["kst", "kst_sig", "kst_diff"])
def test_ta_kst_changes_in_the_past_when_later_bars_change(name):
    """Why it is refused: its head is filled with the mean of the whole sample."""
    frame = plain(busy_frame())
    poisoned = frame.copy()
    poisoned.loc[200:, "close"] *= 7.0
    before, after = (
        getattr(ta.trend.KSTIndicator(bars.close), name)()[:200] for bars in (frame, poisoned)
    )
    assert np.flatnonzero((before - after).abs() > 1e-9).max() >= 42


@pytest.mark.parametrize("name", ["ichimoku_a", "ichimoku_b"])
def test_ta_visual_ichimoku_changes_in_the_past_when_later_bars_change(name):
    frame = plain(busy_frame())
    poisoned = frame.copy()
    poisoned.loc[200:, ["high", "low"]] *= 7.0
    before, after = (
        getattr(ta.trend.IchimokuIndicator(bars.high, bars.low, visual=True), name)()[:26]
        for bars in (frame, poisoned)
    )
    assert ((after - before) > 1_000.0).all()


@pytest.mark.parametrize("name", ["trend_psar_up", "trend_psar_down"])
def test_ta_half_of_psar_is_nan_in_the_other_trend(name, all_of_ta):
    assert 0.2 < all_of_ta[name].isna().mean() < 0.8


@pytest.mark.parametrize("name", TA_REFUSED)
def test_ta_refused_column_says_why(name):
    with pytest.raises(ConfigError, match=f"`ta:{name}` is not to be had: .*(mean|trend)"):
        FeatureSet([f"ta:{name}"])


def test_ta_psar_with_stamps_as_index_is_silently_wrong():
    """Why the adapter drops the index: `psar[i] = value` writes to the label i, not to row i."""
    frame = walking_frame(300)
    stamped = PSARIndicator(frame.high, frame.low, frame.close).psar().to_numpy()
    bars = plain(frame)
    right = PSARIndicator(bars.high, bars.low, bars.close).psar().to_numpy()
    assert len(right) == 300
    assert len(stamped) != 300 or not np.array_equal(stamped, right)
    (flags,) = ta_values(frame, ["trend_psar_up_indicator"])
    wrong = PSARIndicator(frame.high, frame.low, frame.close).psar_up_indicator().to_numpy()
    right = PSARIndicator(bars.high, bars.low, bars.close).psar_up_indicator().to_numpy()
    assert_same_bits(flags[3:], right[3:])
    assert not np.array_equal(flags[3:], wrong[3:])


def test_ta_columns_stand_beside_ours_and_the_users_own_in_the_order_asked_for():
    frame = busy_frame().assign(mine=1.5)
    names = ["rsi", "ta:momentum_kama", "mine", "ta:others_dr", "macd"]
    features = FeatureSet(names, tuple(frame.columns))
    assert features.columns == tuple(names)
    assert features.library == ("ta:momentum_kama", "ta:others_dr")
    values = features.compute(frame)
    kama, returns = ta_values(frame, ["momentum_kama", "others_dr"])
    assert_same_bits(values[:, 1].copy(), kama)
    assert_same_bits(values[:, 3].copy(), returns)
    assert (values[:, 2] == 1.5).all()
    assert_same_bits(values[:, [0, 4]].copy(order="C"), FeatureSet(["rsi", "macd"]).compute(frame))


def test_ta_rsi_is_ours():
    frame = busy_frame()
    values = FeatureSet(["rsi", "ta:momentum_rsi"]).compute(frame)[13:]
    np.testing.assert_allclose(values[:, 0], values[:, 1], rtol=0, atol=1e-9)


def test_ta_column_warm_up_counts():
    assert FeatureSet(["rsi", "ta:trend_stc"]).warm_up == 85


@pytest.mark.parametrize("n_bars", [1, 5, 30])
def test_ta_columns_of_few_bars_are_nan_or_numbers_but_no_error(n_bars):
    features = FeatureSet([f"ta:{name}" for name in TA_COLUMNS])
    assert features.compute(busy_frame(n_bars)).shape == (n_bars, len(TA_COLUMNS))


def test_ta_column_live_is_refused():
    with pytest.raises(ConfigError, match="not live-safe: ta:momentum_kama; select"):
        FeatureSet(["rsi", "ta:momentum_kama"]).stream()


def test_ta_unknown_column_names_the_nearest():
    with pytest.raises(ConfigError, match="unknown column of ta `momentum_kamma`: did you mean"):
        FeatureSet(["ta:momentum_kamma"])


def test_ta_column_where_ta_divides_by_zero_is_refused_with_its_time():
    frame = busy_frame()
    frame.iloc[100:130, :4] = frame["close"].iloc[100]
    frame.iloc[100:130, 4] = 0.0
    stamp = re.escape(str(frame.index[100]))
    with pytest.raises(DataError, match=f"volume_em` is not a number.*{stamp}"):
        FeatureSet(["ta:volume_em"]).compute(frame)


def test_ta_column_of_the_frame_with_other_numbers_is_refused():
    features = FeatureSet(["ta:momentum_kama"])
    frame = busy_frame()
    carried = frame.assign(**{"ta:momentum_kama": features.compute(frame)[:, 0]})
    assert_same_bits(features.compute(carried), features.compute(frame))
    carried["ta:momentum_kama"] += 100.0
    with pytest.raises(DataError, match="`ta:momentum_kama` of the bars disagrees"):
        features.compute(carried)


def test_ta_column_is_stored_with_the_version_of_ta(monkeypatch):
    features = FeatureSet(["rsi", "ta:momentum_kama"])
    stored = json.loads(json.dumps(features.to_dict()))
    assert stored["features"][1] == {
        "name": "ta:momentum_kama",
        "library": "ta",
        "version": ta_version(),
    }
    assert FeatureSet.from_dict(stored).hash == features.hash
    monkeypatch.setattr(library_columns, "extra_version", lambda name: "0.12.0")
    with pytest.raises(ArtifactError, match="feature `ta:momentum_kama` has changed"):
        FeatureSet.from_dict(stored)


def ta_version():
    return extras.extra_version("ta")


def test_ta_absent_is_one_line_that_says_how_to_get_it(monkeypatch):
    def absent(name):
        raise extras.PackageNotFoundError(name)

    monkeypatch.setattr(extras, "version", absent)
    with pytest.raises(ConfigError, match=r"ta is not here .*: run `pip install -r req"):
        FeatureSet(["ta:momentum_kama"])


def test_extra_module_that_cannot_be_imported_is_one_line():
    with pytest.raises(ConfigError, match="the library no_such_library is not here"):
        extras.extra_module("no_such_library.part")


class Peeking:
    """A column that knows the next close."""

    def compute(self, frame):
        return frame[["close"]].shift(-1).to_numpy()


def test_check_of_batch_columns_catches_one_that_peeks():
    with pytest.raises(AssertionError):
        assert_blind_to_the_future(Peeking(), busy_frame())

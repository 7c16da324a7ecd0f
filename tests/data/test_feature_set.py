"""Selections of features: names, hash, storage, the user's own columns, live streams."""

import dataclasses
import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from data.feature_set import FeatureSet
from data.features import FEATURES
from data.indicators.bar import feature_bars
from tests.helpers.feature_kit import assert_same_bits, walking_frame
from utils.errors import ArtifactError, ConfigError, DataError


def test_feature_set_keeps_order_and_lists_columns():
    features = FeatureSet(["stochastic", "rsi"])
    assert features.names == ("stochastic", "rsi")
    assert features.columns == ("stochastic_k", "stochastic_d", "rsi")
    assert features.external == ()
    assert features.warm_up == 15


def test_feature_set_unknown_name_says_nearest():
    with pytest.raises(ConfigError, match="unknown feature `rsj`: did you mean `rsi`"):
        FeatureSet(["rsj"])


def test_feature_set_unknown_name_is_one_short_line():
    with pytest.raises(
        ConfigError, match="unknown feature `zzz`: see `features.py list`"
    ) as caught:
        FeatureSet(["zzz"])
    assert len(str(caught.value)) < 100


def test_feature_set_unknown_name_beside_columns_without_names_lists_them():
    with pytest.raises(ConfigError, match="unknown feature `zzz`: .* of the bars are 0, 1"):
        FeatureSet(["zzz"], frame_columns=[0, 1])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("momentumm", "did you mean `momentum`"),
        ("stochastic_k", "`stochastic_k` is a column of feature `stochastic`: ask for"),
        ("", "the name of a feature is empty: is there a comma too many?"),
        ("mine_to", "did you mean `mine_too`"),
    ],
)
def test_feature_set_unknown_name_says_what_may_be_meant(name, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        FeatureSet(["rsi", name], frame_columns=["mine_too"])


def test_feature_set_recipe_that_is_a_column_of_the_users_too_is_refused():
    with pytest.raises(ConfigError, match="`trend` is a recipe and a column of the bars: rename"):
        FeatureSet(["trend"], frame_columns=["close", "trend"])
    assert FeatureSet(["rsi"], frame_columns=["trend"]).names == ("rsi",)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "select at least one feature"),
        ("rsi", "must be a list of names, was the text `rsi`"),
        (None, "must be a list of names, was NoneType"),
        ((name for name in ("rsi", "macd")), "must be a list of names, was generator"),
        ([["rsi"], ["macd"]], re.escape("name of a feature must be text, was ['rsi']")),
        ([3], "name of a feature must be text, was 3"),
        (["rsi", "macd", "rsi"], "select each feature once, repeated: rsi"),
    ],
)
def test_feature_set_selection_that_is_none_is_refused(names, message):
    with pytest.raises(ConfigError, match=message):
        FeatureSet(names)


def test_feature_set_external_name_equal_to_a_computed_column_is_refused():
    with pytest.raises(ConfigError, match="repeated: stochastic_k"):
        FeatureSet(["stochastic", "stochastic_k"], frame_columns=["stochastic_k"])


def test_feature_set_hash_depends_on_names_and_order():
    hashes = {FeatureSet(names).hash for names in (["rsi"], ["rsi", "macd"], ["macd", "rsi"])}
    assert len(hashes) == 3
    assert FeatureSet(["rsi"]).hash == FeatureSet(["rsi"]).hash
    assert len(FeatureSet(["rsi"]).hash) == 64


@pytest.mark.parametrize(
    "change", [{"parameters": (21.0,)}, {"version": 2}, {"session_rule": "resets"}]
)
def test_feature_set_from_dict_changed_feature_is_named(monkeypatch, change):
    stored = FeatureSet(["macd", "rsi"]).to_dict()
    monkeypatch.setitem(FEATURES, "rsi", dataclasses.replace(FEATURES["rsi"], **change))
    with pytest.raises(ArtifactError, match="feature `rsi` has changed"):
        FeatureSet.from_dict(stored)


def test_feature_set_from_dict_removed_feature_is_named(monkeypatch):
    stored = FeatureSet(["macd", "rsi"]).to_dict()
    monkeypatch.delitem(FEATURES, "rsi")
    with pytest.raises(ArtifactError, match="unknown feature `rsi`"):
        FeatureSet.from_dict(stored)


def test_feature_set_from_dict_external_that_became_ours_is_named(monkeypatch):
    stored = FeatureSet(["mine"], frame_columns=["mine"]).to_dict()
    monkeypatch.setitem(FEATURES, "mine", dataclasses.replace(FEATURES["rsi"], name="mine"))
    with pytest.raises(ArtifactError, match="feature `external:mine` has changed"):
        FeatureSet.from_dict(stored)


@pytest.mark.parametrize(
    "stored", [{}, {"features": [{}], "hash": ""}, {"features": 3, "hash": ""}]
)
def test_feature_set_from_dict_damaged_record_is_refused(stored):
    with pytest.raises(ArtifactError, match="damaged"):
        FeatureSet.from_dict(stored)


def test_feature_set_from_dict_other_hash_is_refused():
    stored = FeatureSet(["rsi"]).to_dict() | {"hash": "0" * 64}
    with pytest.raises(ArtifactError, match="does not have its hash"):
        FeatureSet.from_dict(stored)


def test_feature_set_survives_json_and_pickle():
    features = FeatureSet(["rsi", "mine", "stochastic"], frame_columns=["mine"])
    restored = FeatureSet.from_dict(json.loads(json.dumps(features.to_dict())))
    copied = pickle.loads(pickle.dumps(features))
    assert restored.hash == copied.hash == features.hash
    assert restored.columns == copied.columns == ("rsi", "mine", "stochastic_k", "stochastic_d")
    assert restored.external == ("mine",)


def test_feature_set_external_column_keeps_its_place():
    frame = walking_frame()
    mine = np.arange(len(frame), dtype=np.float64)
    mine[:3] = np.nan
    features = FeatureSet(["rsi", "mine", "macd"], frame_columns=["mine"])
    values = features.compute(frame.assign(mine=mine))
    assert_same_bits(values[:, 1].copy(), mine)
    ours = FeatureSet(["rsi", "macd"]).compute(frame)
    assert_same_bits(values[:, [0, 2]].copy(order="C"), ours)


def test_feature_set_of_external_columns_alone_computes_them():
    frame = walking_frame().assign(mine=1, other=2.5)
    features = FeatureSet(["other", "mine"], frame_columns=list(frame.columns))
    assert features.compute(frame)[7].tolist() == [2.5, 1.0]
    assert features.warm_up == 0


def test_feature_set_external_hole_is_refused_with_its_time():
    frame = walking_frame().assign(mine=1.0)
    frame.iloc[[20, 30], -1] = np.nan
    features = FeatureSet(["mine"], frame_columns=["mine"])
    with pytest.raises(
        DataError, match=re.escape(f"2 of 400 rows are not, first {frame.index[20]}")
    ):
        features.compute(frame)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.nan, "400 of 400 rows are not"),
        (np.inf, "400 of 400 rows are not"),
        ("high", "not numeric"),
        (pd.NA, "not numeric"),
        (pd.Timestamp("2024-01-02", tz="UTC"), "not numeric .datetime64"),
        (pd.Timedelta("5min"), "not numeric .timedelta64"),
        (np.array([True, None] * 200, dtype=object), "not numeric .object"),
        (np.array(["1.5", "2"] * 200, dtype=object), "not numeric"),
        (np.array(["1.5", 2] * 200, dtype=object), "not numeric .object"),
        (1j, "not numeric .complex128"),
    ],
)
def test_feature_set_external_column_without_numbers_is_refused(values, message):
    features = FeatureSet(["mine"], frame_columns=["mine"])
    with pytest.raises(DataError, match=message):
        features.compute(walking_frame().assign(mine=values))


def test_feature_set_external_column_of_true_and_false_is_one_and_zero():
    frame = walking_frame(4).assign(mine=[True, False, False, True])
    features = FeatureSet(["mine"], frame_columns=["mine"])
    assert features.compute(frame)[:, 0].tolist() == [1.0, 0.0, 0.0, 1.0]


def test_feature_set_external_column_missing_from_frame_is_refused():
    with pytest.raises(DataError, match="column `mine` is missing"):
        FeatureSet(["mine"], frame_columns=["mine"]).compute(walking_frame())


def test_feature_set_same_named_column_of_other_numbers_is_refused():
    frame = walking_frame()
    frame["rsi"] = 50.0
    with pytest.raises(DataError, match="column `rsi` .* disagrees .* rename it"):
        FeatureSet(["rsi"]).compute(frame)


def test_feature_set_same_named_column_that_ends_is_refused_where_it_does():
    features = FeatureSet(["rsi"])
    frame = walking_frame()
    carried = frame.assign(rsi=features.compute(frame)[:, 0])
    assert_same_bits(features.compute(carried), features.compute(frame))
    carried.iloc[300:, -1] = np.nan
    place = re.escape(f"for one at {frame.index[300]} (nan, computed")
    with pytest.raises(DataError, match=place):
        features.compute(carried)


def test_feature_set_same_named_column_is_not_compared_in_warm_up():
    features = FeatureSet(["rsi"])
    frame = walking_frame(20)
    carried = frame.assign(rsi=features.compute(frame)[:, 0])  # 13 of 20 rows are NaN
    assert_same_bits(features.compute(carried), features.compute(frame))


def test_feature_set_same_named_column_that_is_not_a_number_is_refused():
    with pytest.raises(DataError, match="column `rsi` .* not numeric"):
        FeatureSet(["rsi"]).compute(walking_frame().assign(rsi="high"))


def test_feature_set_column_with_the_name_of_a_feature_of_several_is_refused():
    with pytest.raises(DataError, match="computes stochastic_k, stochastic_d: rename it"):
        FeatureSet(["stochastic"]).compute(walking_frame().assign(stochastic=1.0))


def test_feature_set_same_named_column_computed_from_an_earlier_start_is_accepted():
    features = FeatureSet(["rsi", "macd", "stochastic"])
    frame = walking_frame(800)
    carried = pd.DataFrame(features.compute(frame), frame.index, columns=features.columns)
    tail = frame.join(carried).iloc[400:]
    assert_same_bits(features.compute(tail), features.compute(frame.iloc[400:]))


def test_feature_set_same_named_column_that_is_not_selected_is_left_alone():
    frame = walking_frame().assign(macd=123.0)
    assert np.isfinite(FeatureSet(["rsi"]).compute(frame)[-1]).all()


def test_feature_set_fewer_bars_than_warm_up_are_all_nan():
    assert np.isnan(FeatureSet(["adx"]).compute(walking_frame(5))).all()


def test_feature_stream_refuses_external_columns():
    with pytest.raises(ConfigError, match="cannot be computed live: mine"):
        FeatureSet(["rsi", "mine"], frame_columns=["mine"]).stream()


def test_feature_stream_restore_of_another_set_is_refused():
    snapshot = FeatureSet(["rsi"]).stream().snapshot()
    with pytest.raises(ArtifactError, match="replay the bars"):
        FeatureSet(["macd"]).stream().restore(snapshot)


@pytest.mark.parametrize(
    "damage", [lambda s: s[:-3], lambda s: s + b"x", lambda s: b"", lambda s: b"\xff" * 96]
)
def test_feature_stream_restore_of_damaged_snapshot_is_refused_and_changes_nothing(damage):
    stream = FeatureSet(["rsi"]).stream()
    for bar in feature_bars(walking_frame(40)):
        stream.update(bar)
    snapshot = stream.snapshot()
    with pytest.raises(ArtifactError):
        stream.restore(damage(snapshot))
    assert stream.snapshot() == snapshot


def test_feature_stream_bar_that_is_not_finite_is_refused_and_changes_nothing():
    stream = FeatureSet(["rsi"]).stream()
    bars = feature_bars(walking_frame(40))
    for bar in bars:
        stream.update(bar)
    snapshot = stream.snapshot()
    bars[0].close = np.nan
    with pytest.raises(DataError, match="must be finite"):
        stream.update(bars[0])
    assert stream.snapshot() == snapshot


def test_feature_stream_rows_are_not_overwritten_by_later_ones():
    stream = FeatureSet(["close_location"]).stream()
    bars = feature_bars(walking_frame(3))
    first = stream.update(bars[0])
    kept = first.copy()
    stream.update(bars[1])
    assert_same_bits(first, kept)

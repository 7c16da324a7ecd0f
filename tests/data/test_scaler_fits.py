"""The three fitted scalers: numbers by hand, ties, apart by session, one row as among all."""

import json

import numpy as np
import pandas as pd
import pytest

from data.calendar import is_rth
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from data.preprocessor import BLOCK_ROWS, ROWS_TO_JUDGE, Scaler
from data.scaler_fits import FITS, N_KNOTS, normal_score
from tests.helpers.feature_kit import assert_same_bits, walking_frame
from utils.errors import ArtifactError, ConfigError, DataError

NAMES = ["rsi", "roc", "relative_volume", "time_sin"]
NAN, INF = float("nan"), float("inf")


def column(*values):
    return np.array(values, dtype=np.float64)[:, None]


def test_robust_scaler_by_hand():
    """Of 1 to 5 the median is 3 and the quartiles 2 and 4: the spread is 2 / 1.349."""
    scaler = Scaler.fit(column(1, 2, 3, 4, 5), ["a"], kind="robust")
    assert scaler.centre == (3.0,)
    assert scaler.spread == pytest.approx((1.4825797,))
    assert scaler.transform(column(5.0))[0, 0] == pytest.approx(1.349)


def test_robust_scaler_hardly_moves_for_an_outlier():
    calm = Scaler.fit(column(*range(101)), ["a"], kind="robust")
    wild = Scaler.fit(column(*range(100), 1e9), ["a"], kind="robust")
    assert wild.centre == calm.centre
    assert wild.spread == calm.spread


def test_robust_scaler_of_a_column_that_is_mostly_one_value_takes_the_deviation():
    """Nine zeros and a ten: mean 1, deviation sqrt((9 * 1 + 81) / 10) = 3."""
    scaler = Scaler.fit(column(*[0] * 9, 10), ["a"], kind="robust")
    assert (scaler.centre, scaler.spread) == ((0.0,), (3.0,))


def test_rank_scaler_gives_normal_scores_by_hand():
    """Of 0 to 1,000, 84.134 % of a normal lie below one deviation: 841.34 scores 1."""
    scaler = Scaler.fit(column(*range(1_001)), ["a"], kind="rank_normal")
    rows = column(500.0, 841.3447, 158.6553, -1.0, 5_000.0, INF, -INF, NAN)
    scores = scaler.transform(rows)[:, 0]
    np.testing.assert_allclose(scores, [0, 1, -1, -3, 3, 3, -3, NAN], atol=2e-6)


def test_rank_scaler_of_two_values_gives_each_the_middle_of_its_scores():
    """900 zeros are the scores -3.0 to 1.2, 100 ones 1.3 to 3.0: the middles are -0.9 and 2.15."""
    scaler = Scaler.fit(column(*[0] * 900, *[1] * 100), ["a"], kind="rank_normal")
    np.testing.assert_allclose(scaler.transform(column(0.0, 1.0))[:, 0], [-0.9, 2.15], atol=1e-6)


def test_rank_scaler_finds_every_knot_and_every_gap_between_two():
    """Knots 0 to 60 score -3 to 3, a tenth apart; what lies between two lies between them."""
    knots = np.arange(float(N_KNOTS))
    scores = np.round([normal_score(knot, knots) for knot in knots], 9)
    assert scores.tolist() == [round(-3.0 + 0.1 * i, 9) for i in range(N_KNOTS)]
    between = np.round([normal_score(knot + 0.5, knots) for knot in knots[:-1]], 9)
    assert between.tolist() == [round(-2.95 + 0.1 * i, 9) for i in range(N_KNOTS - 1)]
    assert (normal_score(-0.1, knots), normal_score(60.1, knots)) == (-3.0, 3.0)


def test_scaler_of_more_rows_than_one_block_scales_each_as_alone():
    rows = np.random.default_rng(1).normal(size=(2 * BLOCK_ROWS + 5, 2))
    hours = np.arange(len(rows)) % 3 == 0
    scaler = Scaler.fit(rows[:99], ["a", "b"], kind="rank_normal", is_rth=hours[:99])
    whole = scaler.transform(rows, hours)
    for row in (0, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS, len(rows) - 1):
        assert_same_bits(whole[row], scaler.transform(rows[row], bool(hours[row])))


def test_nominal_scaling_names_the_columns_that_it_clips_much(caplog):
    """Of rsi (50 and 15 by the table) 6 % lie beyond five spreads, of roc 4 %."""
    features = FeatureSet(["rsi", "roc"])
    rows = np.tile(features.nominal_centre, (ROWS_TO_JUDGE, 1))
    rows[: 3 * ROWS_TO_JUDGE // 50, 0] = 1e6
    rows[: 2 * ROWS_TO_JUDGE // 50, 1] = 1e6
    with caplog.at_level("WARNING", logger="futuresgym.scaler"):
        Scaler.nominal(features).transform(rows[:-1])
        assert not caplog.messages
        Scaler.nominal(features).transform(rows)
    assert caplog.messages == [
        "nominal scaling clips 1 of 2 columns in many of 500 rows (rsi 6%): fit a scaler on "
        "training rows, e.g. Scaler.fit(rows, columns)"
    ]


def test_rank_scaler_makes_a_skewed_column_normal():
    values = np.random.default_rng(0).lognormal(sigma=2.0, size=(20_000, 1))
    scores = Scaler.fit(values, ["a"], kind="rank_normal").transform(values)
    assert scores.mean() == pytest.approx(0.0, abs=0.01)
    assert scores.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(np.abs(scores) < 1.0) == pytest.approx(0.6827, abs=0.005)


@pytest.mark.parametrize("kind", FITS)
def test_fitted_scaler_leaves_a_constant_column_at_zero(kind):
    scaler = Scaler.fit(np.full((7, 1), 0.1), ["a"], kind=kind)
    assert scaler.transform(column(0.1))[0, 0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("kind", FITS)
def test_fitted_scaler_leaves_incomplete_rows_out_and_nan_as_it_is(kind):
    rows = np.array([[NAN, 1e6], [1.0, 2.0], [2.0, 4.0], [3.0, INF], [3.0, 6.0]])
    scaler = Scaler.fit(rows, ["a", "b"], kind=kind)
    assert scaler == Scaler.fit(rows[[1, 2, 4]], ["a", "b"], kind=kind)
    scaled = scaler.transform(rows)
    assert np.isnan(scaled[0, 0])
    assert np.isfinite(scaled.ravel()[1:]).all()


@pytest.mark.parametrize("kind", FITS)
def test_fitted_scaler_clips(kind):
    scaler = Scaler.fit(column(*range(100)), ["a"], clip=0.5, kind=kind)
    assert scaler.transform(column(-1e9, 1e9)).ravel().tolist() == [-0.5, 0.5]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("kind", [*FITS, "nominal"])
def test_scaler_of_one_live_row_gives_the_bits_of_the_batch(kind, apart):
    frame = walking_frame(600)
    features = FeatureSet(NAMES)
    rows, hours = features.compute(frame), is_rth(pd.DatetimeIndex(frame.index))
    scaler = (
        Scaler.nominal(features)
        if kind == "nominal"
        else Scaler.fit(rows[:400], NAMES, kind=kind, is_rth=hours[:400] if apart else None)
    )
    stream = features.stream()
    live = [scaler.transform(stream.update(bar), bool(bar.is_rth)) for bar in feature_bars(frame)]
    assert_same_bits(np.array(live), scaler.transform(rows, hours))
    restored = Scaler.from_dict(json.loads(json.dumps(scaler.to_dict())))
    assert restored == scaler
    assert_same_bits(restored.transform(rows, hours), scaler.transform(rows, hours))


def test_scaler_by_session_by_hand():
    """Regular hours 10 and 30: mean 20, deviation 10. The rest 1 and 3: mean 2, deviation 1."""
    hours = np.array([True, False, True, False])
    scaler = Scaler.fit(column(10, 1, 30, 3), ["a"], is_rth=hours)
    assert scaler.is_session_aware
    assert scaler.transform(column(30, 3, 0, 0), hours).ravel().tolist() == [1.0, 1.0, -2.0, -2.0]
    assert scaler.transform(np.array([40.0]), is_rth=True).tolist() == [2.0]
    assert scaler.transform(np.array([4.0]), is_rth=False).tolist() == [2.0]


def test_scaler_by_session_that_is_not_told_the_hours_is_refused():
    scaler = Scaler.fit(column(1, 2, 3, 4), ["a"], is_rth=np.array([True, False] * 2))
    with pytest.raises(ConfigError, match="scales regular hours apart: say with `is_rth`"):
        scaler.transform(column(1.0))


@pytest.mark.parametrize(("is_regular", "which"), [(True, "outside"), (False, "of")])
def test_scaler_by_session_of_one_kind_of_hours_alone_is_refused(is_regular, which):
    with pytest.raises(DataError, match=f"none of 0 rows {which} regular hours"):
        Scaler.fit(column(1, 2), ["a"], is_rth=np.array([is_regular, is_regular]))


def test_scaler_of_unknown_kind_names_the_nearest():
    with pytest.raises(ConfigError, match="unknown scaler `rank`: did you mean `rank_normal`"):
        Scaler.fit(column(1, 2), ["a"], kind="rank")


def test_scaler_stored_before_there_were_ranks_is_still_read():
    scaler = Scaler.fit(column(1, 2, 3), ["a"])
    stored = {
        name: value
        for name, value in scaler.to_dict().items()
        if name not in ("knots", "regular_hours")
    }
    assert Scaler.from_dict(stored) == scaler


@pytest.mark.parametrize(
    "change",
    [
        {"knots": []},
        {"knots": [[1.0, 2.0]]},
        {"knots": [[float(N_KNOTS - i) for i in range(N_KNOTS)]]},
        {"knots": [[NAN] * N_KNOTS]},
        {"knots": 3},
        {"kind": "standard"},
        {"regular_hours": {}},
        {"regular_hours": 3},
    ],
)
def test_rank_scaler_from_damaged_record_is_refused(change):
    stored = Scaler.fit(column(1, 2, 3), ["a"], kind="rank_normal").to_dict() | change
    with pytest.raises(ArtifactError, match="stored scaler is damaged"):
        Scaler.from_dict(stored)


@pytest.mark.parametrize(
    "change", [{"columns": ("b",)}, {"clip": 2.0}, {"kind": "robust"}, {"regular_hours": "itself"}]
)
def test_scaler_by_session_of_two_that_do_not_match_is_refused(change):
    one = Scaler(columns=("a",), centre=(0.0,), spread=(1.0,), kind="standard")
    own = {"columns": ("a",), "centre": (0.0,), "spread": (1.0,), "kind": "standard"}
    if "regular_hours" in change:
        change = {"regular_hours": one}
    with pytest.raises(ConfigError, match="must be of the same columns, kind and clip"):
        Scaler(**own, regular_hours=Scaler(**{**own, **change}))

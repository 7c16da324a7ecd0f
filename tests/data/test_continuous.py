"""Continuous series by hand: stitched, flagged, adjusted; and those of the real contracts."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.bars import BAR_COLUMNS, PRICE_COLUMNS, check_bars
from data.continuous import ADJUSTMENTS, continuous_series
from data.contract_bars import check_contract_bars, load_contract_bars
from data.rolls import RollSettings
from env.market import build_market
from tests.helpers.bars import real_data
from tests.helpers.contract_bars import contract_frame
from utils.errors import ConfigError, DataError

NQ = get_instrument("NQ")
CL = get_instrument("CL")

# September is 10 points above June on the 13th, when it first trades more, and 12 on the 14th;
# December is 25 above September on the day before the second roll.
TABLE = {
    "NQM24": {"2024-06-12": (100.0, 90), "2024-06-13": (102.0, 40), "2024-06-14": (103.0, 10)},
    "NQU24": {
        "2024-06-12": (109.0, 20),
        "2024-06-13": (112.0, 80),
        "2024-06-14": (115.0, 90),
        "2024-06-17": (120.0, 30),
        "2024-06-18": (121.0, 10),
    },
    "NQZ24": {"2024-06-17": (145.0, 60), "2024-06-18": (150.0, 90)},
}
CONTRACTS = ["NQM24"] * 4 + ["NQU24"] * 4 + ["NQZ24"] * 2
OPENS = [100.0, 100.0, 102.0, 102.0, 115.0, 115.0, 120.0, 120.0, 150.0, 150.0]


def series(adjust="none", table=None, instrument=NQ, **settings):
    """Return the continuous series of a table of contracts."""
    contracts = check_contract_bars(contract_frame(table or TABLE), instrument)
    return continuous_series(contracts, instrument, RollSettings(**settings), adjust)


def test_continuous_series_unadjusted_is_the_bars_as_traded_with_flags():
    bars = series().bars
    assert bars["contract"].tolist() == CONTRACTS
    assert bars["open"].tolist() == OPENS
    assert np.flatnonzero(bars["is_roll"]).tolist() == [4, 8]
    assert bars["roll_gap"].tolist() == [0, 0, 0, 0, 10.0, 0, 0, 0, 25.0, 0]
    assert bars["adjustment"].tolist() == [0.0] * 10


def test_continuous_series_difference_adds_all_later_gaps():
    bars = series("difference").bars
    # 35 until the first roll, 25 until the second
    assert bars["open"].tolist() == [135, 135, 137, 137, 140, 140, 145, 145, 150, 150]
    assert bars["high"].tolist() == [136, 136, 138, 138, 141, 141, 146, 146, 151, 151]
    assert bars["adjustment"].tolist() == [35.0] * 4 + [25.0] * 4 + [0.0] * 2
    assert bars["roll_gap"].tolist() == [0.0] * 10  # features must not move what has been moved
    assert bars["volume"].tolist() == series().bars["volume"].tolist()
    assert not NQ.off_grid(bars[list(PRICE_COLUMNS)]).any()


def test_continuous_series_ratio_multiplies_all_later_ratios():
    bars = series("ratio").bars
    # closes: 112.5 / 102.5 on the 13th, 145.5 / 120.5 on the 17th
    first, second = 112.5 / 102.5, 145.5 / 120.5
    assert bars["adjustment"].tolist() == pytest.approx(
        [first * second] * 4 + [second] * 4 + [1.0] * 2
    )
    assert bars["open"].iloc[0] == pytest.approx(100.0 * first * second)
    assert bars["close"].iloc[4] == pytest.approx(115.5 * second)
    assert bars["close"].iloc[-1] == 150.5
    check_bars(bars)
    assert NQ.off_grid(bars["open"]).any()


@pytest.mark.conformance
@pytest.mark.parametrize("adjust", ADJUSTMENTS)
def test_continuous_series_adjustment_can_be_taken_back(adjust):
    bars, raw = series(adjust).bars, series().bars
    for name in PRICE_COLUMNS:
        as_traded = (
            bars[name] / bars["adjustment"]
            if adjust == "ratio"
            else bars[name] - bars["adjustment"]
        )
        assert as_traded.tolist() == pytest.approx(raw[name].tolist(), abs=1e-9)
    last = bars["contract"] == "NQZ24"
    assert bars.loc[last, "close"].tolist() == raw.loc[last, "close"].tolist()


def test_continuous_series_roll_table_says_when_why_and_how_far():
    rolls = series().rolls
    assert rolls["old"].tolist() == ["NQM24", "NQU24"]
    assert rolls["new"].tolist() == ["NQU24", "NQZ24"]
    assert rolls["decision_session"].dt.date.astype(str).tolist() == ["2024-06-13", "2024-06-17"]
    assert rolls["first_session_new"].dt.date.astype(str).tolist() == ["2024-06-14", "2024-06-18"]
    assert rolls["gap_points"].tolist() == [10.0, 25.0]
    assert rolls["gap_ratio"].tolist() == pytest.approx([112.5 / 102.5, 145.5 / 120.5])
    assert rolls["old_vol"].tolist() == [40.0, 30.0]
    assert rolls["new_vol"].tolist() == [80.0, 60.0]
    assert rolls["gap_at"].tolist() == [
        pd.Timestamp("2024-06-13 13:00", tz="UTC"),
        pd.Timestamp("2024-06-17 13:00", tz="UTC"),
    ]


def test_continuous_series_gap_is_of_the_last_bar_that_both_have():
    frame = contract_frame(TABLE)
    # June's last bar before the roll is gone: 102.5 and 112.5 at 12:00 are the last in common
    is_last = (frame["contract"] == "NQM24") & (frame["timestamp"] == "2024-06-13T13:00Z")
    frame.loc[
        (frame["contract"] == "NQU24") & (frame["timestamp"] == "2024-06-13T13:00Z"), "open":"close"
    ] += 7
    contracts = check_contract_bars(frame[~is_last], NQ)
    rolls = continuous_series(contracts, NQ, RollSettings()).rolls
    assert rolls["gap_points"].tolist() == [10.0, 25.0]
    assert rolls["gap_at"].iloc[0] == pd.Timestamp("2024-06-13 12:00", tz="UTC")


def test_continuous_series_one_contract_has_no_rolls():
    one = series("difference", {"NQM24": TABLE["NQM24"]})
    assert len(one.rolls) == 0
    assert list(one.rolls.columns) == list(series().rolls.columns)
    assert one.rolls.dtypes.equals(series().rolls.dtypes)
    assert one.bars["open"].tolist() == [100.0, 100.0, 102.0, 102.0, 103.0, 103.0]


APART = {
    "NQM24": {"2024-06-14": (100.0, 90), "2024-06-17": (101.0, 90)},
    "NQU24": {"2024-06-18": (112.0, 80), "2024-06-19": (113.0, 80)},
}


@pytest.mark.parametrize("adjust", ADJUSTMENTS)
def test_continuous_series_contracts_that_do_not_overlap_are_refused_however_adjusted(adjust):
    with pytest.raises(DataError) as caught:
        series(adjust, APART)

    assert str(caught.value) == (
        "the gap of 1 of 1 rolls cannot be measured: NQM24 and NQU24, rolled on 2024-06-19, have "
        "no bar in common; give bars of both up to the roll, or make two series: up to NQM24, and "
        "from NQU24 on"
    )


def test_continuous_series_contracts_that_overlap_too_late_are_refused_with_the_first_chance():
    # by date the roll is on the 17th, and September's first bar is an hour after June's last one
    late = {**APART, "NQU24": {"2024-06-17": (111.0, 200), "2024-06-18": (112.0, 90)}}
    frame = contract_frame(late)
    frame = frame[(frame["contract"] == "NQM24") | (frame["timestamp"] >= "2024-06-17T13:00Z")]
    contracts = check_contract_bars(frame, NQ)

    with pytest.raises(DataError) as caught:
        continuous_series(contracts, NQ, RollSettings(rule="calendar"))

    assert str(caught.value) == (
        "the gap of 1 of 1 rolls cannot be measured: NQM24 and NQU24, rolled on 2024-06-17, have "
        "their first bar in common at 2024-06-17T13:00:00+00:00; give bars of both up to the roll, "
        "or roll later, by another `rule` or with more sessions to `confirm`"
    )
    rolled = continuous_series(contracts, NQ, RollSettings(rule="volume"))
    assert rolled.rolls["gap_points"].tolist() == [10.0]


def test_continuous_series_never_holds_a_gap_that_is_no_number():
    for adjust in ADJUSTMENTS:
        assert np.isfinite(series(adjust).bars[["roll_gap", "adjustment"]]).all(axis=None)


# June has no bars on the 18th, and only after that session is it known to be over.
HOLE = {
    "NQM24": {"2024-06-14": (100.0, 90), "2024-06-17": (101.0, 90)},
    "NQU24": {"2024-06-17": (112.0, 10), "2024-06-18": (112.0, 80), "2024-06-19": (113.0, 80)},
}


def test_continuous_series_names_the_sessions_without_bars_of_the_contract_in_use():
    missing = series(table=HOLE).missing_sessions
    assert [str(date) for date in missing] == ["2024-06-18"]
    assert series().missing_sessions == ()


BELOW_ZERO = {
    "CLK20": {"2020-04-17": (18.0, 90), "2020-04-20": (-37.6, 40)},
    "CLM20": {"2020-04-17": (25.0, 80), "2020-04-20": (20.4, 90), "2020-04-21": (11.5, 90)},
}


def test_continuous_series_negative_prices_have_a_difference_but_no_ratio():
    moved = series("difference", BELOW_ZERO, CL)
    bars = moved.bars
    # 20.90 less -37.10
    assert moved.rolls["gap_points"].tolist() == [58.0]
    assert bars["open"].tolist() == [76.0, 76.0, 20.4, 20.4, 11.5, 11.5]
    with pytest.raises(DataError) as caught:
        series("ratio", BELOW_ZERO, CL)
    assert str(caught.value) == (
        "the ratio of 1 of 1 rolls cannot be measured: CLK20 and CLM20, rolled on 2020-04-21, "
        "are of prices at or below zero there; adjust by difference, or not at all"
    )
    assert np.isnan(series("none", BELOW_ZERO, CL).rolls["gap_ratio"].iloc[0])


# June ends on the 21st at 13:30 UTC, and nothing but the calendar tells September to follow.
EXPIRY = {
    "NQM24": {"2024-06-20": (100.0, 90), "2024-06-21": (101.0, 90)},
    "NQU24": {
        "2024-06-20": (111.0, 10),
        "2024-06-21": (112.0, 10),
        "2024-06-24": (113.0, 90),
    },
}


def test_continuous_series_counts_the_bars_after_an_expiry_that_it_leaves_out():
    frame = contract_frame(EXPIRY, n_bars=4)
    over = (frame["contract"] == "NQM24") & (frame["timestamp"] >= "2024-06-21T14:00Z")
    contracts = check_contract_bars(frame[~over], NQ)
    rolled = continuous_series(contracts, NQ, RollSettings(confirm=3))

    assert rolled.rolls["first_session_new"].dt.date.astype(str).tolist() == ["2024-06-24"]
    # September's of 14:00 and 15:00
    assert {str(date): n for date, n in rolled.cut_sessions.items()} == {"2024-06-21": 2}
    assert rolled.missing_sessions == ()
    for whole in (series(), series(table=EXPIRY, confirm=3), series("ratio")):
        assert whole.cut_sessions == {}


def test_continuous_series_unknown_adjustment_names_the_choices():
    with pytest.raises(ConfigError, match="unknown adjustment `ration`: did you mean `ratio`"):
        series("ration")


def test_continuous_series_says_which_columns_it_left_out():
    frame = contract_frame(TABLE).assign(wap=1.0, bar_count=3)
    contracts = check_contract_bars(frame, NQ)
    assert continuous_series(contracts, NQ, RollSettings()).left_out == ("bar_count", "wap")


def test_continuous_series_later_bars_change_no_earlier_bar_or_gap():
    frame = contract_frame(TABLE)
    later = frame["timestamp"] >= "2024-06-17"
    frame.loc[later, "open":"close"] += 500.0
    frame.loc[later, "volume"] *= 100.0
    poisoned = continuous_series(check_contract_bars(frame, NQ), NQ, RollSettings()).bars
    pd.testing.assert_frame_equal(poisoned.iloc[:6], series().bars.iloc[:6])


def test_continuous_series_can_be_traded():
    bars = series("difference").bars
    assert build_market(bars, ["log_return"], symbol="MNQ").instrument.symbol == "MNQ"


@pytest.fixture(scope="module", params=["NQ", "ES"])
def real(request):
    """Return a product and its contracts' real bars."""
    path = real_data(f"{request.param}_5min_contracts.parquet")
    instrument = get_instrument(request.param)
    return instrument, load_contract_bars(path, instrument)


def recorded(name):
    """Return a real series that somebody else rolled."""
    bars = pd.read_parquet(real_data(name)).set_index("timestamp")
    return bars[list(BAR_COLUMNS)].astype(float)


def test_continuous_series_of_real_contracts_is_the_recorded_one_bar_for_bar(real):
    # They differ nowhere: 92,010 bars, the same stamps, prices and volumes. The session of
    # 2025-06-30 is missing from NQ's contracts, and so from both.
    instrument, contracts = real
    for adjust, file in (("none", "5min"), ("difference", "5min_backadj")):
        ours = continuous_series(contracts, instrument, RollSettings(), adjust)
        theirs = recorded(f"{instrument.symbol}_{file}.parquet")
        assert len(theirs) == 92_010
        assert ours.missing_sessions == ()
        pd.testing.assert_frame_equal(
            ours.bars[list(BAR_COLUMNS)], theirs, check_freq=False, check_exact=True
        )


def test_continuous_series_of_real_contracts_rolls_as_recorded(real):
    # The same five rolls, to the session, the tick and the contract.
    instrument, contracts = real
    ours = continuous_series(contracts, instrument, RollSettings()).rolls
    theirs = pd.read_csv(real_data(f"{instrument.symbol}_rolls.csv"))
    assert len(theirs) == 5
    for name in ("decision_session", "first_session_new"):
        assert ours[name].dt.strftime("%Y-%m-%d").tolist() == theirs[name].tolist()
    for name in ("old", "new", "gap_points", "old_vol", "new_vol"):
        assert ours[name].tolist() == theirs[name].tolist()


def test_continuous_series_of_real_contracts_by_calendar_rolls_a_session_or_two_earlier(real):
    # Monday of the week of expiry, against the Tuesday or Wednesday that volume decides for.
    instrument, contracts = real
    by_volume = continuous_series(contracts, instrument, RollSettings()).rolls
    by_date = continuous_series(contracts, instrument, RollSettings(rule="calendar")).rolls
    early = (by_volume["first_session_new"] - by_date["first_session_new"]).dt.days.tolist()
    assert early == {"NQ": [1, 1, 2, 2, 1], "ES": [1, 1, 1, 1, 1]}[instrument.symbol]

"""Live bars: the records of the batch, row by row, and a verdict on whatever does not fit."""

import math

import numpy as np
import pandas as pd
import pytest

from config.settings import EnvSettings
from data.indicators.bar import feature_bars
from data.synthetic import synthetic_bars
from env.account_bars import account_bars
from env.kernel.names import BarFlag
from env.market import build_market
from tests.helpers.live_pipeline import closed_bars
from tests.helpers.session_markets import session_frame, with_roll
from trading.bar_verdicts import Accepted, ClosedBar, Duplicate, Gap, Late, Refused, Revised
from trading.contract_sessions import calendar_rolls, never_rolls
from trading.live_bars import LiveBars
from trading.live_bars_snapshot import go_on, snapshot_of
from utils.errors import ArtifactError

RULES = {
    "none": {},
    "sessions": {"flatten_minutes_before_close": 10, "no_entry_minutes_before_close": 15},
    "dear fills": {"volatility_slippage_ticks": 2.0, "off_hours_slippage_ticks": 1},
    "charged": {"roll": "charge", "flatten_minutes_before_close": 5},
}


def same(found, expected):
    """Fail unless records agree field by field; NaN is NaN."""
    for name in expected.dtype.names:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def streamed(frame, settings, n_history, last_session=never_rolls):
    """Return the live bars of a frame: some as history, the others one by one."""
    bars = LiveBars(settings, 300, last_session)
    found = list(bars.warm_up(frame.iloc[:n_history]))
    for told in closed_bars(frame)[n_history:]:
        verdict = bars.take(told, is_gap_known=True)
        assert isinstance(verdict, Accepted), verdict
        found.append(verdict.bar)
    return found


@pytest.mark.parity
@pytest.mark.parametrize("rules", RULES)
def test_live_bars_have_the_records_of_the_batch(rules):
    frame = synthetic_bars(800, seed=3)
    starts = np.flatnonzero(frame.index.hour * 60 + frame.index.minute == 23 * 60)
    roll = frame.index[starts[2]]
    frame = with_roll(frame, str(roll.tz_localize(None)), -75.25)
    frame = frame.assign(contract=np.where(frame.index < roll, "MNQH24", "MNQM24"))
    frame = frame.drop(frame.index[[100, 101, starts[1], 500]])  # nobody traded
    settings = EnvSettings(**RULES[rules])
    dates = {"MNQH24": np.datetime64("2024-01-03")}
    found = streamed(frame, settings, 300, lambda contract, on: dates.get(contract))

    market = build_market(frame, ["time_sin"])
    same(np.array([bar.features for bar in found]), feature_bars(frame))
    same(np.array([bar.ticks for bar in found]), account_bars(market, settings))
    assert [bar.row for bar in found] == list(range(len(frame)))


def test_session_that_ends_early_is_not_known_to_end_by_its_last_bar():
    frame = session_frame("2024-07-01", "2024-07-02")
    frame = frame.drop(frame.index[[274, 275]])  # the last ten minutes of July 1
    settings = EnvSettings(flatten_minutes_before_close=5)
    found = streamed(frame, settings, 2)
    batch = account_bars(build_market(frame, ["time_sin"]), settings)
    # the batch knows by the next bar; live it is a bar like others
    assert batch["flag_bits"][273] == BarFlag.FLATTEN | BarFlag.LAST_CHANCE
    assert found[273].ticks.flag_bits == 0


def test_half_day_is_flattened_before_its_own_close():
    frame = session_frame("2024-07-03", "2024-07-03")
    settings = EnvSettings(flatten_minutes_before_close=10)
    found = streamed(frame, settings, 2)
    flagged = [f"{bar.opened:%H:%M}" for bar in found if bar.ticks.flag_bits & BarFlag.FLATTEN]
    assert flagged == ["17:00", "17:05", "17:10"]  # 12:15 in Chicago is 17:15 UTC
    assert found[-1].ticks.flag_bits & BarFlag.LAST_CHANCE


def test_contract_is_closed_before_the_calendar_roll_and_after_it():
    settings = EnvSettings(flatten_minutes_before_close=5)
    last = calendar_rolls("MNQ")("MNQH24", np.datetime64("2024-03-01"))
    frame = session_frame(str(last), str(last)).assign(contract="MNQH24")
    found = streamed(frame, settings, 2, None)
    ahead = [bar for bar in found if bar.ticks.flag_bits & BarFlag.ROLL_AHEAD]
    assert [f"{bar.closed:%H:%M}" for bar in ahead] == ["21:55", "22:00"]


BARS = synthetic_bars(60, seed=1)


def begun(n_history=40, **settings):
    bars = LiveBars(EnvSettings(**settings), 300)
    bars.warm_up(BARS.iloc[:n_history])
    return bars, closed_bars(BARS)


def test_bar_after_missing_ones_is_a_gap_and_not_taken_in():
    bars, told = begun()
    assert bars.take(told[43]) == Gap(first=BARS.index[40], last=BARS.index[42], n_missing=3)
    assert bars.n_bars == 40
    assert isinstance(bars.take(told[40]), Accepted)
    assert isinstance(bars.take(told[43], is_gap_known=True), Accepted)


def test_break_between_sessions_is_no_gap_but_a_missing_first_bar_is():
    frame = session_frame("2024-07-01", "2024-07-02")
    told = closed_bars(frame)
    bars = LiveBars(EnvSettings(), 300)
    bars.warm_up(frame.iloc[:276])
    assert bars.take(told[277]) == Gap(first=told[276].opened, last=told[276].opened, n_missing=1)
    assert isinstance(bars.take(told[276]), Accepted)


def test_same_bar_again_is_a_duplicate():
    bars, told = begun()
    assert bars.take(told[39]) == Duplicate(opened=told[39].opened)
    assert bars.take(told[20]) == Duplicate(opened=told[20].opened)
    assert bars.n_bars == 40


def changed(bar, **fields):
    own = {name: getattr(bar, name) for name in ClosedBar.__dataclass_fields__}
    return ClosedBar(**{**own, **fields})


@pytest.mark.parity
def test_corrected_bar_gives_what_the_corrected_history_would_have():
    bars, told = begun(volatility_slippage_ticks=2.0)
    wrong = changed(told[40], volume=told[40].volume + 1.0, high=told[40].high + 5.0)
    for bar in (wrong, *told[41:50]):
        assert isinstance(bars.take(bar), Accepted)
    verdict = bars.take(told[40])
    assert isinstance(verdict, Revised)
    assert (verdict.n_back, len(verdict.bars)) == (10, 10)
    expected = streamed(BARS.iloc[:51], EnvSettings(volatility_slippage_ticks=2.0), 40, None)
    found = [*verdict.bars, bars.take(told[50]).bar]
    same(np.array([each.ticks for each in found]), np.array([e.ticks for e in expected[40:]]))
    same(np.array([e.features for e in found]), np.array([e.features for e in expected[40:]]))


def test_late_bar_is_put_in_its_place():
    bars, told = begun()
    for bar in (*told[40:44], *told[45:50]):
        bars.take(bar, is_gap_known=True)
    verdict = bars.take(told[44])
    assert isinstance(verdict, Late)
    assert (verdict.n_back, [bar.row for bar in verdict.bars]) == (5, list(range(44, 50)))
    assert bars.n_bars == 50


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"close": math.nan}, "finite"),
        ({"volume": -1.0}, "volume must be >= 0"),
        ({"low": 1e6}, "between low and high"),
        ({"high": 1e6 + 0.1}, "whole MNQ ticks of 0.25"),
        ({"opened": pd.Timestamp("2024-01-03")}, "no time zone"),
    ],
)
def test_bar_that_cannot_be_is_refused_and_changes_nothing(fields, reason):
    bars, told = begun()
    before = bars.standing
    verdict = bars.take(changed(told[40], **fields))
    assert isinstance(verdict, Refused)
    assert reason in verdict.reason
    assert bars.standing == before


def test_bar_of_before_what_can_be_revised_is_refused():
    bars = LiveBars(EnvSettings(), 300)
    frame = synthetic_bars(200, seed=1)
    bars.warm_up(frame)
    verdict = bars.take(changed(closed_bars(frame)[10], volume=5.0))
    assert isinstance(verdict, Refused)
    assert "start anew from history" in verdict.reason


def test_new_contract_without_its_gap_is_refused():
    bars, told = begun()
    bars.take(changed(told[40], contract="MNQH24"))
    verdict = bars.take(changed(told[41], contract="MNQM24", roll_gap=None))
    assert isinstance(verdict, Refused)
    assert "roll gap is not known" in verdict.reason
    taken = bars.take(changed(told[41], contract="MNQM24", roll_gap=12.5))
    assert taken.bar.ticks.roll_gap == 50
    assert taken.bar.features.roll_gap == 12.5
    assert taken.bar.ticks.flag_bits & BarFlag.ROLL


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        (44, {"contract": "MNQM24"}),  # late, of a contract that was not there yet
        (44, {"contract": "MNQM24", "roll_gap": 12.5}),
        (44, {"roll_gap": 12.5}),
        (43, {"contract": "MNQM24"}),  # corrected
        (43, {"roll_gap": 12.5}),
        (46, {"contract": "MNQH24"}),  # the first of the new contract, corrected
        (46, {"roll_gap": 0.0}),
    ],
)
def test_bar_that_would_move_the_roll_of_those_after_it_is_refused_and_changes_nothing(
    place, fields
):
    bars, told = begun()
    old = [changed(bar, contract="MNQH24", roll_gap=0.0) for bar in told[40:46]]
    new = [changed(bar, contract="MNQM24", roll_gap=0.0) for bar in told[47:50]]
    rolled = changed(told[46], contract="MNQM24", roll_gap=12.5)
    sent = [*old, rolled, *new]
    for bar in (*sent[:4], *sent[5:]):  # without bar 44
        assert isinstance(bars.take(bar, is_gap_known=True), Accepted)
    before = bars.standing
    own = {"volume": told[place].volume + 1.0, **fields}
    verdict = bars.take(changed(sent[place - 40], **own))
    assert isinstance(verdict, Refused)
    assert "start anew from history" in verdict.reason
    assert bars.standing == before
    assert isinstance(bars.take(sent[4]), Late)
    assert isinstance(bars.take(changed(rolled, volume=1.0, roll_gap=13.0)), Revised)


@pytest.mark.parity
def test_restart_goes_on_to_the_bit_and_other_bars_are_refused():
    settings = {"volatility_slippage_ticks": 2.0}
    bars, told = begun(**settings)
    twin = LiveBars(EnvSettings(**settings), 300)
    go_on(twin, snapshot_of(bars))
    assert snapshot_of(twin) == snapshot_of(bars)
    assert twin.take(told[39]) == Duplicate(opened=told[39].opened)
    for bar in told[40:]:
        one, other = bars.take(bar).bar, twin.take(bar).bar
        assert (one.row, one.ticks.tobytes()) == (other.row, other.ticks.tobytes())
        assert one.features.tolist() == pytest.approx(other.features.tolist(), abs=0, nan_ok=True)
    with pytest.raises(ArtifactError, match="replay bars and fills"):
        go_on(LiveBars(EnvSettings(), 300), snapshot_of(bars))
    with pytest.raises(ArtifactError, match="damaged"):
        go_on(twin, snapshot_of(bars)[:-1])


def test_prepared_session_changes_no_bar():
    frame = session_frame("2024-07-01", "2024-07-02")
    bars = LiveBars(EnvSettings(), 300)
    bars.warm_up(frame.iloc[:276])
    bars.prepare()  # of July 2, in the break
    taken = bars.take(closed_bars(frame)[276])
    same(np.array([taken.bar.features]), feature_bars(frame)[276:277])

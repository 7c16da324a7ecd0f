"""Stylised facts: known values on hand-made sessions, and the table of real markets."""

import numpy as np
import pandas as pd
import pytest

from data.fact_targets import FACTS, FactRow
from data.facts import stylised_facts
from tests.helpers.bars import make_bars, real_data
from utils.errors import ConfigError, DataError

N_SESSIONS = 40
BARS_PER_SESSION = 276
MINUTES = np.arange(BARS_PER_SESSION) * 5
RTH = (MINUTES >= 930) & (MINUTES < 1_320)


def session_index(n_sessions=N_SESSIONS):
    """Return the bar opens of full sessions from Monday 2024-01-08 on, one per weekday."""
    days = pd.bdate_range("2024-01-08", periods=n_sessions)
    evenings = days - pd.Timedelta(hours=7)
    stamps = (evenings.to_numpy()[:, None] + MINUTES * np.timedelta64(1, "m")).ravel()
    local = pd.DatetimeIndex(stamps, name="timestamp").tz_localize("America/Chicago")
    return local.tz_convert("UTC")


def bars_of(returns, gaps=None, volume=100.0, start=10_000.0):
    """Return bars of log returns (s, 276), log gaps before each session (s,), and no wicks."""
    n_sessions = len(returns)
    gaps = np.zeros(n_sessions) if gaps is None else np.asarray(gaps)
    steps = np.array(returns, dtype=float)
    before = np.zeros_like(steps)
    before[:, 0] = gaps
    log_close = np.cumsum((before + steps).ravel())
    close = start * np.exp(log_close)
    open_ = start * np.exp(log_close - steps.ravel())
    return pd.DataFrame(
        {
            "open": open_,
            "high": np.maximum(open_, close),
            "low": np.minimum(open_, close),
            "close": close,
            "volume": np.broadcast_to(volume, steps.shape).ravel(),
        },
        index=session_index(n_sessions),
    )


def alternating(size=0.001, n_sessions=N_SESSIONS):
    """Return +size, -size, +size, ... per session, shape (s, 276)."""
    return np.tile(np.where(np.arange(BARS_PER_SESSION) % 2 == 0, size, -size), (n_sessions, 1))


def test_facts_have_the_fourteen_rows_and_their_parts():
    facts = stylised_facts(bars_of(alternating()), "NQ")

    assert list(facts) == list(FACTS)
    assert len(facts) == 14
    assert {name: len(values) for name, values in facts.items()} == {
        name: len(row.parts) for name, row in FACTS.items()
    }


def test_facts_of_a_plain_alternation_are_known():
    facts = stylised_facts(bars_of(alternating()), "NQ")

    # half of the moves are up, half down, all of one size: kurtosis 1, and 1 - 3 = -2
    assert facts["excess_kurtosis"] == pytest.approx((-2.0, -2.0, -2.0))
    assert facts["return_acf"] == pytest.approx((-1.0,))
    assert facts["range_ratio"] == pytest.approx((1.0,))
    assert facts["volatility_ratios"] == pytest.approx((1.0, 1.0, 1.0))
    assert facts["rth_share"] == pytest.approx((78 / 276, 78 / 276))
    assert facts["daily_volatility_sd"] == pytest.approx((0.0,), abs=1e-12)
    assert facts["gaps"] == pytest.approx((0.0, 0.0), abs=1e-9)
    assert facts["ticks"][0] == 0.0
    # 0.001 of 10,000 points is 10, or 40 ticks of 0.25
    assert facts["ticks"][1] == pytest.approx(40.0, rel=1e-3)
    assert np.isnan(facts["abs_return_acf"]).all()
    assert np.isnan(facts["tail_index"]).all()


def test_facts_see_where_in_the_day_the_market_moves():
    returns = alternating()
    returns[:, (MINUTES >= 930) & (MINUTES < 945)] *= 6.0
    returns[:, (MINUTES >= 1_080) & (MINUTES < 1_140)] *= 2.0
    returns[:, (MINUTES >= 1_305) & (MINUTES < 1_320)] *= 4.0
    facts = stylised_facts(bars_of(returns, volume=np.where(RTH, 30.0, 10.0)), "NQ")

    assert facts["volatility_ratios"] == pytest.approx((3.0, 2.0, 6.0))
    # RTH: 3 x 36 + 12 x 4 + 3 x 16 + 60 x 1 = 264, and 198 bars outside
    assert facts["rth_share"] == pytest.approx((264 / 462, 78 * 30 / (78 * 30 + 198 * 10)))
    # divided by the size at the same minute, all moves are of one size again
    assert facts["excess_kurtosis"][2] == pytest.approx(-2.0)
    assert facts["excess_kurtosis"][0] > 3.0


def test_facts_gaps_are_told_apart_by_weekday_and_stay_out_of_returns():
    mondays = np.arange(N_SESSIONS) % 5 == 0
    signs = np.where(np.arange(N_SESSIONS) % 2 == 0, 1.0, -1.0)
    gaps = signs * np.where(mondays, 0.007, 0.003)
    facts = stylised_facts(bars_of(alternating(), gaps), "NQ")

    daily = gaps[1:][~mondays[1:]].std() / 0.001
    weekend = gaps[1:][mondays[1:]].std() / 0.001
    assert daily == pytest.approx(3.0, rel=0.01)
    assert facts["gaps"] == pytest.approx((daily, weekend))
    assert facts["return_acf"] == pytest.approx((-1.0,))
    # every session ends where it began, so that only the gaps are left
    assert facts["annual_volatility"] == pytest.approx((gaps[1:].std() * np.sqrt(252),))


def test_facts_daily_volatility_is_that_of_whole_sessions():
    scale = np.where(np.arange(N_SESSIONS) % 2 == 0, 1.0, np.e)
    facts = stylised_facts(bars_of(alternating() * scale[:, None]), "NQ")

    # logarithms 0, 1, 0, 1, ...: deviation 1/2; an odd lag is opposite, an even one the same
    assert facts["daily_volatility_sd"] == pytest.approx((0.5,))
    assert facts["daily_volatility_acf"] == pytest.approx((-1.0, -1.0, 1.0))


def test_facts_leverage_is_negative_where_falls_precede_large_moves():
    signs = np.random.default_rng(1).choice([-1.0, 1.0], N_SESSIONS * BARS_PER_SESSION)
    sizes = np.where(np.concatenate([[1.0], signs[:-1]]) < 0.0, 1.5, 1.0)
    returns = (0.001 * signs * sizes).reshape(N_SESSIONS, BARS_PER_SESSION)
    facts = stylised_facts(bars_of(returns), "NQ")

    # the size of the next is 1.25 - sign / 4: covariance -.25 x 1.25, deviations 1.2748 and .25
    assert facts["leverage"] == pytest.approx((-0.3125 / (1.2748 * 0.25), 0.0), abs=0.03)


def brownian_bars(n_sessions, micro_steps, rng):
    """Return bars whose range is that of a finely stepped random walk."""
    steps = rng.standard_normal((n_sessions * BARS_PER_SESSION, micro_steps))
    walk = 0.0005 * np.cumsum(steps, axis=1) / np.sqrt(micro_steps)
    close = np.concatenate([[0.0], np.cumsum(walk[:, -1])])
    high = close[:-1] + np.maximum(walk.max(axis=1), 0.0)
    low = close[:-1] + np.minimum(walk.min(axis=1), 0.0)
    columns = {"open": close[:-1], "high": high, "low": low, "close": close[1:]}
    frame = pd.DataFrame({k: 10_000.0 * np.exp(v) for k, v in columns.items()})
    return frame.assign(volume=1.0).set_axis(session_index(n_sessions), axis=0)


def test_facts_of_brownian_bars_are_those_of_theory():
    facts = stylised_facts(brownian_bars(60, 400, np.random.default_rng(3)), "NQ")

    # E[range^2] / E[r^2] = 4 ln 2 = 2.773 of Brownian motion; a walk of 400 steps gets .5826 / 20
    # less far at either end: 2.773 - 2 x 1.596 x .0583 + .0583^2 = 2.590
    assert facts["range_ratio"][0] == pytest.approx(2.590, rel=0.03)
    assert facts["excess_kurtosis"] == pytest.approx((0.0, 0.0, 0.0), abs=0.25)
    assert facts["annual_volatility"][0] == pytest.approx(0.0005 * np.sqrt(276 * 252), rel=0.3)
    for name in ("return_acf", "abs_return_acf", "deseasonalised_abs_acf", "leverage"):
        assert facts[name] == pytest.approx([0.0] * len(facts[name]), abs=0.03), name
    assert facts["tail_index"][0] > 5.0


def test_facts_tail_index_of_a_pareto_market_is_its_exponent():
    rng = np.random.default_rng(5)
    sizes = 0.0001 * (1.0 + rng.pareto(3.0, (400, BARS_PER_SESSION)))
    signs = rng.choice([-1.0, 1.0], sizes.shape)
    facts = stylised_facts(bars_of(sizes * signs), "NQ")

    assert facts["tail_index"][0] == pytest.approx(3.0, abs=0.35)


def test_facts_leave_half_days_out():
    bars = bars_of(alternating())
    cut = bars.index[bars.index < bars.index[BARS_PER_SESSION * 3]][-60:]

    assert stylised_facts(bars.drop(cut), "NQ")["rth_share"] == pytest.approx((78 / 276,) * 2)


@pytest.mark.parametrize(
    ("bars", "symbol", "error", "message"),
    [
        (
            bars_of(alternating(n_sessions=29)),
            "NQ",
            DataError,
            "full sessions, of about 276 bars each, were 29; give more bars",
        ),
        (
            make_bars([(2.0, 2.0, 1.0, 2.0)] * 40, start="2024-01-08T06:00Z", step="1D"),
            "NQ",
            DataError,
            "most sessions here have 1; give smaller bars, e.g. of 5 minutes",
        ),
        (bars_of(alternating()), "XX", ConfigError, "unknown symbol `XX`"),
        (
            make_bars([(1.0, 1.0, -1.0, 1.0)] * 3),
            "CL",
            DataError,
            "3 of 3 bars have others, first at 2024-01-01T23:00:00",
        ),
    ],
)
def test_facts_that_cannot_be_measured_are_refused(bars, symbol, error, message):
    with pytest.raises(error, match=message):
        stylised_facts(bars, symbol)


@pytest.mark.parametrize("symbol", ["NQ", "ES", "MGC"])
def test_facts_of_real_bars_reproduce_the_table(symbol):
    facts = stylised_facts(pd.read_parquet(real_data(f"{symbol}_5min.parquet")), symbol)

    for name, row in FACTS.items():
        # two digits are printed there; the hours behind the ratios are our reading of their names
        tolerance = {"rel": 0.08} if name == "volatility_ratios" else {"abs": 0.0061, "rel": 0.04}
        assert facts[name] == pytest.approx(row.targets[symbol], **tolerance), name


def test_fact_rows_say_whether_a_market_is_near_enough():
    targets = {"NQ": (2.0, -4.0)}
    absolute = FactRow(title="", parts=("", ""), targets=targets, tolerance=0.5)
    factor = FactRow(title="", parts=("",), targets={"NQ": (2.0,)}, tolerance=1.25, is_factor=True)

    assert absolute.bands() == [(1.5, 2.5), (-4.5, -3.5)]
    assert factor.bands() == [(1.6, 2.5)]
    assert absolute.is_met((2.5, -3.5))
    assert not absolute.is_met((2.5, -3.4))
    assert factor.is_met((1.6,))
    assert not factor.is_met((np.nan,))

"""Synthetic contracts: they overlap, expire, and roll back into the market they were made of."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.calendar import trade_dates
from data.continuous import continuous_series
from data.contract_bars import check_contract_bars
from data.rolls import RollSettings
from data.synthetic import synthetic_bars
from data.synthetic_contracts import synthetic_contracts
from utils.errors import ConfigError

N_BARS = 276 * 130


@pytest.fixture(scope="module")
def frame():
    """Return half a year of MNQ contracts."""
    return synthetic_contracts(N_BARS, seed=4)


def series(frame, symbol="MNQ", adjust="none"):
    instrument = get_instrument(symbol)
    contracts = check_contract_bars(frame, instrument)
    return continuous_series(contracts, instrument, RollSettings(), adjust)


def test_contracts_overlap_for_two_weeks_and_end_on_the_third_friday(frame):
    spans = frame.groupby("contract").apply(lambda own: (own.index[0], own.index[-1]))

    assert list(spans.index) == ["MNQH24", "MNQM24", "MNQU24"]
    assert str(spans["MNQH24"][0]) == "2024-01-01 23:00:00+00:00"
    assert str(spans["MNQH24"][1]) == "2024-03-15 20:55:00+00:00"
    # ten business days before the Monday of the roll, 2024-03-11
    assert str(spans["MNQM24"][0]) == "2024-02-25 23:00:00+00:00"
    assert str(spans["MNQM24"][1]) == "2024-06-21 20:55:00+00:00"


def test_contracts_rolled_by_volume_change_on_the_tuesday_before_expiry(frame):
    rolls = series(frame).rolls

    assert list(rolls["old"] + rolls["new"]) == ["MNQH24MNQM24", "MNQM24MNQU24"]
    assert rolls["first_session_new"].astype(str).tolist() == ["2024-03-12", "2024-06-18"]
    # 98 and 91 days apart at 4.5 % a year: 1.045 ^ (98 / 365) and 1.045 ^ (91 / 365)
    assert rolls["gap_ratio"].tolist() == pytest.approx([1.01189, 1.01104], abs=2e-5)


def test_contracts_rolled_and_ratio_adjusted_are_the_market_again(frame):
    rolled = series(frame, adjust="ratio").bars
    market = synthetic_bars(N_BARS, seed=4)

    assert rolled.index.equals(market.index)
    for column in ("open", "high", "low", "close"):
        ratio = rolled[column] / market[column]
        # a tick is 1.2e-5 of these prices, and a ratio holds two of them
        assert ratio.max() / ratio.min() - 1.0 < 5e-5
    volume = frame.groupby(level=0)["volume"].sum()
    assert volume.sum() == pytest.approx(market["volume"].sum(), rel=1e-3)


def test_contracts_longer_market_begins_with_the_shorter_one(frame):
    shorter = synthetic_contracts(276 * 60, seed=4)

    pd.testing.assert_frame_equal(shorter, frame.iloc[: len(shorter)], check_exact=True)


def test_contracts_carry_the_signals_of_a_planted_edge():
    frame = synthetic_contracts(2_000, "planted_edge", seed=1)
    market = synthetic_bars(2_000, "planted_edge", seed=1)

    assert frame["contract"].unique().tolist() == ["MNQH24"]
    np.testing.assert_array_equal(frame["signal_4"], market["signal_4"])


@pytest.mark.parametrize("symbol", ["CL", "GC", "ZC", "6E", "ES"])
def test_contracts_of_any_product_roll_without_a_missing_session(symbol):
    frame = synthetic_contracts(276 * 80, seed=2, symbol=symbol)
    rolled = series(frame, symbol)

    assert len(rolled.rolls) >= 1
    assert rolled.missing_sessions == ()
    assert len(np.unique(trade_dates(rolled.bars.index))) == len(
        np.unique(trade_dates(synthetic_bars(276 * 80).index))
    )


def test_contracts_of_what_never_expires_are_refused():
    with pytest.raises(ConfigError, match="BTCUSDT has no contracts"):
        synthetic_contracts(500, symbol="BTCUSDT")

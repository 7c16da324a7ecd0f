"""Contract facts and the conversion of prices, by hand for each product."""

import numpy as np
import pytest

from config.instruments import INSTRUMENTS, get_instrument
from utils.errors import ConfigError, DataError

CASES = [
    # symbol, USD per tick, a price, its ticks, an off-grid price
    ("MNQ", 0.5, 20_000.25, 80_001, 20_000.10),
    ("NQ", 5.0, 20_000.75, 80_003, 20_000.30),
    ("MES", 1.25, 5_000.50, 20_002, 5_000.40),
    ("ES", 12.5, 5_000.25, 20_001, 5_000.20),
    ("MGC", 1.0, 2_650.3, 26_503, 2_650.35),
    ("CL", 10.0, 71.07, 7_107, 71.075),
]
NAMES = [case[0] for case in CASES]


def test_instruments_by_hand_cases_cover_all() -> None:
    assert list(INSTRUMENTS) == NAMES


@pytest.mark.parametrize(
    ("symbol", "tick_value_usd", "price", "ticks", "off_grid"), CASES, ids=NAMES
)
def test_instrument_converts_as_worked_out_by_hand(
    symbol: str, tick_value_usd: float, price: float, ticks: int, off_grid: float
) -> None:
    instrument = get_instrument(symbol)
    assert instrument.tick_value_usd == tick_value_usd
    assert instrument.to_ticks(price) == ticks
    assert instrument.to_prices(ticks) == price
    with pytest.raises(DataError, match=f"1 of 2 prices are not on the {symbol} tick grid"):
        instrument.to_ticks([price, off_grid])


def test_instrument_one_point_of_mnq_is_two_dollars() -> None:
    instrument = get_instrument("MNQ")
    assert instrument.to_ticks([20_001.0, 20_000.0]).tolist() == [80_004, 80_000]
    assert (80_004 - 80_000) * instrument.tick_value_usd == 2.0


def test_instrument_float_dust_of_a_csv_stays_on_the_grid() -> None:
    assert get_instrument("MGC").to_ticks([0.1 + 0.2, 2_650.3000000001]).tolist() == [3, 26_503]


def test_instrument_float32_prices_stay_on_the_grid() -> None:
    prices = np.array([71.07, 71.08], dtype=np.float32)
    assert get_instrument("CL").to_ticks(prices).tolist() == [7_107, 7_108]


def test_instrument_negative_price_of_an_adjusted_series_converts() -> None:
    instrument = get_instrument("CL")
    assert instrument.to_ticks([-37.63, 0.0]).tolist() == [-3_763, 0]
    assert instrument.to_prices([-3_763]).tolist() == [-37.63]


def test_instrument_keeps_the_shape_of_what_it_converts() -> None:
    ticks = get_instrument("MNQ").to_ticks([[1.0, 1.25], [1.5, 1.75]])
    assert ticks.dtype == np.int64
    assert ticks.tolist() == [[4, 5], [6, 7]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e18, -1e300, 1.7e308, 2.0**39])
def test_instrument_price_that_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(DataError, match="not on the MNQ tick grid of 0.25, first"):
        get_instrument("MNQ").to_ticks([1.0, bad])


def test_instrument_off_grid_points_at_the_wrong_prices() -> None:
    wrong = get_instrument("CL").off_grid([[71.07, 71.075], [np.nan, 1e18], [-37.63, 1.7e308]])
    assert wrong.tolist() == [[False, True], [True, True], [False, True]]


def test_instrument_largest_price_converts() -> None:
    assert get_instrument("MNQ").to_ticks([2.0**38]).tolist() == [2**40]


def test_get_instrument_takes_any_case() -> None:
    assert get_instrument("mnq").symbol == "MNQ"


def test_get_instrument_unknown_symbol_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown symbol `MNX`: did you mean `MNQ`"):
        get_instrument("MNX")

"""Contract facts and the conversion of prices, by hand for each product."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from config.instruments import INSTRUMENTS, get_instrument
from tests.helpers.bars import real_data
from utils.errors import ConfigError, DataError

CASES = [
    # symbol, USD per tick, a price, its ticks, an off-grid price
    ("MNQ", 0.5, 20_000.25, 80_001, 20_000.10),
    ("NQ", 5.0, 20_000.75, 80_003, 20_000.30),
    ("MES", 1.25, 5_000.50, 20_002, 5_000.40),
    ("ES", 12.5, 5_000.25, 20_001, 5_000.20),
    ("M2K", 0.5, 2_100.3, 21_003, 2_100.35),
    ("MYM", 0.5, 42_001.0, 42_001, 42_000.5),
    ("CL", 10.0, 71.07, 7_107, 71.075),
    ("MCL", 1.0, -37.63, -3_763, -37.635),
    ("BZ", 10.0, 74.58, 7_458, 74.583),
    ("GC", 10.0, 2_650.1, 26_501, 2_650.15),
    ("MGC", 1.0, 2_650.3, 26_503, 2_650.35),
    ("SI", 25.0, 24.075, 4_815, 24.077),  # settlement prices, in 0.001, are off the grid of trades
    ("SIL", 5.0, 24.08, 4_816, 24.081),
    ("ZC", 12.5, 458.75, 1_835, 458.70),  # cents per bushel
    ("6E", 6.25, 1.08565, 21_713, 1.08567),
    ("BTCUSDT", 0.0001, 67_123.45, 6_712_345, 67_123.455),
]
NAMES = [case[0] for case in CASES]


# What a move of one point (one unit of the quoted price) is worth, and what the broker's fee is.
MONEY = [
    # symbol, USD per point, commission per side, a move in points, USD it makes with one contract
    ("MNQ", 2.0, 0.62, 7.5, 15.0),
    ("NQ", 20.0, 2.25, 7.5, 150.0),
    ("MES", 5.0, 0.62, 4.25, 21.25),
    ("ES", 50.0, 2.25, 4.25, 212.5),
    ("M2K", 5.0, 0.62, 3.1, 15.5),
    ("MYM", 0.5, 0.62, 120.0, 60.0),
    ("CL", 1_000.0, 2.37, 0.35, 350.0),
    ("MCL", 100.0, 0.77, 0.35, 35.0),
    ("BZ", 1_000.0, 2.37, 0.35, 350.0),
    ("GC", 100.0, 2.47, 2.5, 250.0),
    ("MGC", 10.0, 0.87, 2.5, 25.0),
    ("SI", 5_000.0, 2.47, 0.125, 625.0),
    ("SIL", 1_000.0, 1.27, 0.125, 125.0),
    ("ZC", 50.0, 2.97, 6.25, 312.5),  # 6 1/4 cents on 5,000 bushels
    ("6E", 125_000.0, 2.47, 0.0012, 150.0),
    ("BTCUSDT", 0.01, 0.5, 1_000.0, 10.0),
]

# Where it trades and under which names; None where there is nothing.
ALL_MONTHS = "FGHJKMNQUVXZ"
NAMED = [
    # symbol, exchange, hours, months, expiry, roll, IB: symbol, exchange, multiplier; Yahoo
    ("MNQ", "CME", "equity_index", "HMUZ", "third_friday", "volume", "MNQ", "CME", "2", "MNQ=F"),
    ("NQ", "CME", "equity_index", "HMUZ", "third_friday", "volume", "NQ", "CME", "20", "NQ=F"),
    ("MES", "CME", "equity_index", "HMUZ", "third_friday", "volume", "MES", "CME", "5", "MES=F"),
    ("ES", "CME", "equity_index", "HMUZ", "third_friday", "volume", "ES", "CME", "50", "ES=F"),
    ("M2K", "CME", "equity_index", "HMUZ", "third_friday", "volume", "M2K", "CME", "5", "M2K=F"),
    (
        "MYM",
        "CBOT",
        "equity_index",
        "HMUZ",
        "third_friday",
        "volume",
        "MYM",
        "CBOT",
        "0.5",
        "MYM=F",
    ),
    ("CL", "NYMEX", "energy", ALL_MONTHS, "crude_oil", "volume", "CL", "NYMEX", "1000", "CL=F"),
    (
        "MCL",
        "NYMEX",
        "energy",
        ALL_MONTHS,
        "micro_crude_oil",
        "volume",
        "MCL",
        "NYMEX",
        "100",
        "MCL=F",
    ),
    ("BZ", "NYMEX", "energy", ALL_MONTHS, "brent", "volume", "BZ", "NYMEX", "1000", "BZ=F"),
    ("GC", "COMEX", "metals", "GJMQZ", "metals", "volume", "GC", "COMEX", "100", "GC=F"),
    ("MGC", "COMEX", "metals", "GJMQZ", "metals", "volume", "MGC", "COMEX", "10", "MGC=F"),
    ("SI", "COMEX", "metals", "HKNUZ", "metals", "volume", "SI", "COMEX", "5000", "SI=F"),
    ("SIL", "COMEX", "metals", "HKNUZ", "metals", "volume", "SI", "COMEX", "1000", "SIL=F"),
    ("ZC", "CBOT", "grains", "HKNUZ", "grains", "volume", "ZC", "CBOT", "5000", "ZC=F"),
    ("6E", "CME", "fx", "HMUZ", "currency", "volume", "EUR", "CME", "125000", "6E=F"),
    ("BTCUSDT", "Binance", "always_open", "", None, "none", None, None, None, "BTC-USD"),
]


@pytest.mark.parametrize("case", MONEY, ids=NAMES)
def test_instrument_move_is_worth_what_was_worked_out_by_hand(case: tuple[Any, ...]) -> None:
    symbol, multiplier, commission, points, usd = case
    instrument = get_instrument(symbol)
    assert instrument.multiplier == multiplier
    assert instrument.commission_per_side_usd == commission
    assert instrument.to_ticks(points) * instrument.tick_value_usd == pytest.approx(usd, abs=1e-9)


@pytest.mark.parametrize("case", NAMED, ids=NAMES)
def test_instrument_is_found_under_its_names(case: tuple[Any, ...]) -> None:
    instrument = get_instrument(case[0])
    names = (
        instrument.symbol,
        instrument.exchange,
        instrument.session_template,
        instrument.contract_months,
        instrument.expiry_rule,
        instrument.roll_rule,
        instrument.ib_symbol,
        instrument.ib_exchange,
        instrument.ib_multiplier,
        instrument.yahoo_symbol,
    )
    assert names == case
    assert instrument.currency == "USD"


def test_instruments_that_share_a_symbol_at_ib_differ_in_multiplier() -> None:
    at_ib = [(i.ib_symbol, i.ib_exchange, i.ib_multiplier) for i in INSTRUMENTS.values()]
    assert len(set(at_ib)) == len(INSTRUMENTS)
    assert get_instrument("SIL").ib_symbol == get_instrument("SI").ib_symbol


def test_instruments_by_hand_cases_cover_all() -> None:
    assert list(INSTRUMENTS) == NAMES
    assert [case[0] for case in MONEY] == NAMES
    assert [case[0] for case in NAMED] == NAMES


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


def test_instrument_float32_euro_stays_on_its_fine_grid() -> None:
    # float32 holds 1.08565 to 6e-8, a thousandth of a tick of 0.00005
    prices = np.array([1.08565, 1.1, 0.95435], dtype=np.float32)
    assert get_instrument("6E").to_ticks(prices).tolist() == [21_713, 22_000, 19_087]
    assert get_instrument("6E").to_prices([21_713, 22_000]).tolist() == [1.08565, 1.1]


def test_instrument_half_a_tick_of_the_euro_is_off_the_grid() -> None:
    assert get_instrument("6E").off_grid([1.08565, 1.085675]).tolist() == [False, True]


def test_instrument_bitcoin_is_exact_in_float64_and_refused_in_float32() -> None:
    bitcoin = get_instrument("BTCUSDT")
    assert bitcoin.to_ticks([67_123.45, 108_999.99]).tolist() == [6_712_345, 10_899_999]
    # float32 knows only every 1/128 at this size: the cents are lost, and nothing can be rounded
    assert bitcoin.off_grid(np.array([67_123.45], dtype=np.float32)).all()


@pytest.mark.parametrize(
    ("file", "symbol"),
    [
        ("6E_5min", "6E"),
        ("BTCUSDT_5min", "BTCUSDT"),
        ("CL_30min", "CL"),
        ("MGC_5min", "MGC"),
        ("MNQU25_5min", "MNQ"),
        ("ES_5min", "ES"),
        ("daily/CL_yahoo", "CL"),
        ("daily/BZ_yahoo", "BZ"),
        ("daily/ZC_yahoo", "ZC"),
        ("daily/GC_front_quandl", "GC"),
    ],
)
def test_instrument_grid_holds_every_price_of_the_real_bars(file: str, symbol: str) -> None:
    prices = pd.read_parquet(real_data(f"{file}.parquet"), columns=["open", "high", "low", "close"])
    assert not get_instrument(symbol).off_grid(prices.to_numpy()).any()


def test_instrument_real_silver_settles_off_the_grid_of_trades() -> None:
    # daily bars close at the settlement price, which is in steps of 0.001
    bars = pd.read_parquet(real_data("daily/SI_yahoo.parquet"))
    silver = get_instrument("SI")
    assert int(silver.off_grid(bars["close"]).sum()) == 2_591
    assert int(silver.off_grid(bars["open"]).sum()) == 599


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

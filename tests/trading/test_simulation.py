import asyncio
from datetime import UTC, datetime

import pandas as pd
import pytest

from data.store import bar_metadata, save_bars, save_contracts
from tests.helpers.rehearsals import StubTrader, rehearsed_run, rising, terms
from trading.simulation import LOCKSTEP, simulated_market
from utils.errors import ConfigError, DataError, SimulationError

FIRST = datetime(2024, 1, 1, 23, tzinfo=UTC)


def two_contracts():
    """Return six bars of the March contract and, beside them, of June 100 points above."""
    frames = [
        rising(6).assign(contract="MNQH24"),
        rising(6, first=18_100.0).assign(contract="MNQM24"),
    ]
    return pd.concat(frames).reset_index()


def test_the_market_stands_at_the_bar_after_those_that_the_model_needs():
    with simulated_market(terms(rising(12))) as market:
        assert market.start == datetime(2024, 1, 1, 23, 15, tzinfo=UTC)
        assert market.clock.now() == market.start
        assert market.clock.rate == LOCKSTEP


def test_a_start_that_is_given_goes_before_what_the_model_needs():
    start = datetime(2024, 1, 1, 23, 30, tzinfo=UTC)
    with simulated_market(terms(rising(12), start=start)) as market:
        assert market.start == start


def test_bars_that_are_too_few_for_the_model_are_refused():
    with (
        pytest.raises(DataError, match="more than the 12 that the model needs .* were 12"),
        simulated_market(terms(rising(12), n_warm=12)),
    ):
        pass


def test_a_start_after_the_last_bar_is_refused():
    start = datetime(2024, 1, 2, 12, tzinfo=UTC)
    with (
        pytest.raises(ConfigError, match="no bars to replay at or after"),
        simulated_market(terms(rising(12), start=start)),
    ):
        pass


def test_each_step_lives_through_one_close_and_the_open_after_it():
    async def steps(market):
        times = []
        while await market.step():
            times.append(market.clock.now())
        return times

    with simulated_market(terms(rising(6))) as market:
        times = asyncio.run(steps(market))
    minutes = [(time - FIRST).total_seconds() / 60 for time in times]
    assert minutes == [20, 25, 30]


def test_a_market_that_goes_by_time_is_not_stepped():
    with (
        simulated_market(terms(rising(6), speed=60.0)) as market,
        pytest.raises(SimulationError, match="goes by time"),
    ):
        asyncio.run(market.step())


def test_a_market_that_goes_by_time_stands_until_it_is_released():
    with simulated_market(terms(rising(6), speed=3_000.0)) as market:
        assert market.clock.now() == market.start
        asyncio.run(asyncio.sleep(0.05))
        assert market.clock.now() == market.start
        market.release()
        asyncio.run(asyncio.sleep(0.05))
        assert market.clock.now() > market.start


def test_history_of_the_days_it_names_holds_all_bars_before_the_start():
    sessions = [rising(4, start=f"2024-01-0{day}T23:00:00Z") for day in (1, 2, 3, 4)]
    trader = rehearsed_run(terms(pd.concat(sessions), n_warm=14))
    old = [opened for opened, is_old in trader.closes if is_old]
    assert len(old) == 14
    assert old[0] == FIRST


def test_a_file_of_one_series_is_replayed(tmp_path):
    bars, path = rising(8), tmp_path / "bars.parquet"
    save_bars(bars, path, bar_metadata(bars, symbol="MNQ", source="synthetic"))
    assert len(rehearsed_run(terms(path)).live) == 4


@pytest.mark.parametrize(("contract", "price"), [("MNQH4", 18_004.25), ("MNQM4", 18_104.25)])
def test_a_file_of_contracts_gives_each_its_own_bars(tmp_path, contract, price):
    path = tmp_path / "contracts.parquet"
    frame = two_contracts()
    save_contracts(frame, path, {"symbol": "MNQ", "adjustment": "none", "source": "synthetic"})
    trader = rehearsed_run(terms(path), contract=contract)
    assert [opened.minute for opened in trader.live] == [15, 20]
    assert trader.fills[0][:2] == (datetime(2024, 1, 1, 23, 20, tzinfo=UTC), price)


def test_with_several_contracts_the_first_that_has_enough_bars_says_where_it_starts():
    short = rising(2).assign(contract="MNQH24")
    long = rising(9, start="2024-01-02T00:00:00Z").assign(contract="MNQM24")
    with simulated_market(terms(pd.concat([short, long]).reset_index())) as market:
        assert market.start == datetime(2024, 1, 2, 0, 15, tzinfo=UTC)


def test_the_books_of_the_broker_can_be_read_at_the_end():
    async def in_loop(market):
        async with StubTrader(market).connected():
            return market.state()

    with simulated_market(terms(rising(6))) as market:
        assert asyncio.run(in_loop(market))["cash_usd"] == 100_000.0


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_that_is_none_is_refused(speed):
    with (
        pytest.raises(ConfigError, match="`speed` of the gateway must be > 0 and finite"),
        simulated_market(terms(rising(6), speed=speed)),
    ):
        pass

"""How near the roll is, and the price's jump at it: the same numbers as history has."""

from datetime import date, timedelta

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.continuous import continuous_series
from data.contract_bars import check_contract_bars
from data.rolls import RollSettings
from tests.helpers.contract_bars import contract_frame
from tests.helpers.told_contracts import chicago, told
from trading.contract_roll import roll_due, roll_gap
from trading.data_events import SeenBar

NOON = chicago("2024-12-13T12:00")


@pytest.mark.parametrize(
    ("today", "n_left", "is_last", "is_over"),
    [
        (date(2024, 9, 16), 64, False, False),  # the first of 13 weeks, all without a closed day
        (date(2024, 11, 27), 12, False, False),  # Thanksgiving and the day after are sessions
        (date(2024, 12, 9), 4, False, False),
        (date(2024, 12, 12), 1, False, False),
        (date(2024, 12, 13), 0, True, False),  # Friday before expiry week
        (date(2024, 12, 14), 0, False, True),  # no trade date, and too late
        (date(2024, 12, 16), 0, False, True),
        (date(2024, 12, 20), 0, False, True),
    ],
)
def test_roll_due_of_the_december_contract_of_2024(today, n_left, is_last, is_over) -> None:
    due = roll_due(told(), today)
    assert due.last_session == date(2024, 12, 13)
    assert (due.n_sessions_left, due.is_last_session, due.is_over) == (n_left, is_last, is_over)


def test_roll_due_of_oil_is_three_business_days_before_its_end() -> None:
    # January's ends on the 19th of December, three business days before the 25th; it is left three
    # business days earlier, on Monday the 16th, so that Friday the 13th is its last session
    oil = told(symbol="CL", local_symbol="CLF5", expiry="20241219")
    assert roll_due(oil, date(2024, 12, 12)).last_session == date(2024, 12, 13)


def bars(*closes: float | None, first: int = 0) -> list[SeenBar]:
    """Return hourly bars from NOON on, one per close; None leaves one out."""
    return [
        SeenBar(
            time=NOON + timedelta(hours=first + row),
            open=close,
            high=close,
            low=close,
            close=close,
            volume=1.0,
        )
        for row, close in enumerate(closes)
        if close is not None
    ]


def gap(old: list[SeenBar], new: list[SeenBar], hour: int = 3) -> float | None:
    return roll_gap(old, new, NOON + timedelta(hours=hour))


def test_roll_gap_is_new_less_old_at_the_last_common_close() -> None:
    assert gap(bars(100.0, 101.0, 102.0), bars(110.0, 112.0, 115.5)) == 13.5
    assert gap(bars(100.0, 101.0, 102.0), bars(98.0, 99.0, 100.0)) == -2.0


def test_roll_gap_looks_at_no_bar_from_the_first_new_one_on() -> None:
    assert gap(bars(100.0, 101.0, 102.0, 90.0), bars(110.0, 112.0, 115.0, 150.0)) == 13.0


def test_roll_gap_passes_over_bars_that_only_one_of_them_has() -> None:
    assert gap(bars(100.0, 101.0, None), bars(110.0, 112.0, 115.0)) == 11.0
    assert gap(bars(100.0, 101.0, 102.0), bars(110.0, None, None)) == 10.0


def test_roll_gap_of_bars_in_any_order_is_the_same() -> None:
    assert gap(bars(100.0, 101.0, 102.0)[::-1], bars(110.0, 112.0, 115.0)[::-1]) == 13.0


def test_roll_gap_without_a_common_bar_before_the_roll_is_unknown() -> None:
    assert gap(bars(100.0, None), bars(None, 112.0)) is None
    assert gap([], bars(110.0)) is None
    assert gap(bars(100.0), bars(110.0), hour=0) is None


SESSIONS = {
    "NQM24": {"2024-06-12": (100.25, 90), "2024-06-13": (102.0, 40), "2024-06-14": (103.0, 10)},
    "NQU24": {
        "2024-06-12": (109.0, 20),
        "2024-06-13": (112.75, 80),
        "2024-06-14": (115.0, 90),
        "2024-06-17": (120.0, 30),
        "2024-06-18": (121.0, 10),
    },
    "NQZ24": {"2024-06-17": (145.5, 60), "2024-06-18": (150.0, 90)},
}
OF_A_TENTH = {
    "M2KM24": {"2024-06-13": (2000.1, 90), "2024-06-14": (2003.3, 90), "2024-06-17": (2004.0, 10)},
    "M2KU24": {"2024-06-14": (2020.7, 10), "2024-06-17": (2021.0, 90)},
}


@pytest.mark.parametrize("rule", ["calendar", "volume"])
@pytest.mark.parametrize(
    ("symbol", "table", "n_rolls"),
    [
        ("NQ", SESSIONS, {"calendar": 1, "volume": 2}),
        ("M2K", OF_A_TENTH, {"calendar": 1, "volume": 0}),
    ],
)
def test_roll_gap_is_to_the_bit_that_of_the_continuous_series(symbol, table, n_rolls, rule) -> None:
    instrument = get_instrument(symbol)
    contracts = check_contract_bars(contract_frame(table), instrument)
    series = continuous_series(contracts, instrument, RollSettings(rule=rule))
    told_bars = {contract.code: seen(own) for contract, own in contracts.items()}
    firsts = series.bars.index[series.bars["is_roll"]]
    assert len(firsts) == n_rolls[rule]
    for first, roll in zip(firsts, series.rolls.itertuples(), strict=True):
        live = roll_gap(told_bars[roll.old], told_bars[roll.new], first.to_pydatetime())
        assert live == roll.gap_points == series.bars.loc[first, "roll_gap"]


def seen(frame: pd.DataFrame) -> list[SeenBar]:
    """Return the rows of a frame as a broker tells them."""
    columns = (frame[name].tolist() for name in ("open", "high", "low", "close", "volume"))
    return [
        SeenBar(time=time.to_pydatetime(), open=o, high=h, low=low, close=c, volume=v)
        for time, o, h, low, c, v in zip(frame.index, *columns, strict=True)
    ]

"""Last trade dates and calendar rolls, against dates that the exchanges published or kept."""

from datetime import date

import numpy as np
import pytest

from config.instruments import INSTRUMENTS
from data.contracts import last_trade_date, parse_contract, roll_date
from data.expiry import EXPIRY_RULES, YEARS, london_business_days, us_business_days

CASES = [
    # contract, last trade date, calendar roll, why
    ("ESH24", "2024-03-15", "2024-03-11"),  # third Friday; the Monday before it
    ("NQM24", "2024-06-21", "2024-06-17"),
    ("MNQZ24", "2024-12-20", "2024-12-16"),
    ("M2KU23", "2023-09-15", "2023-09-11"),  # the month begins on a Friday
    ("ESH08", "2008-03-20", "2008-03-17"),  # the third Friday was Good Friday
    ("ESM26", "2026-06-18", "2026-06-15"),  # the third Friday is Juneteenth
    ("ESM20", "2020-06-19", "2020-06-15"),  # as in 2020, when that was no holiday yet
    ("6EH24", "2024-03-18", "2024-03-14"),  # two business days before Wednesday the 20th
    ("6EM24", "2024-06-17", "2024-06-13"),  # that Wednesday is Juneteenth
    ("6EH25", "2025-03-17", "2025-03-13"),
    (
        "CLK20",
        "2020-04-21",
        "2020-04-16",
    ),  # 25 April was a Saturday: four days; -37.63 the day before
    ("CLZ24", "2024-11-20", "2024-11-15"),  # 25 November was a Monday: three days
    ("CLF25", "2024-12-19", "2024-12-16"),  # 25 December is no business day: four days
    ("MCLZ24", "2024-11-19", "2024-11-15"),  # a day before CL, rolled together with it
    ("BZH25", "2025-01-31", "2025-01-28"),  # last London business day two months before
    ("BZG25", "2024-12-30", "2024-12-24"),  # for February the last but one; Christmas, Boxing Day
    ("GCZ24", "2024-12-27", "2024-11-25"),  # third last; notices from 29 November
    ("MGCJ24", "2024-04-26", "2024-03-25"),  # Good Friday on 29 March: notices from the 28th
    ("SIH25", "2025-03-27", "2025-02-25"),
    ("ZCZ24", "2024-12-13", "2024-11-21"),  # the 15th was a Sunday
    ("ZCH25", "2025-03-14", "2025-02-21"),  # the 15th was a Saturday
    ("ZCK25", "2025-05-14", "2025-04-23"),
]


@pytest.mark.parametrize(("code", "last", "roll"), CASES, ids=[case[0] for case in CASES])
def test_contract_stops_trading_and_is_rolled_on_these_dates(
    code: str, last: str, roll: str
) -> None:
    contract = parse_contract(code)
    assert last_trade_date(contract) == date.fromisoformat(last)
    assert roll_date(contract) == date.fromisoformat(roll)


@pytest.mark.conformance
@pytest.mark.parametrize("name", EXPIRY_RULES)
def test_expiry_rule_leaves_every_contract_in_time_and_in_order(name: str) -> None:
    rule = EXPIRY_RULES[name]
    months = np.arange(np.datetime64("1971-01"), np.datetime64("2069-01"))
    last = np.array([rule.last_trade(month) for month in months])
    roll = np.array([rule.roll(month) for month in months])
    assert (roll <= last).all()
    assert (last - roll <= np.timedelta64(60, "D")).all()
    assert (np.diff(last) > np.timedelta64(20, "D")).all()
    assert (np.diff(roll) > np.timedelta64(20, "D")).all()
    assert (np.diff(last) < np.timedelta64(45, "D")).all()
    assert np.is_busday(last).all()


def test_expiry_rules_are_those_that_instruments_name() -> None:
    named = {instrument.expiry_rule for instrument in INSTRUMENTS.values()} - {None}
    assert named == set(EXPIRY_RULES)


def test_us_business_days_leave_out_the_holidays_of_2024() -> None:
    holidays = us_business_days().holidays
    of_2024 = [str(day) for day in holidays if str(day).startswith("2024")]
    assert of_2024 == [
        "2024-01-01",
        "2024-01-15",
        "2024-02-19",
        "2024-03-29",
        "2024-05-27",
        "2024-06-19",
        "2024-07-04",
        "2024-09-02",
        "2024-11-28",
        "2024-12-25",
    ]


def test_us_business_days_move_weekend_holidays() -> None:
    is_open = {
        day: bool(np.is_busday(day, busdaycal=us_business_days()))
        for day in ("2021-12-24", "2021-12-31", "2022-06-20", "2021-06-18", "2020-07-03")
    }
    # Christmas 2021 on Saturday: Friday; New Year 2022 on Saturday: no day at all; Juneteenth 2022
    # on Sunday: Monday, and no holiday before 2022; 4 July 2020 on Saturday: Friday
    assert is_open == {
        "2021-12-24": False,
        "2021-12-31": True,
        "2022-06-20": False,
        "2021-06-18": True,
        "2020-07-03": False,
    }


def test_london_business_days_move_christmas_and_boxing_day() -> None:
    calendar = london_business_days()
    # both on a weekend in 2021: Monday and Tuesday; Christmas on Sunday in 2022: Tuesday for it
    closed = ["2021-12-27", "2021-12-28", "2022-12-26", "2022-12-27", "2025-04-21", "2025-08-25"]
    assert not np.is_busday(np.array(closed, dtype="datetime64[D]"), busdaycal=calendar).any()
    assert np.is_busday("2021-12-29", busdaycal=calendar)


def test_expiry_years_are_those_of_two_digits() -> None:
    assert len(YEARS) == 100

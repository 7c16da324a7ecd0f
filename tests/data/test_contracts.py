"""Contract names, neighbours and the one in front."""

from datetime import date

import pytest

from data.contracts import (
    Contract,
    front_contract,
    next_contract,
    parse_contract,
    previous_contract,
)
from utils.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MNQH24", Contract("MNQ", 2024, 3)),
        ("mnqh24 ", Contract("MNQ", 2024, 3)),
        ("MNQH2024", Contract("MNQ", 2024, 3)),
        ("M2KZ24", Contract("M2K", 2024, 12)),  # K is a month too, but no year follows it
        ("6EM24", Contract("6E", 2024, 6)),
        ("ZCZ24", Contract("ZC", 2024, 12)),
        ("CLF70", Contract("CL", 1970, 1)),
        ("CLF69", Contract("CL", 2069, 1)),
        ("BZG00", Contract("BZ", 2000, 2)),
    ],
)
def test_parse_contract_reads_root_month_and_year(text: str, expected: Contract) -> None:
    assert parse_contract(text) == expected


@pytest.mark.parametrize(
    ("text", "on", "year"),
    [
        ("ESH4", date(2024, 3, 15), 2024),  # the day it expires
        ("ESH4", date(2024, 4, 1), 2034),
        ("ESH4", date(2023, 12, 20), 2024),
        ("ESZ9", date(2019, 12, 31), 2019),
        ("ESZ9", date(2020, 1, 1), 2029),
        ("CLF5", date(2024, 12, 19), 2025),  # January oil trades until December
    ],
)
def test_parse_contract_one_digit_year_is_the_first_not_over(
    text: str, on: date, year: int
) -> None:
    assert parse_contract(text, on).year == year


def test_parse_contract_one_digit_year_without_a_date_is_refused() -> None:
    with pytest.raises(DataError, match="`ESH4`: a one-digit year means one in ten; write two"):
        parse_contract("ESH4")


@pytest.mark.parametrize("text", ["", "MNQ", "H24", "MNQA24", "MNQH", "MNQH245", "MNQ H24", "NQ=F"])
def test_parse_contract_other_text_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"is no contract: it must be root, month code"):
        parse_contract(text)


def test_parse_contract_year_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(DataError, match="from 1970 to 2069, was 1959"):
        parse_contract("ZCZ1959")


def test_contract_names_have_two_digits_or_one() -> None:
    contract = Contract("MNQ", 2004, 3)
    assert (contract.code, contract.short_code) == ("MNQH04", "MNQH4")
    assert parse_contract(contract.code) == contract


def test_contracts_sort_by_delivery_month_not_by_letter() -> None:
    codes = ["NQH25", "NQU24", "NQM24", "NQZ24"]
    in_order = sorted(parse_contract(code) for code in codes)
    assert [contract.code for contract in in_order] == ["NQM24", "NQU24", "NQZ24", "NQH25"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("NQZ24", "NQH25"),
        ("NQH25", "NQM25"),
        ("CLZ24", "CLF25"),
        ("GCQ24", "GCZ24"),  # October gold is hardly traded
        ("ZCU24", "ZCZ24"),
        ("ZCZ24", "ZCH25"),
    ],
)
def test_next_and_previous_contract_follow_the_cycle(before: str, after: str) -> None:
    assert next_contract(parse_contract(before)).code == after
    assert previous_contract(parse_contract(after)).code == before


def test_next_contract_of_a_serial_month_joins_the_cycle() -> None:
    assert next_contract(parse_contract("GCV24")).code == "GCZ24"
    assert previous_contract(parse_contract("GCV24")).code == "GCQ24"


@pytest.mark.parametrize(
    ("symbol", "on", "code"),
    [
        ("NQ", date(2024, 6, 14), "NQM24"),
        ("NQ", date(2024, 6, 17), "NQU24"),  # Monday of the week of expiry
        ("mnq", date(2024, 12, 31), "MNQH25"),
        ("CL", date(2020, 4, 15), "CLK20"),
        ("CL", date(2020, 4, 16), "CLM20"),  # gone before the price fell below zero on the 20th
        ("GC", date(2024, 8, 1), "GCZ24"),
        ("ZC", date(2024, 12, 2), "ZCH25"),
        ("BZ", date(2024, 12, 23), "BZG25"),
        ("BZ", date(2024, 12, 24), "BZH25"),
        ("6E", date(2024, 3, 13), "6EH24"),
    ],
)
def test_front_contract_is_that_of_the_calendar(symbol: str, on: date, code: str) -> None:
    assert front_contract(symbol, on).code == code


def test_contracts_of_a_market_without_any_are_refused() -> None:
    with pytest.raises(ConfigError, match="BTCUSDT has no contracts and never expires"):
        front_contract("BTCUSDT", date(2024, 1, 1))
    with pytest.raises(ConfigError, match="unknown symbol `QQ`"):
        next_contract(Contract("QQ", 2024, 3))

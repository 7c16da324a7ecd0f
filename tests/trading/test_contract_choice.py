"""Which contract is traded: the calendar's front one, or the one that is held; and only that."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import pytest

from config.instruments import INSTRUMENTS, get_instrument
from data.contracts import front_contract
from tests.helpers.bars import make_bars
from tests.helpers.ib_links import Link, linked
from tests.helpers.told_contracts import MNQZ24, chicago, listed, told
from trading.contract_choice import choose_contract, contract_code, expiry_date
from trading.contract_facts import ContractFacts
from trading.contract_roll import roll_due
from trading.market_hours import MarketHours
from utils.errors import ConfigError, DataError, FatalGatewayError

MNQ = get_instrument("MNQ")
MNQH25 = told(con_id=655, local_symbol="MNQH5", expiry="20250321")
MNQM25 = told(con_id=656, local_symbol="MNQM5", expiry="20250620")
OFFERED = (MNQZ24, MNQH25, MNQM25)
MONDAY, FRIDAY, ROLL = date(2024, 12, 9), date(2024, 12, 13), date(2024, 12, 16)
DATED = [item.symbol for item in INSTRUMENTS.values() if item.expiry_rule is not None]


@pytest.mark.parametrize(
    ("local_symbol", "expiry", "code"),
    [
        ("MNQZ4", "20241220", "MNQZ24"),
        ("MNQH5", "20250321", "MNQH25"),
        ("CLF5", "20241219", "CLF25"),  # January's oil ends in December
        ("MNQZ9", "20291221", "MNQZ29"),
        ("MNQH0", "20300315", "MNQH30"),
        ("MNQZ24", "20241220", "MNQZ24"),
        ("MESM5", "20250620 08:30:00 US/Central", "MESM25"),  # as newer servers have it
    ],
)
def test_contract_code_has_a_year_of_two_digits(local_symbol, expiry, code) -> None:
    assert contract_code(told(local_symbol=local_symbol, expiry=expiry)) == code


@pytest.mark.parametrize("local_symbol", ["", "ES", "MNQ DEC 24", "MNQI4"])
def test_contract_code_of_another_name_is_refused(local_symbol: str) -> None:
    with pytest.raises(DataError, match="is no contract"):
        contract_code(told(local_symbol=local_symbol))


@pytest.mark.parametrize("expiry", ["", "202412", "2024-12-20", "20241320"])
def test_expiry_date_that_is_none_is_refused(expiry: str) -> None:
    with pytest.raises(DataError, match="the expiry of MNQZ4 must be like 20241220"):
        expiry_date(told(expiry=expiry))


@pytest.mark.parametrize(
    ("today", "code"),
    [
        (MONDAY, "MNQZ24"),
        (FRIDAY, "MNQZ24"),  # its last session
        (ROLL, "MNQH25"),  # Monday of expiry week, which begins on Sunday evening
        (date(2024, 12, 20), "MNQH25"),
        (date(2025, 3, 14), "MNQH25"),
        (date(2025, 3, 17), "MNQM25"),
    ],
)
def test_choose_contract_takes_the_front_one_by_the_calendar(today, code) -> None:
    assert contract_code(choose_contract(OFFERED, MNQ, today)) == code
    assert contract_code(choose_contract(OFFERED[::-1], MNQ, today)) == code


@pytest.mark.parametrize("today", [MONDAY, FRIDAY, ROLL, date(2024, 12, 20)])
def test_choose_contract_stays_with_the_one_that_is_held(today) -> None:
    assert choose_contract(OFFERED, MNQ, today, held=654) is MNQZ24
    assert choose_contract(OFFERED, MNQ, today, held=655) is MNQH25


def refusal(error: type[Exception], offered: Sequence[ContractFacts], **terms) -> str:
    """Return the one line with which no contract is chosen."""
    with pytest.raises(error) as caught:
        choose_contract(offered, **({"instrument": MNQ, "today": MONDAY} | terms))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_choose_contract_of_none_is_refused() -> None:
    assert "offers no contract of MNQ" in refusal(FatalGatewayError, [])


def test_choose_contract_without_the_front_one_is_refused_and_none_taken_instead() -> None:
    line = refusal(FatalGatewayError, [MNQH25, MNQM25])
    assert "must offer one contract MNQZ24, in front on 2024-12-09, and offers 0 among 2" in line
    assert "MNQH5, MNQM5" in line


def test_choose_contract_offered_twice_under_two_numbers_is_refused() -> None:
    line = refusal(FatalGatewayError, [MNQZ24, told(con_id=999)])
    assert "offers 2 among 2" in line
    assert choose_contract([MNQZ24, told()], MNQ, MONDAY) == MNQZ24  # the same row twice is one


def test_choose_contract_passes_over_rows_that_are_of_another_product_or_have_no_name() -> None:
    others = [
        told(con_id=1, local_symbol="NQZ4"),
        told(con_id=2, local_symbol="MNQ DEC 24"),
        told(con_id=3, expiry=""),
    ]
    assert choose_contract([*others, *OFFERED], MNQ, MONDAY) is MNQZ24


def test_choose_contract_that_is_held_and_not_offered_is_refused() -> None:
    line = refusal(FatalGatewayError, OFFERED, held=77)
    assert "a position in contract 77, which is none of the 3" in line
    assert "close it by hand" in line


def test_choose_contract_that_is_held_and_expired_is_refused() -> None:
    line = refusal(FatalGatewayError, OFFERED, held=654, today=date(2024, 12, 21))
    assert "MNQZ24 expired on 2024-12-20, and it is 2024-12-21" in line


def test_choose_contract_that_is_held_and_of_another_product_is_refused() -> None:
    offered = [*OFFERED, told(con_id=1, local_symbol="NQZ4")]
    assert "product of NQZ24 must be MNQ" in refusal(ConfigError, offered, held=1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"multiplier": 20.0}, "multiplier of MNQZ24 must be 2.0"),
        ({"tick_size": 0.5}, "tick size of MNQZ24 must be 0.25"),
        ({"tick_size": float("nan")}, "tick size of MNQZ24 must be 0.25"),
        ({"exchange": "QBALGO"}, "exchange of MNQZ24 must be CME"),
        ({"exchange": ""}, "exchange of MNQZ24 must be CME"),
        ({"expiry": "20241210"}, "must trade until 2024-12-13"),
    ],
)
def test_choose_contract_that_is_not_as_our_table_has_it_is_refused(changed, words) -> None:
    assert words in refusal(ConfigError, [told(**changed), MNQH25])
    assert words in refusal(ConfigError, [told(**changed), MNQH25], held=654)


@pytest.mark.parametrize("symbol", DATED)
def test_contract_code_is_that_of_history_for_all_that_is_listed(symbol: str) -> None:
    offered = listed(symbol, date(2025, 6, 3))
    codes = [contract_code(facts) for facts in offered]
    assert len(set(codes)) == len(codes) > 5
    assert front_contract(symbol, date(2025, 6, 3)).code in codes
    assert [code[-2:] for code in codes] == sorted(code[-2:] for code in codes)


@pytest.mark.parametrize("symbol", DATED)
def test_choose_contract_has_its_own_last_session_before_it_in_each_week(symbol: str) -> None:
    instrument = get_instrument(symbol)
    days = [date(2024, 1, 2) + timedelta(days=7 * week) for week in range(104)]
    for day in days:
        chosen = choose_contract(listed(symbol, day), instrument, day)
        assert contract_code(chosen) == front_contract(symbol, day).code
        assert not roll_due(chosen, day).is_over, day


def test_choose_contract_of_silver_tells_the_large_one_from_the_small_one() -> None:
    both = [*listed("SI", MONDAY), *listed("SIL", MONDAY)]  # one symbol at the broker
    assert choose_contract(both, get_instrument("SIL"), MONDAY).multiplier == 1_000.0
    assert choose_contract(both, get_instrument("SI"), MONDAY).multiplier == 5_000.0


def replayed_from(start: str) -> pd.DataFrame:
    """Return bars of one session that begins then."""
    return make_bars([(18_000.0, 18_001.0, 17_999.0, 18_000.0)] * 12, start=start)


@pytest.mark.parametrize(
    ("start", "today", "code", "n_sessions_left"),
    [
        ("2024-03-07T14:30:00Z", date(2024, 3, 7), "MNQH24", 1),
        ("2024-03-08T14:30:00Z", date(2024, 3, 8), "MNQH24", 0),
        (
            "2024-03-10T22:00:00Z",
            date(2024, 3, 11),
            "MNQM24",
            68,
        ),  # 14 weeks less Good Friday and today
    ],
)
def test_choose_contract_over_the_wire_goes_by_the_day_of_the_replay(
    start, today, code, n_sessions_left
) -> None:
    async def body(link: Link) -> None:
        link.far.do("set_front", code="MNQU24")  # what the gateway calls the front one is no matter
        offered = await link.near.futures("MNQ", "CME")
        chosen = choose_contract(offered, MNQ, today)
        assert contract_code(chosen) == code
        assert roll_due(chosen, today).n_sessions_left == n_sessions_left
        assert await link.near.qualify(chosen.con_id) == chosen
        now = pd.Timestamp(start).to_pydatetime()
        assert MarketHours.of(chosen, "MNQ", now).is_open(now) is True

    linked(body, replayed_from(start))


def test_choose_contract_over_the_wire_keeps_the_old_one_over_the_roll_while_it_is_held() -> None:
    async def body(link: Link) -> None:
        offered = await link.near.futures("MNQ", "CME")
        (old,) = (facts for facts in offered if facts.local_symbol == "MNQH4")
        assert choose_contract(offered, MNQ, date(2024, 3, 11), held=old.con_id) == old
        assert roll_due(old, date(2024, 3, 11)).is_over
        hours = MarketHours.of(old, "MNQ", chicago("2024-03-10T17:00"))
        assert hours.next_open(chicago("2024-03-10T17:00")) == chicago("2024-03-11T17:00")

    linked(body, replayed_from("2024-03-10T22:00:00Z"))

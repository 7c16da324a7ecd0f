"""What a rehearsal's end says: its money by hand, and words for what is not known."""

import math
from pathlib import Path

import pytest

from config.instruments import get_instrument
from tests.helpers.journals import CON_ID, decision, execution, open_journal
from tests.helpers.trade_requests import request
from trading.broker_events import CommissionSeen
from trading.journal_events import Denial
from trading.rehearsal_summary import summary_lines
from trading.trader_setup import JOURNAL

NEXT_CON_ID = CON_ID + 1


@pytest.fixture
def rehearsal(tmp_path):
    """Return a function that writes a journal, and tells what a rehearsal of it came to."""

    def told(*events, symbol="MNQ", last_price=None):
        with open_journal(tmp_path / JOURNAL) as journal:
            for event in events:
                journal.append(event)
        asked = request(mode="sim", folder=tmp_path, bars=Path("b.parquet"))
        return summary_lines(asked, get_instrument(symbol), last_price)

    return told


def filled(number, side, quantity, price, cost, con_id=CON_ID):
    """Return a fill and what it cost."""
    name, ref = f"0000e0d5.65e7.0{number}.01", f"bot/d{number}/entry/0"
    fill = execution(name, order_ref=ref, con_id=con_id, side=side, quantity=quantity, price=price)
    if cost is None:
        return (fill,)
    said = CommissionSeen(exec_id=name, commission_usd=cost, currency="USD", realised_usd=None)
    return (fill, said)


ROLLED = (
    *filled(1, "BOT", 2, 18_000.0, 1.24),
    *filled(2, "SLD", 2, 18_010.25, 1.24),
    *filled(3, "SLD", 1, 18_205.0, 0.62, NEXT_CON_ID),
)
"""Two bought and sold 10.25 points higher; one of the next contract, 195 points dearer, sold."""


@pytest.mark.parametrize(
    ("symbol", "net"),
    [
        ("MNQ", "+46.90"),  # 2 x 10.25 x 2 + 1 x 4.50 x 2 - 3.10
        ("MES", "+121.90"),  # 2 x 10.25 x 5 + 1 x 4.50 x 5 - 3.10 = 102.50 + 22.50 - 3.10
    ],
)
def test_summary_has_the_money_of_two_contracts_to_the_cent(rehearsal, symbol, net):
    _, money, *_ = rehearsal(*ROLLED, symbol=symbol, last_price=18_200.5)
    assert money == f"net: {net} USD after commissions of 3.10 USD; denials: none"


def test_summary_says_what_was_lived_through_and_what_to_run(rehearsal, tmp_path):
    events = (decision(), *ROLLED, Denial(code="near_close", reason="", decision_id="d1"))
    first, money, folder, following = rehearsal(*events, last_price=18_200.5)
    assert first == (
        "rehearsed: 1 bar, 2024-03-05 18:00 to 2024-03-05 18:00 UTC of the market; "
        "3 orders filled, position at the end -1"
    )
    assert money.endswith("denials: near_close 1")
    assert folder == f"folder: {tmp_path}; drift reports in it: 0"
    journal = tmp_path / JOURNAL
    assert following == (
        f"next: python scripts/journal.py export {journal} --out {tmp_path / 'fills.csv'}; "
        f"python scripts/drift.py {journal} --bars b.parquet --model model"
    )


def test_summary_without_a_fill_is_of_nothing_made_and_nothing_paid(rehearsal):
    first, money, *_ = rehearsal()
    assert "no bar that anything was decided on; 0 orders filled, position at the end flat" in first
    assert money == "net: +0.00 USD after commissions of 0.00 USD; denials: none"


@pytest.mark.parametrize(
    ("events", "last_price", "words"),
    [
        (filled(1, "BOT", 1, 18_000.0, None), 18_001.0, "not known after commissions of not known"),
        (filled(1, "BOT", 1, math.nan, 0.62), 18_001.0, "not known after commissions of 0.62"),
        (filled(1, "BOT", 1, 18_000.0, 0.62), None, "not known after commissions of 0.62"),
    ],
)
def test_summary_does_not_guess_money_that_is_not_known(rehearsal, events, last_price, words):
    assert words in rehearsal(*events, last_price=last_price)[1]

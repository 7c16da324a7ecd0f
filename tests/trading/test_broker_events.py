"""What a broker tells and a trader writes, as values: logged, they show no account id."""

from dataclasses import fields

import pytest

from trading import broker_events, journal_events
from trading.gateway import OrderToSend
from trading.journal_rows import StoredFill, StoredIntent
from trading.risk_view import OrderProposal, RiskView

ROWS = [StoredIntent, StoredFill, OrderProposal, RiskView]
KINDS = [
    *broker_events.BrokerEvent.__args__,
    *journal_events.TraderEvent.__args__,
    OrderToSend,
    *ROWS,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_event_repr_has_every_field_but_the_account(kind: type) -> None:
    shown = {one.name for one in fields(kind) if one.repr}
    assert {one.name for one in fields(kind)} - shown <= {"account", "accounts"}
    assert not shown & {"account", "accounts"}


def test_position_repr_shows_no_account_id() -> None:
    seen = broker_events.PositionSeen(
        account="DU7654321", con_id=1, symbol="MNQ", position=2, average_price=20_000.0
    )
    assert "7654321" not in repr(seen)
    assert "position=2" in repr(seen)

"""What each error of Interactive Brokers is taken for, by code and, of 162, by text."""

import pytest

from data.ib_history_errors import Failure, PacingViolationError, error_of, kind_of
from utils.errors import FatalGatewayError, TemporaryGatewayError

SERVICE = "Historical Market Data Service error message:"


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (162, f"{SERVICE}HMDS query returned no data: MNQH4@CME Trades", Failure.NO_DATA),
        (162, f"{SERVICE}Historical data request pacing violation", Failure.PACING),
        (162, f"{SERVICE}No market data permissions for CME FUT", Failure.PERMISSION),
        (
            162,
            f"{SERVICE}Trading TWS session is connected from a different IP address",
            Failure.COMPETING,
        ),
        (162, f"{SERVICE}API historical data query cancelled: 12", Failure.OTHER),
        (200, "No security definition has been found for the request", Failure.UNKNOWN),
        (321, "Error validating request", Failure.INVALID),
        (354, "Requested market data is not subscribed", Failure.PERMISSION),
        (366, "No historical data query found for ticker id:12", Failure.PACING),
        (10197, "No market data during competing live session", Failure.COMPETING),
        (1100, "Connectivity between IB and TWS has been lost", Failure.OTHER),
    ],
)
def test_kind_of_error_by_code_and_text(code, text, kind):
    assert kind_of(code, text) is kind


@pytest.mark.parametrize(
    ("code", "text", "kind", "part"),
    [
        (366, "No query found.", PacingViolationError, "asked for too often"),
        (354, "Not subscribed", FatalGatewayError, "no market data permission; subscribe to"),
        (10197, "Competing", FatalGatewayError, "log out of it"),
        (200, "No definition", FatalGatewayError, "no such contract; check symbol"),
        (2_000, "Odd\nthing.", TemporaryGatewayError, r"failed \(.* says 2000: Odd thing\)"),
    ],
)
def test_error_of_says_in_one_line_what_and_what_to_do(code, text, kind, part):
    error = error_of(code, text, "bars of MNQH24")

    assert type(error) is kind
    with pytest.raises(kind, match=rf"^bars of MNQH24: .*{part}"):
        raise error

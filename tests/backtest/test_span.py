"""Times that a user wrote, as rows."""

import pandas as pd
import pytest

from backtest.span import rows_between
from utils.errors import ConfigError

INDEX = pd.date_range("2024-03-04", periods=3 * 288, freq="5min", tz="UTC")
"""Three days of five-minute bars."""


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, range(864)),
        ("2024-03-05", None, range(288, 864)),
        ("2024-03-04 12:00:00+00:00", "2024-03-05", range(144, 576)),  # only one names its zone
        ("2024-03-04 12:00", "2024-03-04 12:00", range(144, 145)),
        ("2024-03-06", "2024-03-04", range(576, 576)),  # the wrong way round: nothing
        ("2030-01-01", None, range(864, 864)),
    ],
)
def test_rows_between_includes_both_ends(start, end, expected):
    assert rows_between(INDEX, start, end) == expected


@pytest.mark.parametrize("start", ["soon", "nan", pd.Timestamp("2024-03-05")])
def test_rows_between_refuses_what_is_no_utc_time(start):
    with pytest.raises(ConfigError, match="must be UTC times"):
        rows_between(INDEX, start, None)

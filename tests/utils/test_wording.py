"""Numbers and their nouns."""

import pytest

from utils.wording import counted


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 trades"), (1, "1 trade"), (2_000, "2,000 trades")]
)
def test_counted_noun_agrees_with_its_number(count, expected):
    assert counted(count, "trade") == expected

"""Position sizers."""

import pytest

from env.position_sizer import SIZER_CODES, SIZERS, contracts_of
from tests.helpers.accounts import Terms, new_account
from tests.helpers.markets import B0, B1, plain_simulation
from utils.errors import ConfigError


@pytest.mark.conformance
@pytest.mark.parametrize("name", SIZERS)
def test_sizer_returns_whole_contracts_within_the_limit(name):
    account = new_account(Terms())[0]
    account.max_position = 3
    contracts = SIZERS[name](account)
    assert isinstance(contracts, int)
    assert 0 <= contracts <= 3
    assert contracts_of(SIZER_CODES[name], account) == contracts


def test_sizer_without_a_branch_in_compiled_code_is_found_out():
    with pytest.raises(AssertionError):
        contracts_of(len(SIZERS), new_account(Terms())[0])


def test_fixed_sizer_takes_the_largest_position():
    simulation = plain_simulation((B0, B1, B1), max_position=3)
    simulation.step(1)
    assert simulation.position == 3


def test_sizer_unknown_name_is_refused():
    with pytest.raises(ConfigError, match="unknown position sizer `kelly`: choices are fixed"):
        plain_simulation((B0, B1), position_sizer="kelly")

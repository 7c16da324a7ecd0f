"""Errors that users see."""

import pytest

from utils import errors

USER_ERRORS = [errors.ConfigError, errors.DataError, errors.ArtifactError, errors.NotAvailableError]


@pytest.mark.parametrize("kind", USER_ERRORS)
def test_error_of_a_user_ends_a_script_with_exit_code_two(
    kind: type[errors.FuturesGymError],
) -> None:
    assert issubclass(kind, errors.FuturesGymError)
    assert kind("what to do").exit_code == 2

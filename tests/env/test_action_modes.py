"""Action modes: the choice that each action is, and what is no action."""

import math

import numpy as np
import pytest

from env.action_modes import ACTION_MODES, n_actions, targets_of_shares
from env.actions import ACTION_CODES
from utils.errors import ConfigError


def read(mode, action, max_position=3):
    return ACTION_MODES[mode].reader(max_position)(action)


@pytest.mark.conformance
@pytest.mark.parametrize("mode", ACTION_MODES)
def test_action_mode_reads_its_own_space_as_plain_integers(mode):
    space = ACTION_MODES[mode].space(3)
    space.seed(1)
    choices = [read(mode, space.sample()) for _ in range(200)]
    assert {type(choice) for choice in choices} == {int}
    expected = range(4) if mode == "discrete" else range(-3, 4)
    assert set(choices) == set(expected)
    assert mode in ACTION_CODES


def test_action_modes_are_those_that_compiled_code_knows():
    assert list(ACTION_MODES) == list(ACTION_CODES)


@pytest.mark.parametrize(("action", "target"), [(0, -3), (3, 0), (4, 1), (np.int64(6), 3)])
def test_numbered_action_is_the_position_plus_the_largest(action, target):
    assert read("contracts", action) == target


@pytest.mark.parametrize(
    ("share", "max_position", "target"),
    [
        (0.0, 3, 0),
        (1.0, 3, 3),
        (-1, 3, -3),
        (0.5, 1, 1),
        (-0.5, 1, -1),
        (0.49, 1, 0),
        (0.5, 3, 2),
        (-0.5, 3, -2),
        (np.float32(0.7), 5, 3),  # 0.699999988: 3.49999994 contracts, were it not for float32
        (np.array([-0.34], dtype=np.float32), 3, -1),
        ([0.2], 3, 1),
    ],
)
def test_share_is_rounded_to_whole_contracts_halves_away_from_zero(share, max_position, target):
    assert read("continuous", share, max_position) == target


def test_many_shares_are_read_as_each_of_them():
    shares = np.linspace(-1, 1, 2_001, dtype=np.float32).reshape(-1, 1)
    for max_position in (1, 3, 5, 10):
        many = targets_of_shares(shares, max_position)
        assert many.shape == shares.shape
        assert many[:, 0].tolist() == [read("continuous", share, max_position) for share in shares]


@pytest.mark.parametrize("action", [-1, 7, 1.0, "3", None, [3, 3]])
def test_numbered_action_out_of_space_is_refused(action):
    with pytest.raises(
        ConfigError, match=r"a whole number in \[0, 6\], the position wanted plus 3"
    ):
        read("contracts", action)


@pytest.mark.parametrize(
    "action", [math.nan, math.inf, 1.0001, -1.0001, [0.1, 0.2], [], "0.5", None, True, 0.5j]
)
def test_share_out_of_space_is_refused(action):
    with pytest.raises(ConfigError, match=r"an action must be one number in \[-1, 1\]; was"):
        read("continuous", action)


def test_number_of_actions_is_that_of_the_mode():
    assert n_actions("discrete", 3) == 4
    assert n_actions("contracts", 3) == 7
    with pytest.raises(ConfigError, match='"continuous" has no numbered actions, and no masks'):
        n_actions("continuous", 3)

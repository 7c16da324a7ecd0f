"""Settings of one algorithm are refused with any other."""

import pytest

from config.settings import AgentSettings
from models.own_settings import OWN_SETTINGS, check_own_settings
from utils.errors import ConfigError

OTHERS = {
    "tower_mode": "sequence",
    "objective": "sharpe",
    "risk_aversion": 2.0,
    "cvar_level": 0.2,
    "warm_start": True,
    "predictor": "tower",
}


@pytest.mark.parametrize("name", OWN_SETTINGS)
def test_own_setting_is_refused_with_another_algorithm(name):
    with pytest.raises(ConfigError, match=f"`{name}` is for the algorithm {OWN_SETTINGS[name]}"):
        check_own_settings(AgentSettings(algorithm="A2C", **{name: OTHERS[name]}))


@pytest.mark.parametrize("name", OWN_SETTINGS)
def test_own_setting_is_taken_by_its_algorithm_and_a_default_by_all(name):
    check_own_settings(AgentSettings(algorithm=OWN_SETTINGS[name], **{name: OTHERS[name]}))
    check_own_settings(AgentSettings())

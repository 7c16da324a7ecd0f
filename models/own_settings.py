"""Settings that are one algorithm's own: asked of another they would be ignored, so are refused."""

from config.settings import AgentSettings
from utils.errors import ConfigError

OWN_SETTINGS = {
    "tower_mode": "EPG",
    "objective": "EPG",
    "risk_aversion": "EPG",
    "cvar_level": "EPG",
    "warm_start": "EPG",
    "predictor": "DP",
}
"""Fields of AgentSettings, and the only algorithm that each means something to."""


def check_own_settings(settings: AgentSettings) -> None:
    """Refuse what another algorithm is told by.

    Raises:
        ConfigError: Naming the setting, its value, and whose it is.
    """
    for name, algorithm in OWN_SETTINGS.items():
        value = getattr(settings, name)
        if settings.algorithm != algorithm and value != AgentSettings.model_fields[name].default:
            raise ConfigError(
                f"`{name}` is for the algorithm {algorithm} alone, was {value} with "
                f"{settings.algorithm}; leave it out, or choose {algorithm}"
            )

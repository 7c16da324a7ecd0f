"""Settings: bounds, unknown keys, profiles; each mistake is one line that names the place."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import (
    PROFILES_DIR,
    AgentSettings,
    EnvSettings,
    Settings,
    checked,
    load_profile,
    overridden,
)
from utils.errors import ConfigError

PROFILES = sorted(path.stem for path in PROFILES_DIR.glob("*.toml"))


def test_settings_values_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        EnvSettings().max_position = 2  # type: ignore[misc]


def test_checked_unknown_key_names_the_nearest_and_the_place() -> None:
    with pytest.raises(ConfigError, match=r"unknown setting `lookback`: did you mean `look.*Env\)"):
        checked(EnvSettings, {"lookback": 3}, "TradingEnv")


def test_checked_value_out_of_bounds_names_field_bound_and_value() -> None:
    with pytest.raises(ConfigError) as caught:
        checked(EnvSettings, {"max_position": 0}, "TradingEnv")
    assert str(caught.value) == (
        "`max_position` in TradingEnv: input should be greater than or equal to 1, was 0"
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "much", None])
def test_checked_value_that_is_no_finite_number_is_refused(bad: object) -> None:
    with pytest.raises(ConfigError, match="`initial_balance` in here"):
        checked(EnvSettings, {"initial_balance": bad}, "here")


def test_overridden_value_that_is_none_keeps_the_old_one() -> None:
    old = AgentSettings(learning_rate=0.01, seed=7)
    new = overridden(old, {"seed": 0, "learning_rate": None}, "here")
    assert (new.seed, new.learning_rate, old.seed) == (0, 0.01, 7)


def test_overridden_value_out_of_bounds_is_refused() -> None:
    with pytest.raises(ConfigError, match="`gamma` in train.py: .* less than or equal to 1, was 2"):
        overridden(AgentSettings(), {"gamma": 2}, "train.py")


def test_profiles_of_the_interface_are_there() -> None:
    assert {"default", "smoke", "paper", "live"} <= set(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_profile_loads(name: str) -> None:
    assert isinstance(load_profile(name), Settings)


def test_profile_default_is_what_the_models_say() -> None:
    assert load_profile() == Settings()


def test_profile_smoke_is_tiny() -> None:
    smoke = load_profile("smoke")
    assert smoke.train.timesteps == 256
    assert smoke.env.lookback_window == 8


@pytest.mark.parametrize("name", ["paper", "live"])
def test_profile_with_a_broker_behind_it_has_a_stop_and_one_contract(name: str) -> None:
    env = load_profile(name).env
    assert env.stop_loss_ticks == 200.0
    assert env.max_position == 1


def test_profile_from_a_path_overrides_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[env]\nslippage_ticks = 3\n", encoding="utf-8")
    settings = load_profile(str(path))
    assert settings.env.slippage_ticks == 3
    assert settings.env.lookback_window == 50


def test_profile_that_is_missing_lists_the_choices() -> None:
    with pytest.raises(
        ConfigError, match="no profile `nosuch` .choices: default, .* smoke, or a path"
    ):
        load_profile("nosuch")


def test_profile_with_unknown_key_names_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[agnet]\nseed = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown setting `agnet`: did you mean `agent`"):
        load_profile(str(path))


def test_profile_with_unknown_key_inside_a_table_names_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[agent]\nsede = 1\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match="unknown setting `sede`: did you mean `seed`.*, table `agent`"
    ):
        load_profile(str(path))


@pytest.mark.parametrize("content", [b"[env\n", b"\xff\xfe"])
def test_profile_that_is_no_toml_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot read profile") as caught:
        load_profile(str(path))
    assert "\n" not in str(caught.value)

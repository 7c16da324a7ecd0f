"""Settings: bounds, unknown keys, profiles; each mistake is one line that names the place."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from config.settings import (
    PROFILES_DIR,
    AgentSettings,
    EnvSettings,
    Settings,
    TrainSettings,
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


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "much", "100", True, None])
def test_checked_value_that_is_no_finite_number_is_refused(bad: object) -> None:
    with pytest.raises(ConfigError, match="`initial_balance` in here"):
        checked(EnvSettings, {"initial_balance": bad}, "here")


@pytest.mark.parametrize(
    ("name", "bound", "beyond"),
    [
        ("stop_loss_ticks", 1_000_000, 1_000_001),
        ("initial_balance", 1e12, 1.1e12),
        ("commission", 10_000, 10_000.5),
    ],
)
def test_env_settings_money_and_ticks_are_bounded(name: str, bound: float, beyond: float) -> None:
    assert checked(EnvSettings, {name: bound}, "here").model_dump()[name] == bound
    with pytest.raises(ConfigError, match=f"`{name}` in here: .* less than or equal to"):
        checked(EnvSettings, {name: beyond}, "here")


@pytest.mark.parametrize(
    ("name", "lowest", "below"),
    [
        ("stop_loss_ticks", 1, 0.5),
        ("take_profit_ticks", 1, 0.99),
        ("trailing_stop_ticks", 1, 0),
        ("commission", 0, -0.01),
        ("slippage_ticks", 0, -1),
        ("spread_ticks", 0, -1),
        ("off_hours_slippage_ticks", 0, -1),
        ("volatility_slippage_ticks", 0, -0.5),
        ("limit_through_ticks", 0, -1),
        ("flatten_minutes_before_close", 0, -1),
        ("no_entry_minutes_before_close", 0, -1),
        ("daily_loss_limit", 1, 0),
        ("max_trades_per_day", 1, 0),
        ("lookback_window", 1, 0),
        ("episode_bars", 1, 0),
        ("ruin_equity", 0, -1),
        ("kelly_min_trades", 1, 0),
    ],
)
def test_env_settings_have_lower_bounds(name: str, lowest: float, below: float) -> None:
    assert checked(EnvSettings, {name: lowest}, "here").model_dump()[name] == lowest
    with pytest.raises(ConfigError, match=f"`{name}` in here: .* greater than .*, was {below}"):
        checked(EnvSettings, {name: below}, "here")


@pytest.mark.parametrize(
    ("name", "bad", "choices"),
    [
        ("roll", "keep", "'flatten' or 'charge'"),
        ("margin", "all", "'overnight', 'intraday' or 'none'"),
        ("episode_mode", "day", "'full', 'window' or 'session'"),
    ],
)
def test_env_settings_names_list_the_choices(name: str, bad: str, choices: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(EnvSettings, {name: bad}, "here")
    assert str(caught.value) == f"`{name}` in here: input should be {choices}, was '{bad}'"


def test_env_settings_entries_that_the_flatten_would_close_are_refused() -> None:
    minutes = {"flatten_minutes_before_close": 15, "no_entry_minutes_before_close": 14}
    with pytest.raises(ConfigError) as caught:
        checked(EnvSettings, minutes, "TradingEnv")
    assert str(caught.value) == (
        "`no_entry_minutes_before_close` in TradingEnv: must be >= `flatten_minutes_before_close` "
        "(15), was 14"
    )
    for no_entry in (15, 60, None):
        equal = {**minutes, "no_entry_minutes_before_close": no_entry}
        settings = checked(EnvSettings, equal, "TradingEnv")
        assert settings.no_entry_minutes_before_close == no_entry
    assert checked(EnvSettings, {"no_entry_minutes_before_close": 0}, "here")


def test_profile_with_a_mistake_between_two_settings_names_the_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = "[env]\nflatten_minutes_before_close = 15\nno_entry_minutes_before_close = 5\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="`env.no_entry_minutes_before_close` in profile .*was 5"):
        load_profile(str(path))


@pytest.mark.parametrize("bad", [True, "3", 3.0, np.bool_(True)])
def test_checked_integer_from_something_else_is_refused(bad: object) -> None:
    with pytest.raises(ConfigError, match="`max_position` in here: input should be a valid int"):
        checked(EnvSettings, {"max_position": bad}, "here")


def test_checked_scalars_of_numpy_count_as_what_they_hold() -> None:
    values = {"max_position": np.int64(3), "initial_balance": np.float32(500)}
    settings = checked(EnvSettings, values, "here")
    assert (settings.max_position, settings.initial_balance) == (3, 500.0)
    assert type(settings.max_position) is int


def test_checked_integer_for_a_float_is_taken() -> None:
    balance = checked(EnvSettings, {"initial_balance": 500}, "here").initial_balance
    assert (balance, type(balance)) == (500.0, float)


@pytest.mark.parametrize("model", [EnvSettings, AgentSettings, TrainSettings, Settings])
def test_settings_survive_json(model: type[Settings]) -> None:
    stored = json.loads(json.dumps(model().model_dump(mode="json")))
    assert checked(model, stored, "manifest") == model()


def test_checked_large_value_is_shown_in_part_and_on_one_line() -> None:
    frame = pd.DataFrame({f"column_{i}": range(30) for i in range(30)})
    with pytest.raises(ConfigError, match=r"`initial_balance` in here: .*\.\.\.$") as caught:
        checked(EnvSettings, {"initial_balance": frame}, "here")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


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


def test_none_by_name_is_nothing_where_nothing_is_allowed() -> None:
    assert EnvSettings(stop_loss_ticks="none", prop_rules="none").stop_loss_ticks is None
    assert EnvSettings(margin="none").margin == "none"
    with pytest.raises(ConfigError, match="`slippage_ticks` in here"):
        checked(EnvSettings, {"slippage_ticks": "none"}, "here")


def test_prop_rules_by_name_become_the_rules_themselves(tmp_path) -> None:
    """Or a model would change with a file, or need it."""
    path = tmp_path / "mine.toml"
    path.write_text("[house]\ndrawdown_usd = 300.0\n", encoding="utf-8")
    settings = EnvSettings(prop_rules=f"{path}:house")
    path.unlink()
    again = EnvSettings.model_validate_json(settings.model_dump_json())
    assert again == settings
    assert again.prop_rules is not None
    assert again.prop_rules.drawdown_usd == 300.0


def test_wrong_key_of_prop_rules_in_a_table_is_named() -> None:
    rules = {"name": "mine", "drawdown_usdd": 300.0}
    with pytest.raises(ConfigError, match="`drawdown_usdd`: did you mean `drawdown_usd`"):
        checked(EnvSettings, {"prop_rules": rules}, "here")

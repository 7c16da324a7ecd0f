"""Search spaces: what may be searched, what a user's file changes of it, and what is refused."""

import pytest

from backtest.search_defaults import SEARCH_SPACES, default_space
from backtest.search_file import read_space
from backtest.search_space import (
    FEATURE_GROUPS,
    GIVEN,
    TABLES,
    Choices,
    Range,
    check_space,
    checked_name,
    with_values,
)
from config.settings import AgentSettings, Settings
from data.feature_set import FeatureSet
from models.algorithms import ALGORITHMS
from utils.errors import ConfigError

DEFAULT = {
    "agent.learning_rate": Range(low=1e-4, high=3e-3, log=True),
    "agent.n_epochs": Range(low=1, high=6, is_whole=True),
    "env.lookback_window": Choices(values=(8, 16)),
}


def _file(tmp_path, text):
    path = tmp_path / "search.toml"
    path.write_text(text)
    return path


def _checked(path):
    space = read_space(path, DEFAULT)
    check_space(space, Settings(), f"search `{path}`")
    return space


@pytest.mark.conformance
@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_default_space_of_each_algorithm_holds_only_values_that_settings_take(algorithm):
    base = Settings(agent=AgentSettings(algorithm=algorithm))
    check_space(default_space(algorithm), base, "the search")


def test_settings_that_are_given_exist():
    assert all(
        name.partition(".")[2] in TABLES[name.partition(".")[0]].model_fields for name in GIVEN
    )
    assert not GIVEN & {name for space in SEARCH_SPACES.values() for name in space}


def test_search_spaces_are_of_the_algorithms_there_are():
    assert set(SEARCH_SPACES) == set(ALGORITHMS)


@pytest.mark.parametrize("names", FEATURE_GROUPS.values(), ids=FEATURE_GROUPS)
def test_feature_groups_name_features_that_exist(names):
    assert FeatureSet(names, ()).names == names


def test_file_narrows_what_it_names_and_leaves_the_rest(tmp_path):
    text = "[agent]\nlearning_rate = { low = 5e-4, high = 1e-3, log = true }\n"
    space = _checked(_file(tmp_path, text))
    assert space == DEFAULT | {"agent.learning_rate": Range(low=5e-4, high=1e-3, log=True)}
    assert list(space) == list(DEFAULT)


def test_file_with_only_replaces_the_default_space(tmp_path):
    text = "only = true\n[agent]\nn_steps = { low = 8, high = 64 }\n[train]\n"
    text += 'features = { choices = ["few", "rsi,roc"] }\n'
    assert _checked(_file(tmp_path, text)) == {
        "agent.n_steps": Range(low=8, high=64, is_whole=True),
        "train.features": Choices(values=("few", "rsi,roc")),
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[agent]\nlerning_rate = { low = 1, high = 2 }", ["did you mean `agent.learning_rate`?"]),
        ("[model]\nx = 1", ["`model`", "no table to search", "agent, env, train"]),
        ("[agent]\nlearning_rate = 0.1", ["`agent.learning_rate`", "was 0.1"]),
        ("[agent]\nlearning_rate = { low = 0.1 }", ["needs `low` and `high`"]),
        ("[agent]\nlearning_rate = { low = 1e-2, high = 1e-3 }", ["is empty", "(0.001)", "0.01"]),
        ("[agent]\ngamma = { low = 0.0, high = 0.9, log = true }", ["`low` must be > 0", "was 0"]),
        ("[agent]\ngamma = { low = 0.9, high = 1.5 }", ["`gamma`", "less than or equal to 1"]),
        ("[agent]\ngamma = { choices = [] }", ["`agent.gamma`", "is empty"]),
        ("[agent]\ngamma = { choices = [0.9, 0.9] }", ["a choice twice", "0.9 or 0.9"]),
        ("[agent]\nobjective = { low = 1, high = 2 }", ["is no number", "`choices`"]),
        ("[agent]\ngamma = { low = 0.1, hihg = 0.9 }", ["did you mean `high`?"]),
        ("[train]\ntest_fraction = { low = 0.1, high = 0.4 }", ["cannot be searched", "measured"]),
        ("[env]\nslippage_ticks = { choices = [0, 1] }", ["`env.slippage_ticks`", "cannot be"]),
        ("[agent]\nseed = { choices = [0, 1] }", ["`agent.seed`", "cannot be searched"]),
        ("[agent]\ncost_ramp_steps = { low = 0.5, high = 3, log = true }", ["whole", "0.5 and 3"]),
        ("only = 1", ["`only`", "true or false"]),
        ("only = true", ["leaves nothing to search"]),
        ("[agent", ["cannot read search"]),
    ],
)  # fmt: skip
def test_file_that_is_wrong_is_refused_in_one_line(tmp_path, text, parts):
    with pytest.raises(ConfigError) as refused:
        _checked(_file(tmp_path, text))
    for part in parts:
        assert part in str(refused.value)
    assert "\n" not in str(refused.value)


def test_file_that_is_missing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot read search"):
        read_space(tmp_path / "none.toml", DEFAULT)


def test_name_of_a_table_alone_is_refused():
    with pytest.raises(ConfigError, match="unknown setting `agent`"):
        checked_name("agent", "here")


def test_with_values_puts_each_into_its_own_table():
    values = {"agent.n_epochs": 3, "env.stop_loss_ticks": 80.0, "train.features": "few"}
    settings = with_values(Settings(), values, "trial 1")
    assert settings.agent.n_epochs == 3
    assert settings.env.stop_loss_ticks == 80.0
    assert settings.train.features == ("log_return", "rsi", "volatility_20")
    assert settings.agent.model_fields_set == {"n_epochs"}


def test_with_values_takes_features_by_commas_and_derives_presets_anew():
    settings = with_values(
        Settings(), {"train.features": "rsi, roc", "agent.algorithm": "EPG"}, "t"
    )
    assert settings.train.features == ("rsi", "roc")
    assert settings.agent.n_steps == 64


def test_range_and_choices_read_as_text():
    assert str(Range(low=1e-4, high=3e-3, log=True)) == "0.0001 to 0.003, by ratio"
    assert str(Range(low=1, high=6, is_whole=True)) == "1 to 6"
    assert str(Choices(values=(8, 16, 32))) == "8, 16 or 32"
    assert str(Choices(values=("ridge",))) == "ridge"

"""docs/adding_a_feature.md, followed to the letter."""

import re
import shlex
import shutil

import numpy as np
import pandas as pd
import pytest

from models.agent import TradingAgent
from tests.helpers.cli import run_script
from utils.paths import PROJECT_ROOT

TUTORIAL = (PROJECT_ROOT / "docs" / "adding_a_feature.md").read_text(encoding="utf-8")
FEWER_STEPS = ["--profile", "smoke", "--timesteps", "128"]


def block(language):
    """Return the tutorial's only block in a language."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL)
    return text


@pytest.fixture
def follower(capsys, monkeypatch, tmp_path, bars_file):
    """Return a function that runs a command of the tutorial where its files lie."""
    shutil.copy(bars_file, tmp_path / "bars.parquet")
    (tmp_path / "my_features.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def follow(command):
        python, script, *words = shlex.split(command)
        assert python == "python"
        name = script.removeprefix("scripts/").removesuffix(".py")
        more = FEWER_STEPS if name == "train" else []
        return run_script(capsys, name, *words, *more)

    return follow


def test_tutorial_leads_from_a_function_to_a_trained_agent(follower, tmp_path):
    check, *later = block("sh").splitlines()
    outcome = follower(check)
    assert outcome.exit_code == 0, outcome.out
    assert "1 of 1 features pass" in outcome.out
    for command in later:
        outcome = follower(command)
        assert outcome.exit_code == 0, outcome.err
    agent = TradingAgent.load(tmp_path / "my_model")
    assert agent.feature_set.names[-2:] == ("rsi", "stretch")
    assert agent.feature_set.external == ("stretch",)


def test_tutorial_feature_has_the_value_worked_out_by_hand(follower, tmp_path):
    """Nine closes of 100 and one of 110, every range 4: (110 - 101) / 4 = 2.25."""
    stamps = pd.date_range("2024-01-01T23:00Z", periods=11, freq="5min", name="timestamp")
    close = np.array([100.0] * 9 + [110.0, 110.0])
    bars = {"open": close, "high": close + 2, "low": close - 2, "close": close, "volume": 1.0}
    pd.DataFrame(bars, index=stamps).to_parquet(tmp_path / "bars.parquet")
    outcome = follower(block("sh").splitlines()[1] + " --symbol MNQ")
    assert outcome.exit_code == 0, outcome.err
    values = pd.read_parquet(tmp_path / "bars_with_stretch.parquet")["stretch"]
    assert values.isna().sum() == 9
    assert values.iloc[9:].tolist() == [2.25, 2.0]


def test_tutorial_feature_without_price_state_fails_as_it_says(follower, tmp_path):
    text = block("python").replace("        price_state=((1, 11),),\n", "")
    assert "price_state" not in text
    (tmp_path / "my_features.py").write_text(text, encoding="utf-8")
    outcome = follower(block("sh").splitlines()[0])
    assert outcome.exit_code == 1
    assert "stretch, roll: a roll's gap shows" in outcome.out
    assert "0 of 1 features pass" in outcome.out


def test_tutorial_explains_every_check():
    from data.feature_checks import CHECKS

    explained = re.findall(r"^\| ([a-z ]+) \|", TUTORIAL, re.MULTILINE)[1:]
    assert explained == [name.replace("_", " ") for name in CHECKS]

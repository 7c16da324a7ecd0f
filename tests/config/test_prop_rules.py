"""Prop-firm rules: what is shipped, and what a file of the user's own may and may not say."""

from pathlib import Path

import pytest

from config.prop_rules import PROP_RULES_FILE, PropRules, prop_rules_of
from utils.errors import ConfigError

OWN = """
[house]
drawdown_usd = 1500.0
is_drawdown_daily = true
drawdown_stops_at_usd = 100
daily_loss_usd = 400.5
ends_on_daily_loss = true
max_contracts = 3
source = "my contract"
"""


def own_file(folder: Path, text: str) -> Path:
    """Return a rules file with this text."""
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "drawdown", "is_daily", "stops_at", "daily_loss", "contracts"),
    [
        ("evaluation_50k", 2_000, True, 0, 1_000, 50),
        ("evaluation_100k", 3_000, True, 0, 2_000, 100),
        ("intraday_trailing_50k", 2_500, False, 100, None, 100),
    ],
)
def test_prop_rules_of_a_name_are_those_of_the_shipped_file(
    name: str,
    drawdown: float,
    is_daily: bool,
    stops_at: float,
    daily_loss: float | None,
    contracts: int,
) -> None:
    rules = prop_rules_of(name)
    assert (rules.name, rules.drawdown_usd, rules.is_drawdown_daily) == (name, drawdown, is_daily)
    assert (rules.drawdown_stops_at_usd, rules.daily_loss_usd) == (stops_at, daily_loss)
    assert (rules.max_contracts, rules.ends_on_daily_loss) == (contracts, False)
    assert "no single firm's" in rules.source


def test_prop_rules_unknown_name_lists_the_choices() -> None:
    with pytest.raises(ConfigError) as caught:
        prop_rules_of("evaluation_60k")
    assert str(caught.value) == (
        "unknown prop-firm rule set `evaluation_60k`: did you mean `evaluation_50k`? choices are "
        "evaluation_100k, evaluation_50k, intraday_trailing_50k"
    )


def test_prop_rules_of_an_own_file_are_named_after_its_path(tmp_path: Path) -> None:
    path = own_file(tmp_path, OWN)
    assert prop_rules_of(f"{path}:house") == PropRules(
        name="house",
        drawdown_usd=1_500.0,
        is_drawdown_daily=True,
        drawdown_stops_at_usd=100.0,
        daily_loss_usd=400.5,
        ends_on_daily_loss=True,
        max_contracts=3,
        source="my contract",
    )
    with pytest.raises(ConfigError, match="unknown prop-firm rule set `mouse`: did you mean `hous"):
        prop_rules_of(f"{path}:mouse")
    with pytest.raises(ConfigError, match="unknown prop-firm rule set `evaluation_50k`"):
        prop_rules_of(f"{path}:evaluation_50k")


def test_prop_rules_without_entries_forbid_nothing(tmp_path: Path) -> None:
    rules = prop_rules_of(f"{own_file(tmp_path, '[free]')}:free")
    assert (rules.drawdown_usd, rules.daily_loss_usd, rules.max_contracts) == (None, None, None)
    assert not rules.is_drawdown_daily
    assert not rules.ends_on_daily_loss


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OWN.replace("1500.0", "0.0"), "`drawdown_usd` in table `house` of .*greater than 0, was"),
        (OWN.replace("1500.0", "nan"), "`drawdown_usd` in table `house` of .*finite number"),
        (OWN.replace("400.5", '"much"'), "`daily_loss_usd` in table `house`.*valid number"),
        (OWN.replace("= 3", "= 0"), "`max_contracts` in table `house` .*equal to 1, was 0"),
        (OWN.replace("= 3", "= 2.5"), "`max_contracts` in table `house` .*valid integer, was 2.5"),
        (OWN.replace("daily_loss_usd", "daily_los_usd"), "unknown setting `daily_los_usd`: did"),
        (OWN + 'name = "mine"\n', "unknown setting `name`"),
        (
            OWN.replace("drawdown_usd = 1500.0", ""),
            "`is_drawdown_daily` in .* without `draw",
        ),
        ("[house]\ndrawdown_stops_at_usd = 0.0", "`drawdown_stops_at_usd` in .* without `drawdown"),
        ("[house]\nends_on_daily_loss = true", "`ends_on_daily_loss` in .* without `daily_loss_u"),
        ("house = 3", "`house` in .* must be a table, was 3; write"),
        ("[house", "cannot read prop-firm rules `.*own.toml`"),
    ],
)
def test_prop_rules_of_an_own_file_with_a_mistake_are_refused_in_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        prop_rules_of(f"{own_file(tmp_path, text)}:house")
    assert "\n" not in str(caught.value)


def test_prop_rules_of_a_file_that_is_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read prop-firm rules `.*none\.toml`"):
        prop_rules_of(f"{tmp_path / 'none.toml'}:house")


def test_prop_rules_file_is_shipped_with_the_package() -> None:
    assert PROP_RULES_FILE.is_file()

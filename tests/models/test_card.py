"""A model's card: what it says, and that it says it whatever is known."""

from dataclasses import replace

from config.settings import AgentSettings, EnvSettings
from models.card import card_text
from tests.helpers.model_files import model_description

VALIDATION = {
    "first": "2024-03-05T00:00:00+00:00",
    "last": "2024-03-05T10:00:00+00:00",
    "n_decisions": 1_200,
    "kept": {"timestep": 40},
    "errors_needed": 2.241,
    "evaluations": [
        {
            "timestep": 20, "net_pnl_usd": -12.5, "n_trades": 3, "win_rate": 0.3333,
            "sharpe_per_bar": -0.1, "exposure": 0.25, "evidence": -1.234,
        },
        {
            "timestep": 40, "net_pnl_usd": 0.0, "n_trades": 0, "win_rate": None,
            "sharpe_per_bar": None, "exposure": 0.0, "evidence": None,
        },
    ],
}  # fmt: skip


def _card(**provenance) -> str:
    description = model_description()
    return card_text(replace(description, provenance={**description.provenance, **provenance}))


def test_card_says_that_none_was_kept():
    card = _card(validation={**VALIDATION, "kept": None})
    assert (
        "The agent is left flat: of 2 evaluations on 1,200 bars none earned anything: the best "
        "lies 1.23 standard errors below nothing." in card
    )
    assert "| kept |" not in card
    kept = _card(validation=VALIDATION)
    assert "left flat" not in kept
    assert "It takes 2.24 errors above nothing to be kept." in kept


def test_card_names_model_bars_features_costs_and_seed():
    card = _card(
        training_bars=12_345, first_complete="STAMP", data_fingerprint="abc", timesteps=60_000
    )
    for line in (
        "# PPO-lstm for MNQ",
        "Trained over 60,000 timesteps, saved unknown.",
        "| first bar | 2024-03-04T00:00:00+00:00 |",
        "| first bar with all that it sees | STAMP |",
        "| bars | 12,345 |",
        "| fingerprint of the bars | abc |",
        "| features | rsi, macd |",
        "| stop, ticks | none |",
        "| slippage, ticks per fill | 1 |",
        "| commission, USD per contract and side | 0.62, the instrument's |",
        "| reward | sparse |",
        "| seed | 3 |",
        "| `hidden_size` | 8 |",
        "    python scripts/backtest.py --model THIS_DIRECTORY --data BARS.parquet",
    ):
        assert line in card.splitlines(), line
    assert "`learning_rate`" not in card  # as it is by default


def test_card_says_which_evaluation_was_kept():
    lines = _card(validation=VALIDATION).splitlines()
    assert "1,200 decisions, 2024-03-05T00:00:00+00:00 to 2024-03-05T10:00:00+00:00." in lines
    assert "| 20 | -12.50 | 3 | 33.3% | 25.0% | -1.23 |  |" in lines
    assert "| 40 | +0.00 | 0 | - | 0.0% | - | kept |" in lines


def test_card_without_validation_says_so():
    assert "None: the last weights were kept." in _card().splitlines()


def test_card_of_an_interrupted_training_says_so_first():
    card = _card(is_finished=False, timesteps=5, created_at="now")
    assert card.splitlines()[2] == "UNFINISHED: interrupted after 5 timesteps, saved now."


def test_card_shows_what_is_unusual_of_account_and_learning():
    description = replace(
        model_description(),
        env_settings=EnvSettings(daily_loss_limit=250.0, commission=0.5),
        agent_settings=AgentSettings(algorithm="EPG", dropout=0.25),
    )
    lines = card_text(description).splitlines()
    assert "| `daily_loss_limit` | 250.0 |" in lines
    assert "| commission, USD per contract and side | 0.5 |" in lines
    assert "| `dropout` | 0.25 |" in lines
    assert not any("`learning_rate`" in line for line in lines)  # the algorithm's own preset


def test_card_with_a_bar_in_a_value_stays_a_table():
    assert "| git revision | a/b |" in _card(git_revision="a|b").splitlines()

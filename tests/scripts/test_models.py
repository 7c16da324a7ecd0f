"""scripts/models.py: list, show, diff and verify, sound and damaged models alike."""

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest

from models.agent import TradingAgent
from models.artifacts import CARD, MANIFEST, WEIGHTS
from models.forecast.forecaster_files import NUMBERS
from tests.helpers.agents import SMALL, small_env
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.forecasters import small_forecaster
from tests.helpers.model_files import edit_manifest


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """Return a folder with two models, of seeds 0 and 1, trained in a moment."""
    folder = tmp_path_factory.mktemp("saved")
    for seed in (0, 1):
        settings = SMALL.model_copy(update={"validation_fraction": 0.15, "seed": seed})
        agent = TradingAgent(small_env(slippage_ticks=seed), settings=settings)
        agent.train(32)
        agent.save(folder / f"seed_{seed}")
    return folder


@pytest.fixture
def saved(trained, tmp_path) -> Path:
    """Return a copy of that folder."""
    return Path(shutil.copytree(trained, tmp_path / "saved"))


def test_models_list_shows_every_model_and_its_state(capsys, saved):
    (saved / "seed_1" / WEIGHTS).write_bytes(b"")
    outcome = run_script(capsys, "models", "list", saved)
    assert outcome.exit_code == 0
    assert "seed_0" in outcome.out
    assert "PPO" in outcome.out
    table, error = outcome.out.rsplit("\n", 2)[:2]
    assert "damaged" in table
    assert error.startswith("seed_1: ")
    assert WEIGHTS in error


def test_models_list_as_json_holds_the_figures(capsys, saved):
    outcome = run_script(capsys, "models", "list", saved, "--json")
    first, second = json.loads(outcome.out)
    assert [first["model"], second["model"]] == ["seed_0", "seed_1"]
    assert (first["algorithm"], first["extractor"], first["timesteps"]) == ("PPO", "lstm", 32)
    assert first["bars"] == "MNQ 2024-03-04 to 2024-03-04"
    assert first["state"] == "ok, no trades in validation"
    kept = TradingAgent.load(saved / "seed_0").provenance["validation"]["kept"]
    assert first["validation USD"] == round(kept["net_pnl_usd"], 2)


def test_models_list_of_an_agent_that_is_left_flat_shows_no_earnings(capsys, saved):
    def left_flat(content):
        content["provenance"]["validation"]["kept"] = None

    edit_manifest(saved / "seed_0", left_flat)
    first, _ = json.loads(run_script(capsys, "models", "list", saved, "--json").out)
    assert (first["validation USD"], first["state"]) == (None, "ok, stays flat")


def test_models_list_of_nothing_says_how_to_train(capsys, tmp_path):
    assert "train one with" in run_script(capsys, "models", "list", tmp_path).out
    outcome = run_script(capsys, "models", "list", tmp_path / "nowhere")
    assert_one_clear_line(outcome, "no folder", "nowhere")


def test_models_list_of_an_unfinished_model_says_so(capsys, saved):
    edit_manifest(saved / "seed_0", lambda content: content["provenance"].update(is_finished=False))
    found = json.loads(run_script(capsys, "models", "list", saved, "--json").out)
    assert [each["state"].startswith("ok, unfinished") for each in found] == [True, False]


def test_models_show_prints_the_card_that_lies_in_the_directory(capsys, saved):
    outcome = run_script(capsys, "models", "show", saved / "seed_0")
    assert outcome.out == (saved / "seed_0" / CARD).read_text()
    as_json = run_script(capsys, "models", "show", saved / "seed_0", "--json").out
    assert as_json == (saved / "seed_0" / MANIFEST).read_text()


def test_models_show_of_a_damaged_model_is_refused(capsys, saved):
    (saved / "seed_0" / CARD).write_text("# best model ever")
    assert_one_clear_line(run_script(capsys, "models", "show", saved / "seed_0"), "card.md` was")


def test_models_diff_names_what_differs_and_nothing_else(capsys, saved):
    outcome = run_script(capsys, "models", "diff", saved / "seed_0", saved / "seed_1")
    assert outcome.exit_code == 0
    lines = outcome.out.splitlines()
    assert "agent_settings.seed: 0 | 1" in lines
    assert "env_settings.slippage_ticks: 0 | 1" in lines
    assert any(line.startswith("weights: ") for line in lines)
    assert not any("learning_rate" in line for line in lines)
    same = run_script(capsys, "models", "diff", saved / "seed_0", saved / "seed_0")
    assert same.out == "no difference\n"


def test_models_diff_as_json_has_both_values(capsys, saved):
    words = ["diff", saved / "seed_0", saved / "seed_1", "--json"]
    found = json.loads(run_script(capsys, "models", *words).out)
    assert found["agent_settings.seed"] == {"first": 0, "second": 1}


@pytest.fixture
def forecaster(tmp_path) -> Path:
    """Return the directory of a forecaster, in a folder of its own."""
    path = tmp_path / "both" / "forecaster"
    small_forecaster("ewma_fhs").save(path)
    return path


def test_models_list_names_a_forecaster_and_what_it_has_learnt_from(capsys, forecaster):
    (found,) = json.loads(run_script(capsys, "models", "list", forecaster.parent, "--json").out)
    assert (found["model"], found["algorithm"]) == ("forecaster", "ewma_fhs")
    assert (found["state"], found["extractor"]) == ("ok, forecaster", None)
    learnt = small_forecaster("ewma_fhs").provenance
    first, last = learnt["training_first"][:10], learnt["training_last"][:10]
    assert found["bars"] == f"MNQ {first} to {last}"


def test_models_verify_checks_a_forecaster_by_its_own_rules(capsys, forecaster):
    outcome = run_script(capsys, "models", "verify", forecaster)
    assert (outcome.exit_code, outcome.out.split()[0]) == (0, "ok")
    assert "forecaster ewma_fhs of MNQ" in outcome.out
    (forecaster / NUMBERS).write_bytes(b"")
    outcome = run_script(capsys, "models", "verify", forecaster)
    assert outcome.exit_code == 2
    assert f"REFUSED {forecaster}: " in outcome.out
    assert "was changed or damaged" in outcome.out
    (found,) = json.loads(run_script(capsys, "models", "list", forecaster.parent, "--json").out)
    assert (found["state"], NUMBERS in found["error"]) == ("damaged", True)


@pytest.mark.parametrize("words", [["show", "IT"], ["diff", "IT", "IT"]], ids=lambda w: w[0])
def test_models_say_of_a_forecaster_where_to_look(capsys, forecaster, words):
    words = [forecaster if word == "IT" else word for word in words]
    outcome = run_script(capsys, "models", *words)
    assert_one_clear_line(outcome, "is that of a forecaster", "scripts/forecast.py predict")


def test_backtest_of_a_forecaster_says_that_it_is_no_agent(capsys, forecaster, bars_file, tmp_path):
    words = ["--model", forecaster, "--data", bars_file, "--out", tmp_path / "out"]
    outcome = run_script(capsys, "backtest", *words)
    assert_one_clear_line(outcome, "is that of a forecaster, not of an agent", "train.py")


def _tampered(model: Path) -> None:
    edit_manifest(
        model, lambda content: content["agent_settings"].update(gamma=0.5), redo_digest=False
    )


def _foreign(model: Path) -> None:
    (model / MANIFEST).write_text("{}")


def _with_a_stranger(model: Path) -> None:
    (model / "notes.txt").write_text("hello")


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (_tampered, "was edited or damaged"),
        (_foreign, "is not the manifest of a FuturesGym model"),
        (_with_a_stranger, "holds `notes.txt`"),
    ],
)
def test_models_verify_refuses_what_was_changed_and_checks_the_rest(capsys, saved, damage, part):
    damage(saved / "seed_0")
    outcome = run_script(capsys, "models", "verify", saved / "seed_0", saved / "seed_1")
    assert outcome.exit_code == 2
    first, second = outcome.out.splitlines()
    assert first.startswith("REFUSED ")
    assert part in first
    assert second.startswith("ok ")


def test_models_verify_of_sound_models_is_content(capsys, saved):
    outcome = run_script(capsys, "models", "verify", saved / "seed_0", saved / "seed_1")
    assert outcome.exit_code == 0
    assert outcome.out.count("PPO-lstm") == 2


class _Bomb:
    """Unpickling this makes a directory."""

    def __init__(self, target: Path):
        self.target = str(target)

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("name", [WEIGHTS, "weights.pt"])
@pytest.mark.parametrize("command", ["list", "show", "verify"])
def test_models_never_unpickle_anything(capsys, saved, tmp_path, name, command):
    (saved / "seed_0" / name).write_bytes(pickle.dumps(_Bomb(tmp_path / "exploded")))
    run_script(capsys, "models", command, saved if command == "list" else saved / "seed_0")
    assert not (tmp_path / "exploded").exists()

"""A tuning's files: the profile that train.py takes, the table of trials, the pictures."""

import pandas as pd
import pytest
from optuna.trial import TrialState

from backtest.search_space import with_values
from backtest.tuning_figures import write_figures
from backtest.tuning_profile import write_profile, write_trials
from config.settings import AgentSettings, EnvSettings, FoldSettings, Settings, load_profile
from tests.helpers.tuning import MadeUp, made_up, plan_of, scored, search, study_of


def test_profile_read_back_gives_the_same_settings(tmp_path):
    base = Settings(
        env=EnvSettings(stop_loss_ticks=None, prop_rules="evaluation_50k", symbol="ES"),
        agent=AgentSettings(algorithm="EPG", bf16=True, learning_rate=1e-3 / 3),
        folds=FoldSettings(kind="rolling", train_length=30, seeds=(7, 8), unit="sessions"),
    )
    settings = with_values(base, {"train.features": "few", "agent.hidden_size": 8}, "trial 1")
    write_profile(tmp_path / "best.toml", settings, "two lines\nof remarks")
    read = load_profile(str(tmp_path / "best.toml"))
    assert read == settings
    assert read.agent.dropout == 0.5  # EPG's preset, which nobody set
    text = (tmp_path / "best.toml").read_text()
    assert text.startswith("# two lines\n# of remarks\n")
    assert "dropout" not in text
    assert 'stop_loss_ticks = "none"' in text


@pytest.fixture
def study(tmp_path):
    """Return a study of four trials, of which one was refused."""

    def score(job):
        return scored((), refusal="too long") if job.trial == 1 else made_up(job)

    return search(f"sqlite:///{tmp_path / 's.db'}", plan_of(4), tmp_path, MadeUp(score))


def test_table_of_trials_has_a_row_per_trial(study, tmp_path):
    study.ask()
    study.tell(4, state=TrialState.FAIL)
    write_trials(tmp_path / "trials.csv", study, plan_of(4).space)
    table = pd.read_csv(tmp_path / "trials.csv", keep_default_na=False)
    assert table["state"].tolist() == ["complete", "refused", "complete", "complete", "failed"]
    assert table["reason"].tolist() == ["", "too long", "", "", ""]
    assert float(table["score"][0]) == study.trials[0].value
    assert table["n_folds"].tolist() == [2, 0, 2, 2, 0]
    assert float(table["agent.learning_rate"][2]) == study.trials[2].params["agent.learning_rate"]


def test_figures_are_whole_pages_and_pictures(study, tmp_path):
    assert write_figures(tmp_path, study) == []
    for name in ("history", "importance"):
        page = (tmp_path / f"{name}.html").read_text()
        assert f'id="{name}"' in page
        assert 'src="http' not in page  # nothing is fetched
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".png"}
    write_figures(tmp_path, study)
    assert first == {name: (tmp_path / name).read_bytes() for name in first}


def test_figures_that_so_few_trials_do_not_make_are_told_of(tmp_path):
    (tmp_path / "importance.png").write_bytes(b"of an earlier look")
    plan = plan_of(1)
    url = f"sqlite:///{tmp_path / 's.db'}"
    assert write_figures(tmp_path, study_of(url, plan)) == ["no figures: no trial was completed"]
    (line,) = write_figures(tmp_path, search(url, plan, tmp_path))
    assert line.startswith("no importances: they take 3 completed trials")
    assert not (tmp_path / "importance.png").exists()
    assert (tmp_path / "history.png").exists()

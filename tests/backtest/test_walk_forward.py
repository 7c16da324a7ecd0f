"""Walk-forward: what each fold's agent may see, and on which bars it is tested."""

import pandas as pd
import pytest

from backtest.walk_forward import walk_forward
from config.settings import Settings, load_profile, overridden
from data.synthetic import synthetic_bars
from models.training import train_agent
from utils.errors import DataError

N_BARS = 1_600


def _settings(**changes: int) -> Settings:
    base = load_profile("smoke")
    train = overridden(base.train, {"timesteps": 128, **changes}, "test")
    return base.model_copy(update={"train": train})


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    """Return synthetic bars."""
    return synthetic_bars(N_BARS, "overreaction", seed=5)


@pytest.fixture(scope="module")
def outcomes(bars):
    """Return two folds with an embargo of 276 bars, and the rows that each training was given."""
    seen = []

    def train(rows, settings):
        seen.append(rows)
        return train_agent(rows, settings)

    return list(walk_forward(bars, _settings(folds=2, embargo_bars=276), train)), seen


def test_walk_forward_training_ends_one_embargo_before_each_test_block(bars, outcomes):
    folds, seen = outcomes
    # 1,600 bars: test blocks 800..1199 and 1200..1599
    assert [len(rows) for rows in seen] == [524, 924]
    assert all(rows.index[0] == bars.index[0] for rows in seen)
    assert [fold.result.span for fold in folds] == [
        (bars.index[800], bars.index[1_199]),
        (bars.index[1_200], bars.index[1_599]),
    ]
    assert [fold.result.name for fold in folds] == ["fold_1", "fold_2"]
    assert not any(fold.result.is_in_sample for fold in folds)


def test_walk_forward_agent_does_not_depend_on_bars_after_its_training(bars, outcomes, tmp_path):
    """The scaler and the weights stay the same where every later bar is another market's."""
    folds, _ = outcomes
    other = synthetic_bars(N_BARS, "default", seed=6)
    changed = pd.concat([bars.iloc[:524], other.iloc[524:]])
    first = next(walk_forward(changed, _settings(folds=2, embargo_bars=276), train_agent))
    assert first.agent.scaler == folds[0].agent.scaler
    for number, fold in enumerate((first, folds[0])):
        fold.agent.save(tmp_path / str(number))
    one, two = ((tmp_path / name / "policy.safetensors").read_bytes() for name in ("0", "1"))
    assert one == two
    assert first.agent.provenance["training_last"] == folds[0].agent.provenance["training_last"]
    assert (
        first.agent.provenance["data_fingerprint"]
        == (folds[0].agent.provenance["data_fingerprint"])
    )


def test_walk_forward_folds_that_do_not_fit_are_refused_before_training(bars):
    with pytest.raises(DataError, match="are missing"):
        next(walk_forward(bars.iloc[:400], _settings(folds=2, embargo_bars=276), train_agent))

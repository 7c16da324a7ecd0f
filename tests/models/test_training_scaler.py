"""The scaler of a training run: of the kind asked for, and of its own rows only, fold by fold."""

import numpy as np
import pandas as pd
import pytest

from config.settings import load_profile, overridden
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from data.scaler_fits import FITS
from data.splits import expanding_folds
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from models.artifacts import MANIFEST, MAX_BYTES
from models.training import make_training_env, train_agent
from utils.errors import ArtifactError, ConfigError
from utils.files import canonical_json

N_BARS = 1_600
FEATURES = ("rsi", "roc", "relative_volume")


def settings_with(**changes):
    base = load_profile("smoke")
    train = overridden(base.train, {"features": FEATURES, "timesteps": 128, **changes}, "test")
    return base.model_copy(update={"train": train})


def fold_scalers(bars, settings):
    """Return the scaler of each fold's training environment."""
    folds = expanding_folds(len(bars), 2, 276)
    return [make_training_env(bars.iloc[fold.train], settings).scaler for fold in folds]


def assert_scalers_know_nothing_of_test_rows(bars, settings):
    """Fail unless each fold's scaler stays the same when all bars after its training change."""
    for fold, split in enumerate(expanding_folds(len(bars), 2, 276)):
        changed = pd.concat([bars.iloc[split.train], other_market().iloc[split.train.stop :]])
        assert fold_scalers(bars, settings)[fold] == fold_scalers(changed, settings)[fold]


def market():
    return synthetic_bars(N_BARS, "overreaction", seed=5)


def other_market():
    return synthetic_bars(N_BARS, "crisis", seed=6)


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("kind", FITS)
def test_fold_scaler_knows_nothing_of_test_rows(kind, apart):
    settings = settings_with(scaler=kind, scale_by_session=apart)
    assert_scalers_know_nothing_of_test_rows(market(), settings)


@pytest.mark.parametrize("kind", FITS)
def test_fold_scaler_fitted_on_all_rows_is_caught(kind, monkeypatch):
    """The same check fails where the scaler is fitted on the whole series."""
    fit, whole = Scaler.fit, {}

    def careless(rows, columns, **options):
        return fit(FeatureSet(FEATURES).compute(whole["bars"]), columns, **options)

    def scalers(bars, settings):
        whole["bars"] = bars
        return plain_scalers(bars, settings)

    plain_scalers = fold_scalers
    monkeypatch.setattr(Scaler, "fit", careless)
    monkeypatch.setitem(globals(), "fold_scalers", scalers)
    with pytest.raises(AssertionError):
        assert_scalers_know_nothing_of_test_rows(market(), settings_with(scaler=kind))


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("kind", ["robust", "rank_normal"])
def test_model_keeps_its_scaler_and_refuses_another(kind, apart, tmp_path):
    settings = settings_with(scaler=kind, scale_by_session=apart)
    bars = market().iloc[:800]
    agent = train_agent(bars, settings)
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")
    assert loaded.scaler == agent.scaler
    assert (loaded.scaler.kind, loaded.scaler.is_session_aware) == (kind, apart)
    with pytest.raises(ArtifactError, match="scaled by another scaler"):
        loaded.reset(make_training_env(bars, settings_with()).market, loaded.env_settings)


def test_market_scales_regular_hours_apart():
    env = make_training_env(market(), settings_with(scale_by_session=True))
    chicago = env.market.timestamps.tz_convert("America/Chicago")
    minutes = np.asarray(chicago.hour * 60 + chicago.minute)
    regular = (minutes >= 510) & (minutes < 900)
    for hours in (regular, ~regular):
        means = np.nanmean(env.market.features[hours], axis=0)
        np.testing.assert_allclose(means, 0.0, atol=0.02)  # not 0: values are clipped at 5
    plain = make_training_env(market(), settings_with())
    assert np.nanmean(plain.market.features[regular][:, 2]) > 0.1  # busier than the night


def test_training_with_unknown_scaler_is_refused():
    with pytest.raises(ConfigError, match="unknown scaler `minmax`"):
        make_training_env(market(), settings_with(scaler="minmax"))


def test_scaler_with_the_most_numbers_fits_into_a_manifest():
    """Three hundred columns, ranked, by session: what could be saved can be loaded again."""
    rows = np.random.default_rng(0).normal(size=(500, 300))
    names = [f"some_feature_{number}" for number in range(300)]
    hours = np.arange(500) % 2 == 0
    scaler = Scaler.fit(rows, names, kind="rank_normal", is_rth=hours)
    assert len(canonical_json({"scaler": scaler.to_dict()})) < MAX_BYTES[MANIFEST] / 4

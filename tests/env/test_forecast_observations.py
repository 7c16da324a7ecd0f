"""The third key of an observation: the forecasts of the row, and of no other."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import env  # noqa: F401 - registers the ids
from config.settings import EnvSettings
from data.feature_frames import walking_frame
from data.forecast_names import TRAINED_UNTIL
from data.forecast_store import with_forecasts
from data.preprocessor import Scaler
from env.batch_observation import INDICES
from env.market import build_market
from env.trading_env import TradingEnv
from env.vector_env import TradingVectorEnv
from tests.helpers.forecasts import make_store
from utils.errors import ConfigError, DataError

BARS = walking_frame(160)
FIRST = 60
FEATURES = ["log_return", "time_sin"]
NAMES = ("forecast_h12_spread", "forecast_h3_q50")
ACCOUNT = EnvSettings(lookback_window=5)


@pytest.fixture(name="frame", scope="module")
def _frame(tmp_path_factory):
    path = tmp_path_factory.mktemp("stores") / "store"
    make_store(path, BARS, (FIRST, 100, 160))
    return with_forecasts(BARS, path)


def as_it_is(columns):
    return Scaler(
        columns=tuple(columns),
        centre=(0.0,) * len(columns),
        spread=(1.0,) * len(columns),
        clip=1e6,
        kind="standard",
    )


def walked(environment, n_steps=40):
    """Return what is seen over some steps of alternating actions."""
    seen = [environment.reset(seed=1)[0]]
    for step in range(n_steps):
        seen.append(environment.step(step % 4)[0])
    return seen


def test_observation_with_forecasts_has_the_values_of_its_own_row(frame):
    scaler = as_it_is([*FEATURES, *NAMES])
    environment = TradingEnv(frame, FEATURES, ACCOUNT, scaler, forecast_columns=NAMES)

    observation, info = environment.reset()
    assert info["bar"] == FIRST + 4
    for row in range(FIRST + 4, FIRST + 60):
        expected = frame[list(NAMES)].to_numpy()[row].astype(np.float32)
        np.testing.assert_array_equal(observation["forecast"], expected)
        assert observation["market_features"].shape == (5, 2)
        observation = environment.step(0)[0]


def test_observation_space_has_the_third_key_only_with_forecasts(frame):
    plain = TradingEnv(frame, FEATURES, ACCOUNT)
    seeing = TradingEnv(frame, FEATURES, ACCOUNT, forecast_columns=NAMES)

    assert set(plain.observation_space.spaces) == {"market_features", "position_info"}
    assert seeing.observation_space["forecast"].shape == (2,)
    assert seeing.observation_space["market_features"].shape == (5, 2)
    assert seeing.observation_space.contains(seeing.reset()[0])


def test_observations_without_forecast_columns_are_what_they_were(frame):
    joined, bare = (TradingEnv(each, FEATURES, ACCOUNT) for each in (frame, BARS))

    for ours, theirs in zip(walked(joined), walked(bare), strict=True):
        assert set(ours) == {"market_features", "position_info"}
        for key in ours:
            assert ours[key].tobytes() == theirs[key].tobytes()


def test_market_features_beside_forecasts_are_those_without_them(frame):
    seeing = TradingEnv(frame, FEATURES, ACCOUNT, forecast_columns=NAMES)
    plain = TradingEnv(frame.iloc[FIRST:], FEATURES, ACCOUNT)
    offset = seeing.market.features[FIRST:, :2]

    # From the first forecast on: features that do not look back have the same values there.
    np.testing.assert_array_equal(offset[1:], plain.market.features[1:])


def test_episodes_begin_after_the_first_out_of_fold_row(frame):
    environment = TradingEnv(
        frame, FEATURES, ACCOUNT, forecast_columns=NAMES, episode_bars=5, episode_mode="window"
    )

    assert environment.market.first_valid == FIRST
    assert environment.episodes.first_start == FIRST + 4
    starts = {environment.reset(seed=seed)[1]["bar"] for seed in range(40)}
    assert min(starts) >= FIRST + 4


def test_future_forecasts_change_nothing_that_is_seen_before(frame):
    last = FIRST + 4 + 30
    poisoned = frame.copy()
    forecasts = [name for name in frame.columns if name.startswith("forecast_h")]
    poisoned.loc[poisoned.index[last + 1 :], forecasts] *= -3.0
    scaler = as_it_is([*FEATURES, *NAMES])
    clean, dirty = (
        TradingEnv(each, FEATURES, ACCOUNT, scaler, forecast_columns=NAMES)
        for each in (frame, poisoned)
    )

    seen = zip(walked(clean, 31), walked(dirty, 31), strict=True)
    differs = [ours["forecast"].tobytes() != theirs["forecast"].tobytes() for ours, theirs in seen]

    assert differs == [False] * 31 + [True]


def test_truncated_bars_give_the_first_rows_of_all(frame):
    whole = build_market(frame, FEATURES, forecast_columns=NAMES)

    part = build_market(frame.iloc[:120], FEATURES, forecast_columns=NAMES)

    np.testing.assert_array_equal(part.features, whole.features[:120])


def test_forged_columns_without_stamps_are_refused(frame):
    forged = BARS.assign(forecast_h12_spread=np.roll(BARS["close"].to_numpy(), -1))

    with pytest.raises(DataError, match=f"no `{TRAINED_UNTIL}`"):
        TradingEnv(forged, FEATURES, ACCOUNT, forecast_columns=["forecast_h12_spread"])
    with pytest.raises(ConfigError, match="give it in `forecast_columns`"):
        TradingEnv(forged, [*FEATURES, "forecast_h12_spread"], ACCOUNT)


def test_forecasts_that_were_learnt_too_late_are_refused_by_every_environment(frame):
    late = frame.assign(
        **{
            TRAINED_UNTIL: frame[TRAINED_UNTIL].where(
                frame.index != frame.index[130], frame.index[130]
            )
        }
    )

    for make in (
        lambda: TradingEnv(late, FEATURES, ACCOUNT, forecast_columns=NAMES),
        lambda: TradingVectorEnv(2, late, FEATURES, ACCOUNT, forecast_columns=NAMES),
        lambda: gymnasium.make(
            "FuturesGym/MNQ-v0", df=late, feature_columns=FEATURES, forecast_columns=NAMES
        ),
    ):
        with pytest.raises(DataError, match=frame.index[130].isoformat().replace("+", r"\+")):
            make()


def test_forecasts_that_end_before_the_bars_do_are_refused(frame):
    short = frame.copy()
    short.iloc[150:, short.columns.get_loc(NAMES[0])] = np.nan

    with pytest.raises(DataError, match="must be finite after its first value: 10 of 160"):
        TradingEnv(short, FEATURES, ACCOUNT, forecast_columns=NAMES)


@pytest.mark.parity
def test_vector_environments_see_what_single_ones_see_to_the_bit(frame):
    settings = EnvSettings(lookback_window=5, episode_bars=12, episode_mode="window")
    many = TradingVectorEnv(3, frame, FEATURES, settings, forecast_columns=NAMES)
    single = [TradingEnv(frame, FEATURES, settings, forecast_columns=NAMES) for _ in range(3)]

    seen, _ = many.reset(seed=7)
    ours = [each.reset(seed=7 + i)[0] for i, each in enumerate(single)]
    for step in range(30):
        for key in ("forecast", "market_features", "position_info"):
            assert seen[key].tobytes() == np.stack([each[key] for each in ours]).tobytes()
        actions = np.array([step % 4, (step + 1) % 4, (step + 2) % 4])
        seen, _, terminated, truncated, infos = many.step(actions)
        results = [each.step(int(action)) for each, action in zip(single, actions, strict=True)]
        ours = [result[0] for result in results]
        for i in np.flatnonzero(terminated | truncated):
            final = infos["final_obs"][i]
            assert set(final) == set(ours[i])
            assert final["forecast"].tobytes() == ours[i]["forecast"].tobytes()
            ours[i] = single[i].reset()[0]


def test_index_observations_are_as_without_forecasts(frame):
    many = TradingVectorEnv(
        2, frame, FEATURES, ACCOUNT, observations=INDICES, forecast_columns=NAMES
    )

    seen, _ = many.reset(seed=0)

    assert set(seen) == {"bar_index", "position_info"}
    assert many.market.features.shape == (160, 4)


def test_gymnasium_checker_passes_with_forecasts(frame):
    made = gymnasium.make(
        "FuturesGym/MNQ-v0", df=frame, feature_columns=FEATURES, forecast_columns=NAMES
    )
    check_env(made.unwrapped, skip_render_check=True)


def test_stable_baselines_checker_passes_with_forecasts(frame):
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    check_for_sb3(TradingEnv(frame, FEATURES, ACCOUNT, forecast_columns=NAMES))

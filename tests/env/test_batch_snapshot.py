"""The state of a batch, taken out and put into another, which then goes on alike, bit for bit."""

import json

import numpy as np
import pytest

from env.vector_env import TradingVectorEnv
from tests.env.test_market_paths import NEAR_RUIN, batch
from tests.helpers.batches import assert_same_ends, assert_same_observations, restless_market
from utils.errors import ArtifactError


def moved(envs, n_steps, seed):
    """Return all that random actions bring."""
    random = np.random.default_rng(seed)
    return [envs.step(random.integers(0, 4, envs.num_envs)) for _ in range(n_steps)]


def assert_same_steps(mine, theirs):
    for (seen, *said, infos), (expected, *told, others) in zip(mine, theirs, strict=True):
        assert_same_observations(seen, expected)
        for value, other in zip(said, told, strict=True):
            assert value.tobytes() == other.tobytes()
        assert infos.keys() == others.keys()
        if infos:
            assert_same_ends(infos, others)


@pytest.mark.parity
@pytest.mark.parametrize("shared_paths", [1, 3])
def test_snapshot_restored_in_a_fresh_batch_goes_on_alike(shared_paths):
    envs = batch(shared_paths=shared_paths)
    envs.reset(seed=4)
    envs.set_cost_scale(0.5)
    moved(envs, 40, seed=1)
    arrays, values = envs.snapshot()
    values = json.loads(json.dumps(values))
    expected = moved(envs, 500, seed=2)
    assert sum(bool(infos) for *_, infos in expected) > 30
    fresh = batch(shared_paths=shared_paths)
    fresh.restore(arrays, values)
    assert_same_steps(moved(fresh, 500, seed=2), expected)
    assert fresh.np_random_seed == envs.np_random_seed


def test_snapshot_does_not_move_with_its_batch():
    envs = batch()
    envs.reset(seed=4)
    arrays, values = envs.snapshot()
    before = {name: array.tobytes() for name, array in arrays.items()}
    said = json.dumps(values)
    moved(envs, 100, seed=1)
    assert {name: array.tobytes() for name, array in arrays.items()} == before
    assert json.dumps(values) == said


def test_snapshot_before_the_first_reset_has_no_episode():
    fresh = batch()
    fresh.reset(seed=0)
    fresh.restore(*batch().snapshot())
    with pytest.raises(Exception, match=r"call reset\(\) first"):
        fresh.step(np.zeros(6, dtype=np.int64))


@pytest.mark.parametrize(
    "other",
    [
        lambda: batch(n_envs=3),
        lambda: TradingVectorEnv.over(restless_market().head(150), NEAR_RUIN, 6, "indices", 3),
    ],
)
def test_snapshot_of_another_batch_is_refused_and_nothing_changes(other):
    envs, mine = batch(), other()
    envs.reset(seed=0)
    moved(envs, 300, seed=0)
    mine.reset(seed=1)
    before = mine.accounts.tobytes()
    with pytest.raises(ArtifactError, match="give the environments that it was taken of") as caught:
        mine.restore(*envs.snapshot())
    assert "\n" not in str(caught.value)
    assert mine.accounts.tobytes() == before

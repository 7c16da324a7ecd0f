"""Rows and windows are the same to a network; nothing that was encoded ahead goes stale."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from models import market_extractor
from models.networks import EXTRACTORS
from tests.helpers.agents import LOOKBACK, N_FEATURES, small_space
from utils.errors import ConfigError

NAMES = sorted(EXTRACTORS)
N_ROWS = 90
FEATURES = np.random.default_rng(0).normal(size=(N_ROWS, N_FEATURES)).astype(np.float32)
INDEX_SPACE = spaces.Dict(
    {
        "bar_index": spaces.Box(0, N_ROWS - 1, (1,), np.int64),
        "position_info": spaces.Box(-np.inf, np.inf, (4,), np.float32),
    }
)
ROWS = (40, 5, 40, 7, 89, 41)


def extractor(name="lstm", seed=3, **options):
    """Return an extractor over FEATURES, not in training mode."""
    torch.manual_seed(seed)
    made = EXTRACTORS[name](INDEX_SPACE, 8, window_space=small_space(), **options)
    made.attach(FEATURES)
    return made.train(False)


def account(n):
    return torch.arange(4.0 * n).reshape(n, 4)


def by_rows(rows):
    return {"bar_index": torch.tensor(rows).reshape(-1, 1), "position_info": account(len(rows))}


def by_windows(rows):
    windows = np.stack([FEATURES[row + 1 - LOOKBACK : row + 1] for row in rows])
    return {"market_features": torch.tensor(windows), "position_info": account(len(rows))}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("has_gradients", [True, False])
def test_extractor_sees_the_same_by_rows_as_by_windows(name, has_gradients):
    made = extractor(name)
    with torch.set_grad_enabled(has_gradients):
        torch.testing.assert_close(made(by_rows(ROWS)), made(by_windows(ROWS)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_extractor_gradient_by_rows_is_that_by_windows(name):
    gradients = []
    for observations in (by_rows(ROWS), by_windows(ROWS)):
        made = extractor(name)
        weights = torch.linspace(-1.0, 1.0, 12) * torch.arange(1.0, 7.0)[:, None]
        (made(observations) * weights).sum().backward()
        gradients.append([parameter.grad for parameter in made.parameters()])
    for mine, other in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


def test_extractor_encodes_a_row_that_many_share_once(monkeypatch):
    made, seen = extractor(), []
    true_read = type(made).read
    monkeypatch.setattr(
        type(made), "read", lambda self, x: seen.append(len(x)) or true_read(self, x)
    )
    made(by_rows([40, 40, 41] * 4))
    assert seen == [2]


def test_extractor_encodes_ahead_along_the_path_without_gradients(monkeypatch):
    made, seen = extractor(), []
    true_read = type(made).read
    monkeypatch.setattr(
        type(made), "read", lambda self, x: seen.append(len(x)) or true_read(self, x)
    )
    with torch.no_grad():
        for step in range(33):
            expected = made.encode(by_windows([10 + step, 40 + step])["market_features"])
            seen.clear()
            encoded = made.encode_rows(torch.tensor([10 + step, 40 + step]))
            torch.testing.assert_close(encoded, expected, rtol=0, atol=1e-5)
            # row 10 brings 10 to 41, row 40 brings 40 to 71; then 42 is there, and 72 brings to 89
            assert seen == {0: [62], 32: [18]}.get(step, [])


def test_extractor_cache_is_bounded(monkeypatch):
    made = extractor()
    monkeypatch.setattr(market_extractor, "MAX_CACHE_BYTES", 4 * 8 * 40)
    with torch.no_grad():
        for start in (5, 30, 60, 8):
            for rows in ([start], [start + 20, start]):
                encoded = made.encode_rows(torch.tensor(rows))
                expected = made.encode(by_windows(rows)["market_features"])
                torch.testing.assert_close(encoded, expected, rtol=0, atol=1e-5)
                assert len(made._cache) <= 40


def encoded_alone(made, row=20):
    with torch.no_grad():
        return made.encode_rows(torch.tensor([row]))


@pytest.mark.parametrize("name", NAMES)
def test_extractor_cache_does_not_outlive_a_training_step(name):
    made = extractor(name)
    optimizer = torch.optim.Adam(made.parameters(), lr=0.1, fused=True)
    before = encoded_alone(made)
    made(by_rows(ROWS)).square().sum().backward()
    optimizer.step()
    after = encoded_alone(made)
    assert (after - before).abs().max() > 1e-4
    with torch.no_grad():
        expected = made.encode(by_windows([20])["market_features"])
    torch.testing.assert_close(after, expected, rtol=0, atol=1e-5)


def test_extractor_cache_does_not_outlive_other_weights_or_another_market():
    made, other = extractor(), extractor(seed=4)
    before = encoded_alone(made)
    made.load_state_dict(other.state_dict())
    assert torch.equal(encoded_alone(made), encoded_alone(other))
    made.attach(FEATURES + 1.0)
    assert not torch.equal(encoded_alone(made), encoded_alone(other))
    assert not torch.equal(encoded_alone(made), before)


def test_extractor_features_are_no_part_of_the_weights():
    made = extractor()
    assert all(tensor.numel() < N_ROWS * N_FEATURES for tensor in made.state_dict().values())
    assert set(made.state_dict()) == {name for name, _ in made.named_parameters()}


def test_extractor_without_features_or_with_others_is_refused():
    torch.manual_seed(0)
    bare = EXTRACTORS["gru"](INDEX_SPACE, 8, window_space=small_space())
    with pytest.raises(ConfigError, match="without a market cannot look up bar indices"):
        bare(by_rows(ROWS))
    with pytest.raises(ConfigError, match="must have 3 columns, .* had 2"):
        bare.attach(FEATURES[:, :2])


@pytest.mark.parametrize(
    ("view", "seen"),
    [("position", [1, 0, 0, 0]), ("trade", [1, 1, 1, 0]), ("account", [1, 1, 1, 1])],
)
def test_extractor_account_view_shows_what_it_names(view, seen):
    made = extractor(account_view=view)
    shown = made(by_rows(ROWS))[:, 8:]
    assert torch.equal(shown, account(6) * torch.tensor(seen))


def test_extractor_dropout_is_each_samples_own_and_in_training_only():
    made, rows = extractor(dropout=0.5), [40] * 200
    plain = made(by_rows(rows))
    assert torch.equal(plain[0, :8], plain[1, :8])
    dropped = made.train(True)(by_rows(rows))[:, :8]
    assert 0.4 < (dropped == 0).float().mean() < 0.6
    torch.testing.assert_close(dropped[dropped != 0], 2 * plain[:, :8][dropped != 0])
    assert len({tuple(row) for row in (dropped == 0).tolist()}) > 50


@pytest.mark.parametrize("name", NAMES)
def test_extractor_bf16_is_near_and_in_training_only(name):
    made, plain = extractor(name, bf16=True), extractor(name)
    exact = plain(by_windows(ROWS))
    assert torch.equal(made(by_windows(ROWS)), exact)
    near = made.train(True)(by_windows(ROWS))
    assert near.dtype == torch.float32
    assert 0 < (near - exact).abs().max() < 0.05


def test_extractor_takes_many_windows_in_chunks(monkeypatch):
    made = extractor()
    rows = [5 + i % 80 for i in range(300)]
    whole = made.read(by_windows(rows)["market_features"])
    torch.testing.assert_close(made.encode(by_windows(rows)["market_features"]), whole)

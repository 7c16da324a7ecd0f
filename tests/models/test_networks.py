"""Every tower: shape, position beside it, order of bars matters; attention weights can be read."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from env.observation import observation_space
from models.networks import EXTRACTORS, AttentionExtractor, TcnExtractor, positional_encoding
from tests.helpers.agents import LOOKBACK, N_FEATURES, small_space

NAMES = sorted(EXTRACTORS)


def _batch(n: int = 2, seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        "market_features": torch.randn(n, LOOKBACK, N_FEATURES, generator=generator),
        "position_info": torch.tensor([[1.0, 0.1, 0.5, 1.2], [-1.0, 0.0, 0.0, 1.0]])[:n],
    }


def _extractor(name: str, hidden_size: int = 8):
    torch.manual_seed(3)
    return EXTRACTORS[name](small_space(), hidden_size=hidden_size)


@pytest.mark.parametrize("name", NAMES)
def test_extractor_output_is_tower_then_position(name):
    extractor = _extractor(name)
    output = extractor(_batch())
    assert output.shape == (2, 12)
    assert extractor.features_dim == 12
    assert torch.equal(output[:, 8:], _batch()["position_info"])


@pytest.mark.parametrize("name", NAMES)
def test_extractor_tower_does_not_see_the_position(name):
    batch = _batch()
    other = {**batch, "position_info": torch.zeros(2, 4)}
    extractor = _extractor(name)
    assert torch.equal(extractor(batch)[:, :8], extractor(other)[:, :8])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bar", [0, LOOKBACK - 1])
def test_extractor_output_depends_on_the_oldest_and_on_the_newest_bar(name, bar):
    batch = _batch()
    changed = batch["market_features"].clone()
    changed[:, bar] += 1.0
    extractor = _extractor(name)
    difference = extractor.encode(batch["market_features"]) - extractor.encode(changed)
    assert difference.abs().max() > 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_extractor_output_depends_on_the_order_of_earlier_bars(name):
    market = _batch()["market_features"]
    swapped = market[:, [1, 0, *range(2, LOOKBACK)]]
    extractor = _extractor(name)
    assert (extractor.encode(market) - extractor.encode(swapped)).abs().max() > 1e-6


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hidden_size", [1, 3])
def test_extractor_odd_width_works(name, hidden_size):
    assert _extractor(name, hidden_size)(_batch()).shape == (2, hidden_size + 4)


def test_attention_weights_cover_the_window_and_sum_to_one():
    weights = _extractor("attention").attention_weights(_batch()["market_features"])
    assert weights.shape == (2, LOOKBACK)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.detach().sum(dim=1), 1.0, rtol=1e-6)


def test_attention_of_the_last_query_equals_full_self_attention():
    extractor = _extractor("attention")
    assert isinstance(extractor, AttentionExtractor)
    market = _batch()["market_features"]
    tokens = extractor.embedding(market) + extractor.encoding
    attended, _ = extractor.attention(tokens, tokens, tokens)
    full = extractor.norm(tokens + attended)[:, -1]
    torch.testing.assert_close(extractor.encode(market), full)


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_recurrent_sequence_of_one_window_ends_as_the_window(name):
    extractor = _extractor(name)
    market = _batch()["market_features"]
    along = extractor.encode_sequence(market)
    assert along.shape == (2, LOOKBACK, 8)
    torch.testing.assert_close(along[:, -1], extractor.encode(market))
    changed = market.clone()
    changed[:, 3:] += 1.0
    after = extractor.encode_sequence(changed)
    assert torch.equal(after[:, :3], along[:, :3])
    assert not torch.equal(after[:, 3], along[:, 3])


def test_tcn_is_the_last_output_of_dilated_causal_convolutions():
    extractor = _extractor("tcn")
    assert isinstance(extractor, TcnExtractor)
    market = _batch()["market_features"]
    assert len(extractor.levels) == 3  # 2 + 2 + 4 bars of lookback 6, and two before
    tokens = functional.pad(extractor.embedding(market), (0, 0, 2, 0)).transpose(1, 2)
    for i, level in enumerate(extractor.levels):
        older, newer = level.weight[:, :8], level.weight[:, 8:]
        kernel = torch.stack((older, newer), dim=2)
        padded = functional.pad(tokens, (2**i, 0))
        tokens = tokens + functional.conv1d(padded, kernel, level.bias, dilation=2**i).relu()
    torch.testing.assert_close(extractor.encode(market), extractor.norm(tokens[:, :, -1]))


@pytest.mark.parametrize(("lookback", "n_levels"), [(1, 0), (2, 1), (50, 6), (64, 6), (65, 7)])
def test_tcn_has_the_levels_that_its_lookback_needs(lookback, n_levels):
    torch.manual_seed(0)
    extractor = TcnExtractor(observation_space(lookback, N_FEATURES), 4)
    assert len(extractor.levels) == n_levels
    windows = torch.randn(64, lookback, N_FEATURES, requires_grad=True)
    (extractor.encode(windows) * torch.arange(4.0)).sum().backward()
    assert windows.grad is not None
    assert (windows.grad.abs().sum(dim=(0, 2)) > 0).all()


def test_positional_encoding_first_rows_are_as_written_in_the_paper():
    encoding = positional_encoding(length=2, width=4)
    expected = [[0.0, 0.0, 1.0, 1.0], [0.841471, 0.0099998, 0.540302, 0.99995]]
    np.testing.assert_allclose(encoding, expected, atol=1e-6)

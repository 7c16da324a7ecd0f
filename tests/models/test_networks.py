"""Every tower: shape, position beside it, order of bars matters; attention weights can be read."""

import numpy as np
import pytest
import torch

from models.networks import EXTRACTORS, AttentionExtractor, positional_encoding
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


def test_positional_encoding_first_rows_are_as_written_in_the_paper():
    encoding = positional_encoding(length=2, width=4)
    expected = [[0.0, 0.0, 1.0, 1.0], [0.841471, 0.0099998, 0.540302, 0.99995]]
    np.testing.assert_allclose(encoding, expected, atol=1e-6)

"""Torch families: compiled numbers are torch's, what they begin with, curves and early stopping."""

import numpy as np
import pytest
import torch

from data.forecast_names import LEVELS
from models.compiled.mixture_quantiles import mixture_quantiles, mixture_ranks
from models.forecast.attention_net import AttentionNetwork
from models.forecast.mixture_density import (
    READ_LEVELS,
    mixture_density,
    mixture_loss,
    t4_quantiles,
)
from models.forecast.neural_model import NeuralModel
from models.forecast.quantile_net import QuantileNetDesign, gaps_of, quantiles_of_gaps
from models.forecast.torch_training import TorchRows, train_network
from models.forecast.transformer import AttentionDesign, Transformer
from tests.helpers.forecast_laws import T4_QUANTILES, law, task_of

pytestmark = pytest.mark.usefixtures("one_thread")


def weights_of(network):
    """Return a network's weights as a model keeps them."""
    return {name: each.numpy().astype(np.float64) for name, each in network.state_dict().items()}


@pytest.mark.parametrize("design", [QuantileNetDesign(), AttentionDesign()])
def test_compiled_network_says_what_torch_says(design):
    torch.manual_seed(0)
    network = design.network(7, np.linspace(-2.0, 2.0, 50))
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.4)
    rows = np.random.default_rng(0).normal(size=(40, 7))
    network.train(False)
    with torch.inference_mode():
        expected = quantiles_of_gaps(network(torch.tensor(rows, dtype=torch.float32)))
    found = design.forecast(weights_of(network))(rows)
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-5)
    assert np.ptp(found[:, 4]) > 0.1


def test_gaps_are_made_the_quantiles_that_they_were_made_of():
    quantiles = np.array([-3.0, -2.0, -1.0, -0.5, 0.1, 0.2, 0.2, 1.5, 4.0])
    outputs = torch.tensor(gaps_of(quantiles))[None]
    expected = [-3.0, -2.0, -1.0, -0.5, 0.1, 0.2, 0.201, 1.501, 4.001]
    assert quantiles_of_gaps(outputs)[0].tolist() == pytest.approx(expected, abs=1e-6)


def t4_density(values):
    """Return torch's density of a standard t of four degrees of freedom."""
    return torch.distributions.StudentT(4.0).log_prob(torch.tensor(values)).exp().numpy()


def test_mixture_loss_is_the_likelihood_of_torch():
    """Two parts of weight near 0, one at .5 of spread 2 with the least spread in it."""
    outputs = torch.tensor([[-50.0, 0.0, -50.0, 0.0, 0.5, 0.0, 0.0, np.log(1.98), 0.0]])
    found = mixture_loss(outputs.double(), torch.tensor([1.7]).double())
    assert float(found) == pytest.approx(-np.log(t4_density(0.6) / 2.0), abs=1e-6)


def test_t4_quantiles_are_those_of_the_tables():
    np.testing.assert_allclose(t4_quantiles(np.array(LEVELS)), T4_QUANTILES, atol=1e-6)


def test_mixture_quantiles_have_their_level_below_them():
    outputs = np.array([[0.0, 1.0, -1.0, -0.5, 0.2, 2.0, 0.0, -1.0, 0.5]])
    levels = np.stack([np.array(LEVELS), t4_quantiles(np.array(LEVELS))])
    found, work = np.empty((1, 9)), np.empty((3, 3))
    mixture_quantiles(outputs, 0.0, levels, work, found)
    shares = np.exp([0.0, 1.0, -1.0]) / np.exp([0.0, 1.0, -1.0]).sum()
    places = np.linspace(-400.0, found[0], 200_001)
    density = sum(
        share * t4_density((places - centre) / np.exp(log)) / np.exp(log)
        for share, centre, log in zip(shares, [-0.5, 0.2, 2.0], [0.0, -1.0, 0.5], strict=True)
    )
    np.testing.assert_allclose(np.trapezoid(density, places, axis=0), LEVELS, atol=1e-6)
    ranks = np.empty(1)
    mixture_ranks(outputs, 0.0, found[0, 3:4], work, ranks)
    assert ranks[0] == pytest.approx(0.25, abs=1e-12)


def test_attention_is_a_share_of_each_row_and_torchs():
    model = Transformer(task_of())
    rows = law(1_200)
    rows.fit(model)
    found = model.attention(rows.X[:50])
    assert found.shape == (50, 6)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert (found > 0.0).all()
    assert found[3:4].tobytes() == model.attention(rows.X[3:4]).tobytes()


def test_attention_goes_to_the_token_whose_key_is_asked_for():
    """All other keys are zero: the token's score is 4 for each of four heads of four numbers."""
    network = AttentionNetwork(3)
    for weight in network.parameters():
        torch.nn.init.zeros_(weight)
    tokens = torch.zeros(1, 3, 16)
    tokens[0, 1] = 1.0
    with torch.no_grad():
        network.query.bias.fill_(2.0)
        network.key.weight.copy_(torch.eye(16))
        shares = network._shares(torch.zeros(1, 16), tokens)[0]
    expected = np.exp(4.0) / (np.exp(4.0) + 2.0)
    assert shares.tolist() == pytest.approx([(1 - expected) / 2, expected, (1 - expected) / 2])


def test_making_a_model_from_arrays_draws_nothing():
    before = torch.get_rng_state()
    AttentionDesign().shapes(6)
    assert torch.equal(torch.get_rng_state(), before)


def test_mixture_is_read_at_the_levels_where_training_labels_lay():
    """All levels read at a half say the median; the network's own would be apart."""
    rows = law(400)
    model = mixture_density(task_of())
    rows.fit(model)
    before = model.predict_quantiles(rows.X)
    model.load_arrays({**model.arrays(), READ_LEVELS: np.full(len(LEVELS), 0.5)}, "file")
    after = model.predict_quantiles(rows.X)
    assert (after == after[:, :1]).all()
    shares = (rows.y[:, None] <= before).mean(axis=0)
    np.testing.assert_allclose(shares, LEVELS, atol=0.01)


def test_training_keeps_the_weights_that_did_best():
    """Learning 1 where 0 is held out makes each epoch worse: the first weights come back."""
    network = torch.nn.Linear(1, 1)
    torch.nn.init.zeros_(network.weight)
    torch.nn.init.zeros_(network.bias)
    learnt = TorchRows.of(np.ones((64, 1)), np.ones(64))
    held_out = TorchRows.of(np.ones((8, 1)), np.zeros(8))
    told = []
    task = task_of(on_progress=lambda what, share: told.append(what))
    loss = torch.nn.functional.mse_loss
    train_network(network, lambda a, b: loss(a[:, 0], b), (learnt, held_out), task)
    assert network.weight.item() == network.bias.item() == 0.0
    assert told == [f"epoch {number} of at most 30" for number in (1, 2, 3, 4)]


def test_curves_are_written_where_they_are_wanted(tmp_path):
    law(400).fit(NeuralModel(task_of(tensorboard=tmp_path), QuantileNetDesign()))
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("events.out.tfevents")
    assert b"loss/held_out" in file.read_bytes()

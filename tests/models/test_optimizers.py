"""Adam over several batches is Adam on their mean gradient."""

import torch

from models.optimizers import AccumulatingAdam

FIRST, SECOND = [1.0, -2.0], [3.0, 6.0]
MEAN = [2.0, 2.0]


def _stepped(gradients: list[list[float]], accumulate: int) -> torch.nn.Parameter:
    parameter = torch.nn.Parameter(torch.tensor([0.5, -0.5]))
    optimizer = AccumulatingAdam([parameter], lr=0.1, accumulate=accumulate)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        optimizer.zero_grad()
    return parameter


def test_accumulating_adam_two_half_batches_equal_one_step_on_the_mean_gradient():
    accumulated = _stepped([FIRST, SECOND, SECOND, FIRST], accumulate=2)
    plain = _stepped([MEAN, MEAN], accumulate=1)
    assert torch.equal(accumulated, plain)


def test_accumulating_adam_first_half_batch_leaves_the_weights_alone():
    assert torch.equal(_stepped([FIRST], accumulate=2), torch.tensor([0.5, -0.5]))


def test_accumulating_adam_of_one_batch_is_plain_adam():
    parameter = torch.nn.Parameter(torch.tensor([0.5, -0.5]))
    plain = torch.optim.Adam([parameter], lr=0.1)
    parameter.grad = torch.tensor(FIRST)
    plain.step()
    assert torch.equal(_stepped([FIRST], accumulate=1), parameter)


def test_accumulating_adam_first_step_moves_each_weight_by_the_learning_rate_against_its_gradient():
    parameter = _stepped([[4.0, -1.0], [0.0, -3.0]], accumulate=2)
    torch.testing.assert_close(parameter.detach(), torch.tensor([0.4, -0.4]))


def test_accumulating_adam_batches_left_over_count_towards_the_next_step():
    parameter = torch.nn.Parameter(torch.tensor([0.5, -0.5]))
    optimizer = AccumulatingAdam([parameter], lr=0.1, accumulate=3)
    for gradient in ([3.0, 0.0], [3.0, 0.0]):
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
    assert parameter[0].item() == 0.5
    parameter.grad = torch.tensor([3.0, 0.0])
    optimizer.step()
    torch.testing.assert_close(parameter.detach(), torch.tensor([0.4, -0.5]))

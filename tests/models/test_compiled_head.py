"""The compiled policy head: numbers by hand, torch's numbers, the same without a compiler."""

import math

import numpy as np
import pytest
import torch

from models.compiled import head as compiled
from models.compiled.head import Head, best_action, head_outputs
from utils.jit import is_compiling


def floats(values):
    return np.array(values, dtype=np.float32)


def random_head(seed=0, n_outputs=4):
    random = np.random.default_rng(seed)
    shapes = {
        "account": (4, 8),
        "hidden": (8, 6),
        "hidden_bias": (6,),
        "output": (6, n_outputs),
        "output_bias": (n_outputs,),
    }
    arrays = {name: floats(random.normal(size=shape)) for name, shape in shapes.items()}
    return floats(random.normal(size=8)), floats(random.normal(size=4)), Head(**arrays)


def test_head_outputs_by_hand():
    """First tanh(0.5 + 2 * 0.25) = tanh 1; second tanh(0.1 + 3 tanh 1); then 2 x that, - 1."""
    head = Head(floats([[2.0]]), floats([[3.0]]), floats([0.1]), floats([[2.0]]), floats([-1.0]))
    second = math.tanh(0.1 + 3.0 * math.tanh(1.0))
    outputs = head_outputs(floats([0.5]), floats([0.25]), head)
    assert outputs.tolist() == pytest.approx([2.0 * second - 1.0], abs=1e-6)


def test_head_outputs_are_those_of_torchs_layers():
    part, info, head = random_head()
    weights = Head(*map(torch.as_tensor, head))
    first = torch.tanh(torch.as_tensor(part) + torch.as_tensor(info) @ weights.account)
    second = torch.tanh(first @ weights.hidden + weights.hidden_bias)
    expected = second @ weights.output + weights.output_bias
    np.testing.assert_allclose(head_outputs(part, info, head), expected, atol=1e-6)


def test_head_outputs_leave_their_arguments_as_they_are():
    given, same = random_head(), random_head()
    head_outputs(*given)
    assert np.array_equal(given[0], same[0])
    assert all(map(np.array_equal, given[2], same[2]))


@pytest.mark.parametrize(
    ("position", "allowed", "expected"),
    [
        (0.0, [[0, 0, 1], [1, 1, 1], [1, 0, 0]], 1),
        (0.2, [[0, 0, 1], [1, 1, 1], [1, 0, 0]], 0),
        (-1.0, [[0, 0, 1], [1, 1, 1], [1, 0, 0]], 2),
        (0.0, [[1, 1, 1], [1, 0, 1], [1, 1, 1]], 0),
    ],
)
def test_best_action_is_the_largest_output_that_the_side_allows(position, allowed, expected):
    """Outputs are 1, 3, 1 whatever is seen; of equal ones the first is taken."""
    nothing = np.zeros((1, 1), np.float32)
    head = Head(nothing, nothing, floats([0.0]), floats([[0.0] * 3]), floats([1.0, 3.0, 1.0]))
    table = np.array(allowed, dtype=np.bool_)
    assert best_action(floats([0.0]), floats([position]), head, table) == expected


@pytest.mark.skipif(not is_compiling(), reason="nothing is compiled without the JIT")
def test_head_gives_the_same_bits_without_a_compiler():
    for seed in range(20):
        part, info, head = random_head(seed)
        plain = compiled._dense.py_func(part, info, head.account)
        assert compiled._dense(part, info, head.account).tobytes() == plain.tobytes()
        tanh = compiled._tanh.py_func(plain.copy())
        assert compiled._tanh(plain.copy()).tobytes() == tanh.tobytes()

"""LightGBM's text of a model, checked and written anew before LightGBM reads it.

LightGBM trusts its text: a child, an input or a line that is not as it should be is read from
wherever that leads. So nothing of a given text is handed on: what its trees are made of is read
strictly, checked to be trees, and written again. The format is that of LightGBM 4, `Tree::ToString`
and `GBDT::SaveModelToString` of its sources.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence

TREE, END = "Tree=", "end of trees"
HEADER = {"num_class": "1", "num_tree_per_iteration": "1", "objective": "regression"}
"""What a model of one regression says of itself."""

SPLIT_INTEGERS = ("split_feature", "decision_type", "left_child", "right_child")
NUMERICAL_KINDS = frozenset({0, 2, 4, 6, 8, 10})
"""Of `decision_type`: numerical splits, whose lowest bit is clear, whatever is missing."""

INTEGER = re.compile(r"-?[0-9]{1,9}")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")

Fields = Mapping[str, str]


def checked_trees(text: bytes, width: int) -> str:
    """Return a text of the same forecasts that LightGBM can be trusted with.

    Args:
        text: As LightGBM wrote it.
        width: Inputs that the model must have.

    Raises:
        ValueError: If it is no model of one regression by numerical splits, or of other inputs.
    """
    try:
        head, *blocks = _blocks(text)
        n_inputs = _integers(head["max_feature_idx"])[0] + 1
        is_regression = all(head[key] == value for key, value in HEADER.items())
        trees = [
            line
            for number, block in enumerate(blocks)
            for line in (f"{TREE}{number}", *_tree_lines(block, n_inputs))
        ]
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError("is no LightGBM model") from error
    if not is_regression:
        raise ValueError("is no LightGBM model of one regression")
    if n_inputs != width:
        raise ValueError(f"must be a model of {width} inputs, found {n_inputs}")
    return "\n".join([*_head_lines(width), *trees, END, "", "parameters:", "end of parameters", ""])


def _blocks(text: bytes) -> Iterator[Fields]:
    """Yield the fields of the head, then those of each tree, the number of the tree left out."""
    lines = text.decode("ascii").split("\n")
    starts = [row for row, line in enumerate(lines) if line.startswith(TREE)]
    stop = lines.index(END)
    if lines[0] != "tree" or (starts and starts[-1] > stop):
        raise ValueError("not in order")
    edges = [0, *starts, stop]
    for start, end in itertools.pairwise(edges):
        yield _fields(lines[start + 1 : end])


def _fields(lines: Sequence[str]) -> Fields:
    """Return lines `key=value` by key; other lines, and a key that is there twice, are refused."""
    pairs = [line.split("=", 1) for line in lines if line]
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key is there twice")
    return fields


def _tree_lines(fields: Fields, n_inputs: int) -> Iterator[str]:
    """Yield the lines after the first of a tree whose every split asks an input that is there.

    Raises:
        ValueError: If it is no tree of numerical splits.
    """
    (n_leaves,), leaves = _integers(fields["num_leaves"]), _numbers(fields["leaf_value"])
    is_plain = fields["num_cat"] == "0" and fields.get("is_linear", "0") == "0"
    if not is_plain or n_leaves < 1 or len(leaves) != n_leaves:
        raise ValueError("no tree of numerical splits")
    yield from (f"num_leaves={n_leaves}", "num_cat=0")
    if n_leaves > 1:
        splits = {key: _integers(fields[key]) for key in SPLIT_INTEGERS}
        thresholds = _numbers(fields["threshold"])
        _check_splits(splits, n_leaves, n_inputs)
        if len(thresholds) != n_leaves - 1:
            raise ValueError("not a threshold for each split")
        yield from (f"{key}={_joined(values)}" for key, values in splits.items())
        yield f"threshold={_joined(thresholds)}"
    yield from (f"leaf_value={_joined(leaves)}", "is_linear=0", "shrinkage=1", "", "")


def _check_splits(splits: Mapping[str, list[int]], n_leaves: int, n_inputs: int) -> None:
    """Refuse splits that do not make one tree; a child below zero is the complement of a leaf."""
    left, right = splits["left_child"], splits["right_child"]
    children = left + right
    inner = sorted([0, *(child for child in children if child >= 0)])
    outer = sorted(~child for child in children if child < 0)
    leads_on = all(
        child < 0 or child > split for side in (left, right) for split, child in enumerate(side)
    )
    is_sound = (
        all(len(values) == n_leaves - 1 for values in splits.values())
        and all(0 <= asked < n_inputs for asked in splits["split_feature"])
        and set(splits["decision_type"]) <= NUMERICAL_KINDS
        and leads_on
        and inner == list(range(n_leaves - 1))
        and outer == list(range(n_leaves))
    )
    if not is_sound:
        raise ValueError("the splits make no tree")


def _head_lines(width: int) -> list[str]:
    return [
        "tree",
        "version=v4",
        *(f"{key}={value}" for key, value in HEADER.items()),
        "label_index=0",
        f"max_feature_idx={width - 1}",
        f"feature_names={_joined([f'Column_{number}' for number in range(width)])}",
        f"feature_infos={_joined(['none'] * width)}",
        "",
    ]


def _integers(text: str) -> list[int]:
    words = text.split(" ")
    if not all(INTEGER.fullmatch(word) for word in words):
        raise ValueError("not whole numbers, a space apart")
    return [int(word) for word in words]


def _numbers(text: str) -> list[str]:
    """Return numbers as they were written: the finite ones that Python and LightGBM read alike."""
    words = text.split(" ")
    if not all(NUMBER.fullmatch(word) and math.isfinite(float(word)) for word in words):
        raise ValueError("not finite numbers, a space apart")
    return words


def _joined(values: Sequence[object]) -> str:
    return " ".join(map(str, values))

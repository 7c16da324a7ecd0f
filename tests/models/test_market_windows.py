"""Windows of rows as views of the features, and what is kept of rows."""

import numpy as np
import torch

from models.market_windows import MarketWindows, RowCache

FEATURES = np.arange(10, dtype=np.float32).reshape(5, 2)
CPU = torch.device("cpu")


def rows(*values):
    return torch.tensor(values)


def test_market_windows_end_with_their_rows_oldest_first():
    windows = MarketWindows(FEATURES, 3, CPU).of(rows(4, 2))
    assert windows.tolist() == [[[4, 5], [6, 7], [8, 9]], [[0, 1], [2, 3], [4, 5]]]


def test_market_windows_of_read_only_features_are_there_too():
    features = FEATURES.copy()
    features.flags.writeable = False
    assert MarketWindows(features, 1, CPU).of(rows(1)).tolist() == [[[2, 3]]]


def test_market_windows_of_a_part_of_the_market_do_not_reach_beyond_it():
    part = MarketWindows(FEATURES[:4], 2, CPU)
    assert part.n_rows == 4
    assert part.of(rows(3)).tolist() == [[[4, 5], [6, 7]]]


def test_row_cache_tells_what_is_missing_and_gives_back_what_is_there():
    cache = RowCache()
    assert cache.missing(rows(3, 1)).tolist() == [3, 1]
    cache.add(rows(7, 3), torch.tensor([[70.0], [30.0]]))
    cache.add(rows(5), torch.tensor([[50.0]]))
    assert len(cache) == 3
    assert cache.missing(rows(9, 5, 3, 4, 0)).tolist() == [9, 4, 0]
    assert cache.of(rows(3, 7, 5, 3)).tolist() == [[30.0], [70.0], [50.0], [30.0]]


def test_row_cache_cleared_knows_nothing():
    cache = RowCache()
    cache.add(rows(1), torch.ones(1, 1))
    cache.clear()
    assert len(cache) == 0
    assert cache.missing(rows(1)).tolist() == [1]

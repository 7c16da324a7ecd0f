"""What the page is given of bars and trades is all of it, and small."""

import base64
import json
import zlib

import numpy as np
import pandas as pd
import pytest

from backtest.candle_payload import candle_payload, packed_bars
from data.synthetic import synthetic_bars
from tests.helpers.results import flat_bars, hand_made_result


def unpacked(content, n_bars):
    """Return the five columns of differences, (5, n)."""
    planes = np.frombuffer(content, np.uint8).reshape(5, 4, n_bars)
    codes = np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<u4")[..., 0].astype(np.int64)
    return (codes >> 1) ^ -(codes & 1)


def test_packed_bars_are_differences_of_what_is_near():
    seconds = np.array([1_000, 1_300, 5_000])
    ticks = np.array([[400, 410, 395, 405], [404, 404, 380, 390], [300, 301, 299, 300]])
    columns = unpacked(packed_bars(seconds, ticks), 3)
    assert columns.tolist() == [
        [0, 300, 3_700],  # steps of the stamp
        [400, -1, -90],  # open less the close before
        [5, -14, 0],  # close less open
        [5, 0, 1],  # high above both
        [5, 10, 1],  # low below both
    ]


def test_candle_payload_holds_every_bar_and_trade_by_its_row():
    payload = candle_payload(hand_made_result(), flat_bars())
    facts = json.loads(payload.facts)
    first = int(pd.Timestamp("2025-01-02 15:00", tz="UTC").timestamp())
    assert facts == {"bars": 6, "first": first, "tick": 0.25, "decimals": 2, "view_end": 6}
    trades = json.loads(zlib.decompress(base64.b64decode(payload.trades)))
    assert trades == {
        "entry": [1], "exit": [3], "paid": [20_000.25], "got": [20_005.13], "size": [1],
        "net": [8.52], "reason": [0], "labels": ["stop"],
    }  # fmt: skip
    columns = unpacked(zlib.decompress(base64.b64decode(payload.bars)), 6)
    assert columns[1].tolist() == [80_000, 0, 0, 0, 0, 0]  # 20,000 points in ticks of 0.25
    assert columns[3].tolist() == [4] * 6


def test_candle_payload_of_many_bars_takes_few_bytes_of_each():
    bars = synthetic_bars(20_000, seed=1)
    result = hand_made_result(
        bars=bars, equity=np.full(20_000, 1e4), positions=np.zeros(20_000, np.int64)
    )
    assert len(candle_payload(result, bars).bars) < 20_000 * 8


@pytest.mark.parametrize(("symbol", "decimals"), [("MNQ", 2), ("CL", 2), ("6E", 5), ("MYM", 0)])
def test_candle_payload_shows_prices_with_the_decimals_of_their_grid(symbol, decimals):
    settings = hand_made_result().settings.model_copy(update={"symbol": symbol})
    facts = json.loads(candle_payload(hand_made_result(settings=settings), flat_bars()).facts)
    assert facts["decimals"] == decimals

"""Pictures and lines: what is drawn of an account, and that nothing later is."""

import numpy as np
import pytest

from data.synthetic import synthetic_bars
from env.render import BACKGROUND, FALL, HEIGHT, LONG_SHADE, N_CANDLES, SHORT_SHADE, WIDTH, picture
from env.trading_env import TradingEnv
from tests.helpers.markets import B0, B1, plain_simulation

HOLD, BUY, SELL, CLOSE = range(4)
FALLING = (20_000, 20_002, 19_990, 19_991)


def count(image, colour):
    """Return how many pixels have exactly this colour."""
    return int((image == np.array(colour, dtype=np.uint8)).all(axis=2).sum())


def test_picture_is_an_image_of_bytes_that_belongs_to_its_receiver():
    simulation = plain_simulation((B0, B1, B0))
    first = picture(simulation)
    assert (first.shape, first.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    assert count(first, BACKGROUND) > 0.8 * HEIGHT * WIDTH
    first[:] = 0
    assert picture(simulation).max() == 255


def test_picture_shades_bars_that_were_held():
    simulation = plain_simulation((B0, B1, B0, B0, B0))
    assert count(picture(simulation), LONG_SHADE) == 0
    simulation.step(BUY)
    long_only = picture(simulation)
    assert count(long_only, LONG_SHADE) > 1_000
    assert count(long_only, SHORT_SHADE) == 0
    simulation.step(SELL)
    assert count(picture(simulation), SHORT_SHADE) > 1_000


def test_picture_marks_a_sale_on_a_rising_bar_in_red():
    simulation = plain_simulation((B1,) * 4)
    simulation.step(HOLD)
    assert count(picture(simulation), FALL) == 0  # all bars rise, and nothing is sold
    simulation.step(SELL)
    assert count(picture(simulation), FALL) > 20


def test_picture_shows_no_later_bar():
    same = (B0, B1, B0)
    ends_here = plain_simulation((*same, B0))
    falls_later = plain_simulation((*same, FALLING))
    for simulation in (ends_here, falls_later):
        simulation.step(BUY)
        simulation.step(HOLD)
    assert picture(ends_here).tobytes() == picture(falls_later).tobytes()


def test_picture_of_a_market_that_never_moves_can_be_drawn():
    simulation = plain_simulation([(20_000,) * 4] * 3)
    assert picture(simulation).shape == (HEIGHT, WIDTH, 3)


def test_picture_holds_the_last_bars_of_a_long_episode():
    env = TradingEnv(
        synthetic_bars(400, seed=2), ["rsi"], lookback_window=1, render_mode="rgb_array"
    )
    env.reset()
    rng = np.random.default_rng(1)
    for _ in range(3 * N_CANDLES):
        env.step(rng.integers(4))
    first = env.render()
    assert first.tobytes() == env.render().tobytes()
    env.step(CLOSE)
    assert first.tobytes() != env.render().tobytes()


@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
def test_render_mode_is_declared(mode):
    assert mode in TradingEnv.metadata["render_modes"]
    assert TradingEnv.metadata["render_fps"] > 0

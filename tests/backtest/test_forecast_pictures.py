"""A forecaster's figures as PNG files: all of them, drawn, the same every time."""

import io

import numpy as np
import pytest
from PIL import Image

from backtest.forecast_pictures import FORECAST_PICTURES, write_forecast_pictures
from tests.helpers.forecast_pages import forecast_page


@pytest.fixture(scope="module")
def page():
    return forecast_page()


def n_colours(content):
    """Return how many colours a picture has: an empty one has few."""
    with Image.open(io.BytesIO(content)) as picture:
        return len(picture.convert("RGB").getcolors(maxcolors=2**24))


def test_write_forecast_pictures_draws_every_one_the_same_twice(page, tmp_path):
    for folder in ("a", "b"):
        write_forecast_pictures(tmp_path / folder, page)
    assert {path.name for path in (tmp_path / "a").iterdir()} == set(FORECAST_PICTURES)
    for name in FORECAST_PICTURES:
        content = (tmp_path / "a" / name).read_bytes()
        assert content == (tmp_path / "b" / name).read_bytes(), name
        assert n_colours(content) > 100, name


def test_write_forecast_pictures_of_too_little_say_so(tmp_path):
    short = forecast_page(n_bars=2_000, raw=None)  # too few days for an interval too
    short.quantiles[-400:] = np.nan
    write_forecast_pictures(tmp_path, short)
    figure = FORECAST_PICTURES["coverage.png"](short)
    assert figure.texts[0].get_text() == "Fewer than 20 sessions, so no coverage over time."
    fan = FORECAST_PICTURES["fan.png"](short)
    assert fan.texts[0].get_text() == "No forecast within the last bars, so no fan."

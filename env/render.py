"""An account on its market, shown: as a line of text, or as a picture of the last bars.

Nothing after the bar that has just closed is drawn.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from env.simulation import Simulation

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDTH, HEIGHT = 720, 480
MARGIN = 12
HEADER = 24
CANDLES_HEIGHT = 300
N_CANDLES = 60
"""Bars in a picture."""

Colour = tuple[int, int, int]

BACKGROUND: Colour = (255, 255, 255)
INK: Colour = (31, 41, 55)
RISE: Colour = (21, 128, 61)
FALL: Colour = (185, 28, 28)
LONG_SHADE: Colour = (223, 242, 228)
SHORT_SHADE: Colour = (250, 226, 226)
EQUITY: Colour = (11, 87, 208)
MARK_SIZE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """Where values of bars lie in a part of the picture.

    Attributes:
        top: First pixel row.
        height: Pixel rows.
        low: Value at the bottom.
        high: Value at the top, > low.
        first_bar: Row of the bar at the left; the right has room for N_CANDLES of them.
    """

    top: int
    height: int
    low: float
    high: float
    first_bar: int

    def x(self, bar: int) -> int:
        """Return the pixel column of the middle of a bar."""
        return MARGIN + round((bar - self.first_bar + 0.5) * self.bar_width)

    def y(self, value: float) -> int:
        """Return the pixel row of a value."""
        share = (self.high - value) / (self.high - self.low)
        return self.top + round(share * self.height)

    @property
    def bar_width(self) -> float:
        """Pixels from one bar to the next."""
        return (WIDTH - 2 * MARGIN) / N_CANDLES


def text_line(simulation: Simulation) -> str:
    """Return time, position, equity and trades at the close of the current bar."""
    stamp = simulation.market.timestamps[simulation.bar]
    return (
        f"{stamp:%Y-%m-%d %H:%M} UTC | position {simulation.position:+d} | "
        f"equity {simulation.equity_usd:,.2f} USD | trades {simulation.n_trades}"
    )


def picture(simulation: Simulation) -> NDArray[np.uint8]:
    """Return the last bars as candles with position and fills above the equity, (H, W, 3).

    Where the account was long the ground is green, where short red; a triangle that points up is a
    buy, one that points down a sale.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only who looks at pictures needs it

    image = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    draw = ImageDraw.Draw(image)
    first_bar = max(0, simulation.bar + 1 - N_CANDLES)
    draw.text((MARGIN, MARGIN // 2), text_line(simulation), fill=INK)
    _draw_candles(draw, simulation, first_bar)
    _draw_equity(draw, simulation, first_bar)
    return np.asarray(image, dtype=np.uint8).copy()


def _draw_candles(draw: "ImageDraw", simulation: Simulation, first_bar: int) -> None:
    bars = simulation.market.bars[first_bar : simulation.bar + 1].view(np.recarray)
    panel = _panel(HEADER, CANDLES_HEIGHT, (bars.low.min(), bars.high.max()), first_bar)
    _draw_positions(draw, simulation, panel)
    half = max(1, int(panel.bar_width / 3))
    for column, bar in enumerate(bars):
        x = panel.x(first_bar + column)
        colour = RISE if bar.close >= bar.open else FALL
        draw.line([(x, panel.y(bar.high)), (x, panel.y(bar.low))], fill=colour)
        top, bottom = sorted((panel.y(bar.open), panel.y(bar.close)))
        draw.rectangle([(x - half, top), (x + half, bottom)], fill=colour)
    _draw_fills(draw, simulation, panel)
    _draw_range(
        draw, simulation.market.instrument.to_prices(np.array([panel.low, panel.high])), panel
    )


def _draw_positions(draw: "ImageDraw", simulation: Simulation, panel: _Panel) -> None:
    """Shade the bars at whose close there was a position."""
    positions = simulation.positions
    start = simulation.bar + 1 - len(positions)
    half = panel.bar_width / 2
    for bar in range(max(start, panel.first_bar), simulation.bar + 1):
        position = positions[bar - start]
        if position != 0:
            x = panel.x(bar)
            draw.rectangle(
                [(x - half, panel.top), (x + half, panel.top + panel.height)],
                fill=LONG_SHADE if position > 0 else SHORT_SHADE,
            )


def _draw_fills(draw: "ImageDraw", simulation: Simulation, panel: _Panel) -> None:
    """Mark each fill at its price: a triangle whose tip it is."""
    fills = simulation.fills
    for fill in fills[fills.bar >= panel.first_bar]:
        x, y = panel.x(int(fill.bar)), panel.y(fill.price_ticks)
        side = 1 if fill.quantity > 0 else -1
        foot = y + side * 2 * MARK_SIZE
        corners = [(x, y), (x - MARK_SIZE, foot), (x + MARK_SIZE, foot)]
        draw.polygon(corners, fill=RISE if side > 0 else FALL, outline=INK)


def _draw_equity(draw: "ImageDraw", simulation: Simulation, first_bar: int) -> None:
    equity = simulation.equity[-N_CANDLES:]
    top = HEADER + CANDLES_HEIGHT + MARGIN
    bounds = (float(equity.min()), float(equity.max()))
    panel = _panel(top, HEIGHT - top - MARGIN, bounds, first_bar)
    first = simulation.bar + 1 - len(equity)
    points = [(panel.x(first + i), panel.y(value)) for i, value in enumerate(equity.tolist())]
    draw.line([*points, points[-1]], fill=EQUITY, width=2)
    _draw_range(draw, np.array([panel.low, panel.high]), panel)


def _draw_range(draw: "ImageDraw", values: NDArray[np.float64], panel: _Panel) -> None:
    """Frame a panel, and write its highest and lowest value into it."""
    bottom = panel.top + panel.height
    draw.rectangle([(MARGIN, panel.top), (WIDTH - MARGIN, bottom)], outline=INK)
    draw.text((MARGIN + 3, panel.top + 1), f"{values[1]:,.2f}", fill=INK)
    draw.text((MARGIN + 3, bottom - MARGIN), f"{values[0]:,.2f}", fill=INK)


def _panel(top: int, height: int, bounds: tuple[float, float], first_bar: int) -> _Panel:
    """Return a panel for values within `bounds`, made wider where they are one value."""
    low, high = bounds
    widening = 0.0 if high > low else 1.0
    return _Panel(
        top=top, height=height, low=low - widening, high=high + widening, first_bar=first_bar
    )

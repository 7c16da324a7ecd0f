"""Features of 15-minute, hourly and session bars, as they stood when the last of them was over.

Each runs the kernel of a feature on larger bars; between their ends the value stays. At bar t they
use larger bars that are over at the close of bar t, see data/indicators/timeframes.py.

Warm-up is counted in five-minute bars. Smaller or missing bars make fewer larger ones: then, and
for the first five sessions, a documented neutral value stands where there are too few.
"""

from dataclasses import dataclass

from data.indicators.frame_kernels import (
    INNER,
    change_frame_step,
    ema_distance_frame_step,
    range_frame_step,
    rsi_frame_step,
)
from data.indicators.session_levels import DAY_BARS
from data.indicators.smoothing import ATR_STATE
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.timeframes import FRAME_PRICES, SESSION_FRAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A size of larger bars, and over how many of them its features look.

    Attributes:
        suffix: The end of its features' names.
        label: One of its bars, for people.
        minutes: Size.
        length: Of RSI and ATR, in larger bars.
        span: Of the exponential average, in larger bars.
        warm_up: Bars that are NaN, enough for `span` of them if they are of five minutes; of
            sessions for one.
    """

    suffix: str
    label: str
    minutes: float
    length: int
    span: int
    warm_up: int

    @property
    def too_few(self) -> str:
        """When the neutral value stands, for people."""
        return f"while too few {self.label} bars are over"

    @property
    def source(self) -> str:
        """Where the bars come from, for people."""
        return (
            f"of {self.label} bars that are over, as data/resample.py makes them"
            if self.minutes < SESSION_FRAME
            else "of session bars that are over: 17:00 to 16:00 Chicago, the first may be partial"
        )


FRAMES = (
    Frame(suffix="15m", label="15-minute", minutes=15.0, length=14, span=20, warm_up=3 * 20),
    Frame(suffix="1h", label="hourly", minutes=60.0, length=14, span=20, warm_up=12 * 20),
    Frame(suffix="1d", label="session", minutes=SESSION_FRAME, length=5, span=5, warm_up=DAY_BARS),
)


def _rsi(frame: Frame) -> FeatureSpec:
    return FeatureSpec(
        name=f"rsi_{frame.suffix}",
        kernel=rsi_frame_step,
        parameters=(frame.minutes, float(frame.warm_up), float(frame.length)),
        state_size=INNER + 4,
        price_state=(FRAME_PRICES, (INNER + 1, INNER + 2)),
        columns=(f"rsi_{frame.suffix}",),
        warm_up=frame.warm_up,
        centre=52.0,
        spread=13.0 if frame.length > 5 else 20.0,
        formula=f"RSI{frame.length} of {frame.label} bars; 50 {frame.too_few}",
        source=f"feature `rsi` {frame.source}",
        unit="percent",
        bounds="[0, 100]",
    )


def _ema_distance(frame: Frame) -> FeatureSpec:
    return FeatureSpec(
        name=f"ema_distance_{frame.suffix}",
        kernel=ema_distance_frame_step,
        parameters=(
            frame.minutes,
            float(frame.warm_up),
            float(frame.span),
            float(frame.length),
        ),
        state_size=INNER + 2 + ATR_STATE,
        price_state=(FRAME_PRICES, (INNER + 1, INNER + 3)),
        columns=(f"ema_distance_{frame.suffix}",),
        warm_up=frame.warm_up,
        centre=0.0,
        spread=1.4 if frame.span > 5 else 0.6,
        formula=f"(close - EMA{frame.span}) / ATR{frame.length}, all of {frame.label} bars; 0 "
        f"{frame.too_few}, and where the ATR is rounding noise",
        source=f"feature `ema_distance_{frame.span}` {frame.source}",
        unit=f"average true ranges of {frame.label} bars",
        bounds="unbounded",
    )


def _change(frame: Frame) -> FeatureSpec:
    return FeatureSpec(
        name=f"change_{frame.suffix}",
        kernel=change_frame_step,
        parameters=(frame.minutes, float(frame.warm_up), float(frame.length)),
        state_size=INNER + 1 + ATR_STATE,
        price_state=(FRAME_PRICES, (INNER + 1, INNER + 2)),
        columns=(f"change_{frame.suffix}",),
        warm_up=frame.warm_up,
        centre=0.0,
        spread=0.65,
        formula=f"(close - close one bar earlier) / ATR{frame.length}, all of {frame.label} bars; "
        f"0 {frame.too_few}, and where the ATR is rounding noise",
        source=f"definition, {frame.source}",
        unit=f"average true ranges of {frame.label} bars",
        bounds=f"[-{frame.length}, {frame.length}]",
    )


def _range(frame: Frame) -> FeatureSpec:
    return FeatureSpec(
        name=f"range_{frame.suffix}",
        kernel=range_frame_step,
        parameters=(frame.minutes, float(frame.warm_up), float(frame.length)),
        state_size=INNER + 1 + ATR_STATE,
        price_state=(FRAME_PRICES, (INNER + 1, INNER + 2)),
        columns=(f"range_{frame.suffix}",),
        warm_up=frame.warm_up,
        centre=0.9,
        spread=0.5,
        formula=f"(high - low) / ATR{frame.length}, all of {frame.label} bars; 1 {frame.too_few}, "
        "and where the ATR is rounding noise",
        source=f"definition, {frame.source}",
        unit=f"average true ranges of {frame.label} bars",
        bounds=f"[0, {frame.length}]",
    )


MULTI_TIMEFRAME_FEATURES = by_name(
    *(kind(frame) for frame in FRAMES for kind in (_rsi, _ema_distance, _change, _range))
)

"""What fills of a bar slip beside the fixed ticks: as in a back-test on the same bars."""

import numpy as np
import pandas as pd

from data.calendar import calendar_of
from env.bar_places import is_regular
from env.bar_ranges import average_ranges, excess_ranges, n_usual_bars
from trading.simulated_gateway.settings import BrokerSettings
from trading.simulated_gateway.tape import Tape


def add_slippage(tape: Tape, settings: BrokerSettings) -> None:
    """Write down what the fills of each bar of a tape slip; known at the bar's open.

    Where several contracts have bars of their own, the ranges are those of each by itself.
    """
    calendar = calendar_of(tape.instrument.symbol)
    stamps = pd.DatetimeIndex(tape.opens, tz="UTC")
    ticks = np.where(is_regular(calendar, stamps), 0.0, settings.off_hours_slippage_ticks)
    if settings.volatility_slippage_ticks > 0.0:
        n_usual = n_usual_bars(calendar.template, tape.seconds)
        excess = excess_ranges(average_ranges(np.asarray(tape.bars)), n_usual)
        ticks += np.rint(settings.volatility_slippage_ticks * excess)
    tape.bars["slippage"] = ticks

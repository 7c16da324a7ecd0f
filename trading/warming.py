"""Has everything compiled that a trader computes, before it is connected: nothing waits for it.

Compiled code is made when it is first called, which takes seconds per kernel on a machine that has
never run it; in the trading loop the first close of a bar would wait, and so would the broker. So
one pipeline of the same model lives through a few made-up sessions first.
"""

from datetime import timedelta

import numpy as np
import pandas as pd

from config.instruments import Instrument
from config.trader_settings import TraderSettings
from data.calendar import calendar_of
from env.kernel.matching import protective_stop_ticks, target_limit_ticks
from env.kernel.names import Reason
from trading.bar_verdicts import ClosedBar
from trading.drift_bars import drift_bars
from trading.drift_paths import account_before, kernel_path, live_path
from trading.fill_book import LiveFill
from trading.market_desk import new_pipeline
from trading.risk_day import trading_day
from trading.trader_terms import TraderTerms
from utils.clock import Clock
from utils.seeding import generator

N_LIVE = 4
"""Bars that are decided on."""

SPAN = timedelta(days=400)
"""In which the made-up bars lie: time enough for the longest memory of a feature."""

PRICE_TICKS = 40_000
STOP_TICKS = 4.0


def warm_up(terms: TraderTerms, settings: TraderSettings, clock: Clock) -> None:
    """Live through made-up bars once, decisions, fills and a day's report among them.

    Args:
        terms: Whose model and bars.
        settings: As the trader's.
        clock: Says which sessions are taken: those that are over.
    """
    bars = _made_up_bars(terms, clock)
    pipeline, first_live = new_pipeline(terms, settings), len(bars) - N_LIVE
    for place, bar in enumerate(bars):
        if place == first_live + 1:
            pipeline.add_fill(_fill(bar))
        pipeline.close(bar, int(place > first_live), is_live=place >= first_live)
        pipeline.bars.prepare()
    protective_stop_ticks(1, float(PRICE_TICKS), STOP_TICKS)
    target_limit_ticks(1, float(PRICE_TICKS), STOP_TICKS)
    _report(bars, terms)


def _report(bars: list[ClosedBar], terms: TraderTerms) -> None:
    """Compare the last day with itself, as is done of each day when it is over."""
    own, calendar = terms.model.policy.env_settings, calendar_of(terms.symbol)
    day = trading_day(bars[-1].opened.to_pydatetime(), calendar)
    known = drift_bars(bars[-2 * N_LIVE :], own, day, terms.holding_rule)
    account = account_before(known, own, (), None)
    kernel_path(account, known, {bars[-2].opened: 0})
    live_path(account, known, ())


def _made_up_bars(terms: TraderTerms, clock: Clock) -> list[ClosedBar]:
    """Return bars of the last sessions, as many as a decision needs, at prices that move a bit."""
    policy, instrument = terms.model.policy, terms.instrument
    n_bars = policy.feature_set.warm_up + policy.env_settings.lookback_window + 2 * N_LIVE
    now = clock.now()
    opens = calendar_of(terms.symbol).expected_bars(
        (now - SPAN).date(), now.date() - timedelta(days=1), terms.bar_seconds
    )[-n_bars:]
    ticks = PRICE_TICKS + generator(0).integers(-3, 4, len(opens)).cumsum()
    return [_bar(*each, instrument) for each in zip(opens, ticks.tolist(), strict=True)]


def _bar(opened: pd.Timestamp, ticks: int, instrument: Instrument) -> ClosedBar:
    low, open_, close, high = (float(one) for one in instrument.to_prices(ticks + np.arange(4)))
    return ClosedBar(opened=opened, open=open_, high=high, low=low, close=close, volume=10.0)


def _fill(bar: ClosedBar) -> LiveFill:
    return LiveFill(
        exec_id="warm.01",
        time=bar.opened,
        quantity=1,
        price_ticks=PRICE_TICKS,
        commission_usd=1.0,
        reason=Reason.SIGNAL,
    )

"""Markets of whole sessions at one price, for what depends on the clock; no warm-up."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from config.settings import EnvSettings
from data.bars import check_bars
from data.calendar import calendar_of
from data.preprocessor import Scaler
from env.account_bars import account_bars
from env.kernel.names import BarFlag
from env.kernel.types import ACCOUNT, FILL, TRADE
from env.market import Market, build_market
from env.position_sizer import SIZER_CODES
from env.rewards import REWARD_CODES
from env.step import step_account
from env.terms import open_account, terms_of
from utils.jit import jit

TARGET_POSITION = 1
"""The kind of action whose choice is a signed position; see env.actions.ACTION_CODES."""


def session_frame(
    first: str, last: str, symbol: str = "MNQ", price: float = 20_000.0, seconds: int = 300
) -> pd.DataFrame:
    """Return every bar of the sessions from one trade date to another, all at one price."""
    stamps = calendar_of(symbol).expected_bars(first, last, seconds)
    return still_frame(stamps, price)


def still_frame(stamps: pd.DatetimeIndex | Sequence[str], price: float = 20_000.0) -> pd.DataFrame:
    """Return bars at these stamps (UTC), all at one price."""
    index = pd.DatetimeIndex(pd.to_datetime(list(stamps), utc=True)).rename("timestamp")
    prices = dict.fromkeys(("open", "high", "low", "close"), price)
    return check_bars(pd.DataFrame({**prices, "volume": 100.0}, index=index))


def market_of(frame: pd.DataFrame, symbol: str = "MNQ") -> Market:
    """Return the market of a frame, whose one feature is always 0."""
    as_it_is = Scaler(columns=("nothing",), centre=(0.0,), spread=(1.0,), kind="standard")
    frame = frame.assign(nothing=0.0)
    return build_market(frame, ["nothing"], symbol=symbol, scaler=as_it_is)


def with_roll(frame: pd.DataFrame, at: str, gap: float) -> pd.DataFrame:
    """Return the bars with a new contract from `at` (UTC) on, `gap` points above the old one."""
    frame = frame.assign(roll_gap=0.0)
    prices = ["open", "high", "low", "close"]
    frame.loc[pd.Timestamp(at, tz="UTC") :, prices] += gap
    frame.loc[pd.Timestamp(at, tz="UTC"), "roll_gap"] = gap
    return frame


def flagged(market: Market, flag: BarFlag, **settings) -> list[str]:
    """Return the stamps (UTC, "MM-DD HH:MM") of the bars that have a flag."""
    bits = account_bars(market, EnvSettings(**settings))["flag_bits"]
    return market.timestamps[(bits & flag) != 0].strftime("%m-%d %H:%M").tolist()


class AccountRun:
    """One account over a whole market, by target positions at each close.

    Attributes:
        account: As it ended.
        positions: Contracts at each close, (n,).
        denials: Of the decision at each close but the last, (n - 1,).
    """

    def __init__(self, market: Market, settings: EnvSettings, targets: Sequence[int]):
        """Decide at every close but the last; targets that are missing keep the last one."""
        terms = terms_of(settings)
        accounts = np.zeros(1, ACCOUNT)
        open_account(accounts[0], terms, 0, market.n_bars - 1)
        n_steps = market.n_bars - 1
        wanted = np.full(n_steps, targets[-1], dtype=np.int64)
        wanted[: len(targets)] = targets[:n_steps]
        self._papers = np.zeros(8 * market.n_bars, FILL), np.zeros(8 * market.n_bars, TRADE)
        self.positions = np.zeros(market.n_bars, dtype=np.int64)
        self.denials = np.zeros(n_steps, dtype=np.int64)
        codes = (REWARD_CODES["sparse"], SIZER_CODES["fixed"], TARGET_POSITION)
        bars = account_bars(market, settings)
        _run((accounts, bars, self._papers, codes), wanted, self.positions, self.denials)
        self.account = accounts[0]

    @property
    def fills(self) -> np.recarray:
        """Fills, oldest first."""
        return self._papers[0][: self.account.n_fills].view(np.recarray)

    @property
    def trades(self) -> np.recarray:
        """Trades, oldest first."""
        return self._papers[1][: self.account.n_trades].view(np.recarray)


@jit
def _run(what, wanted, positions, denials):
    accounts, bars, papers, codes = what
    account = accounts[0]
    for i in range(len(wanted)):
        step_account(account, bars, papers, codes, wanted[i])
        positions[i + 1] = account.position
        denials[i] = account.denial

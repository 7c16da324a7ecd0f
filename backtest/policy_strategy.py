"""A policy as a strategy: it decides at a desk, and its actions become the desk's orders."""

import numpy as np

from backtest.desk_port import Desk
from backtest.strategy import Strategy
from config.settings import EnvSettings
from env.market import Market
from env.observation import N_POSITION_INFO, Observation
from env.terms import terms_of
from models.policy import Policy


class PolicyStrategy(Strategy):
    """Show a policy what it would see in the environment, and act as it decides."""

    def __init__(self, policy: Policy, market: Market, settings: EnvSettings):
        """Prepare a policy.

        Args:
            policy: What decides.
            market: What it sees: the rows that the desk's bars come from, with its features.
            settings: The account that the desk trades with.
        """
        policy.reset(market, settings)
        self.name = policy.name
        self._policy, self._market = policy, market
        self._lookback, self._initial_usd = settings.lookback_window, settings.initial_balance
        self._max_position = terms_of(settings).max_position
        self._first = market.first_decision(settings.lookback_window)

    def on_bar(self, desk: Desk) -> None:
        """Act as the policy decides, once its first window is whole."""
        row = desk.n_bars - 1
        if row >= self._first and not desk.is_over:
            desk.act(self._policy.decide(row, self._observation(desk, row)))

    def _observation(self, desk: Desk, row: int) -> Observation:
        """Return what is seen at the close of `row`; see env.observation."""
        info = np.empty(N_POSITION_INFO, np.float32)
        info[0] = desk.position / self._max_position
        info[1] = desk.unrealised_usd / self._initial_usd
        info[2] = desk.bars_held / self._lookback
        info[3] = desk.equity_usd / self._initial_usd
        window = self._market.windowed[row + 1 - self._lookback : row + 1]
        seen: Observation = {"market_features": window.copy(), "position_info": info}
        if self._market.forecasts is not None:
            seen["forecast"] = self._market.forecasts[row].copy()
        return seen

"""Agents that nobody trained, but whose decisions depend on what they see."""

import numpy as np
import torch

from env.trading_env import TradingEnv
from models.agent import TradingAgent

FIRST_GAIN, THEN_GAIN = 100.0, 10.0


def be_undecided(agent: TradingAgent, env: TradingEnv) -> None:
    """Let a network be for all actions nearly alike at first: what it sees later decides.

    Not wholly alike, or else the last bit of a sum would decide.
    """
    output = agent._decider.network.action_net
    output.weight.data *= FIRST_GAIN
    opinion, _ = agent.opinion(env.reset(seed=1)[0])
    is_share = len(opinion) == 1
    excess = opinion if is_share else np.log(np.where(opinion > 0, opinion, 1.0))
    output.bias.data -= torch.as_tensor(excess, dtype=torch.float32)
    output.weight.data *= THEN_GAIN
    output.bias.data *= THEN_GAIN
    output.bias.data += torch.linspace(0.0, 0.1, len(opinion))

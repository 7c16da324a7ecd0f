"""The simulated market and account. Importing it registers FuturesGym/MNQ-v0 with Gymnasium."""

from gymnasium.envs.registration import register

register(
    id="FuturesGym/MNQ-v0",
    entry_point="env.trading_env:TradingEnv",
    vector_entry_point="env.vector_env:TradingVectorEnv",
)

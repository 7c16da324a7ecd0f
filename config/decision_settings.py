"""How a live decision is made: what it is given, and when it is given up."""

from pydantic import Field

from config.checking import FrozenSettings


class DecisionSettings(FrozenSettings):
    """One stream of decisions.

    Attributes:
        symbol: What is traded; the models must be made for it.
        bar_seconds: Size of a bar; the models must be trained on it.
        policy_seconds: How long the policy may think; a later answer is thrown away.
    """

    symbol: str = "MNQ"
    bar_seconds: int = Field(default=300, ge=1, lt=86_400)
    policy_seconds: float = Field(default=1.0, gt=0)

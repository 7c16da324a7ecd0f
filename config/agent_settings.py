"""How an agent learns: one flat model, whose unset fields are the chosen algorithm's presets."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.agent_presets import AGENT_PRESETS
from config.checking import FrozenSettings
from utils.seeding import MAX_SEED


class AgentSettings(FrozenSettings):
    """How an agent learns. What is not given is the algorithm's preset, if it has one; see docs.

    Attributes:
        algorithm: Key of ALGORITHMS.
        feature_extractor: Key of EXTRACTORS.
        learning_rate: Adam's step size.
        n_envs: Copies of the environment that collect experience side by side; for EPG, chunks of
            the market that one gradient is the mean of.
        n_steps: Steps that each copy takes per rollout; for EPG, bars of one chunk.
        batch_size: Samples per forward and backward pass.
        grad_accumulation: Batches whose mean gradient makes one optimiser step.
        n_epochs: Passes over each rollout (PPO).
        gamma: Discount per bar.
        gae_lambda: Decay of the generalised advantage estimate.
        ent_coef: Weight of the entropy bonus.
        clip_range: PPO's ratio clip.
        hidden_size: Width of the market tower.
        dropout: Share of the tower's outputs that each training sample goes without.
        weight_decay: Decoupled decay of the weights, per unit of learning rate.
        account_view: What the network sees of the account: "position" alone, the open "trade"
            (position, open PnL, bars since entry), or the whole "account", equity too. What it
            does not see is zero.
        training_episode_bars: Length of the random training windows, where the env itself passes
            over all its bars.
        cost_ramp_steps: Timesteps over which training costs grow from zero; 0 starts at full. None
            takes half of the first training, at most 200,000; nothing with `warm_start`.
        shared_paths: Position histories that walk each market path; the tower runs once per bar for
            all of them. Divides `n_envs`.
        bf16: Whether the tower computes in bfloat16 while training.
        validation_fraction: Last share of the decisions that is not learnt from, but chooses the
            weights that are kept; 0 keeps the last ones.
        validation_bars: The same as a number of last bars, in place of the share.
        validation_purge_bars: Bars before those that choose which are not learnt from either.
        n_evaluations: Evaluations on that share in one training, at equal distances.
        significance: Greatest probability, per training, that luck alone makes one of them leave a
            policy that trades; where luck explains all of them, the agent is left to stay flat. 1
            keeps one whatever it is.
        patience: Evaluations without a better one after which training stops; None: never.
        tower_mode: EPG's: "window" runs the tower on each bar's own window; "sequence" runs a
            recurrent one once along each chunk.
        objective: EPG's: key of OBJECTIVES, what of the expected PnL per bar is maximised.
        risk_aversion: Deviations that the objective "mean_std" takes off the mean.
        cvar_level: Share of worst bars that the objective "cvar" is the mean of.
        warm_start: Whether EPG starts from a supervised tower and an imitated DP head.
        predictor: DP's: key of PREDICTORS, what forecasts the next move.
        device: "auto", "cpu" or "cuda".
        threads: Torch threads while training; fixed, because results depend on it. More than one
            pays only on cores that nothing else uses: waiting threads spin.
        seed: Seeds everything.
    """

    algorithm: str = "PPO"
    feature_extractor: str = "lstm"
    learning_rate: float = Field(default=3e-4, gt=0, le=1)
    n_envs: int = Field(default=8, ge=1, le=4_096)
    n_steps: int = Field(default=256, ge=2)
    batch_size: int = Field(default=256, ge=2)
    grad_accumulation: int = Field(default=1, ge=1)
    n_epochs: int = Field(default=4, ge=1)
    gamma: float = Field(default=0.95, ge=0, le=1)
    gae_lambda: float = Field(default=0.9, ge=0, le=1)
    ent_coef: float = Field(default=0.005, ge=0)
    clip_range: float = Field(default=0.2, gt=0)
    hidden_size: int = Field(default=64, ge=1, le=4_096)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0, le=1_000)
    account_view: Literal["position", "trade", "account"] = "account"
    training_episode_bars: int = Field(default=1_024, ge=1)
    cost_ramp_steps: int | None = Field(default=None, ge=0)
    shared_paths: int = Field(default=1, ge=1, le=4_096)
    bf16: bool = False
    validation_fraction: float = Field(default=0.15, ge=0, lt=1)
    validation_bars: int | None = Field(default=None, ge=2)
    validation_purge_bars: int = Field(default=0, ge=0)
    n_evaluations: int = Field(default=20, ge=1, le=100_000)
    significance: float = Field(default=0.05, ge=1e-6, le=1)
    patience: int | None = Field(default=None, ge=1)
    tower_mode: Literal["window", "sequence"] = "window"
    objective: str = "mean"
    risk_aversion: float = Field(default=0.5, ge=0, le=1_000)
    cvar_level: float = Field(default=0.05, gt=0, le=1)
    warm_start: bool = False
    predictor: str = "ridge"
    device: Literal["auto", "cpu", "cuda"] = "cpu"
    threads: int = Field(default=1, ge=1)
    seed: int = Field(default=0, ge=0, le=MAX_SEED)

    @property
    def kind(self) -> str:
        """What looks at the market: the extractor, or the predictor of DP."""
        return self.predictor if self.algorithm == "DP" else self.feature_extractor

    @property
    def title(self) -> str:
        """What agents of these settings are called, e.g. "PPO-lstm"."""
        return f"{self.algorithm}-{self.kind}"

    @model_validator(mode="after")
    def _with_presets(self) -> Self:
        """Let what was not given be the algorithm's own preset; it still counts as not given."""
        for name, value in AGENT_PRESETS.get(self.algorithm, {}).items():
            if name not in self.model_fields_set:
                self.__dict__[name] = value
        return self

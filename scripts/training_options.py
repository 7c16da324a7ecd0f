"""The options that every script has which trains, and which settings they stand for.

Options that say how a walk-forward run is cut are in scripts/fold_options.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

if TYPE_CHECKING:
    from config.settings import Settings

DataOption = Annotated[Path | None, Option(help="Parquet file of bars.")]
SymbolOption = Annotated[
    str | None, Option(help="Instrument to trade them as.", show_default="MNQ")
]
TimestepsOption = Annotated[
    int | None, Option(help="Environment steps to learn for.", show_default="100000")
]
AlgorithmOption = Annotated[
    str | None,
    Option(
        help="PPO, A2C, MaskablePPO, RecurrentPPO, EPG (exact gradients) or DP (forecast and "
        "dynamic programming).",
        show_default="PPO",
    ),
]
ExtractorOption = Annotated[
    str | None, Option(help="lstm, gru, attention or tcn.", show_default="lstm")
]
FeaturesOption = Annotated[
    str | None, Option(help="Names and recipes, by commas.", show_default="14 of them")
]
RewardOption = Annotated[
    str | None,
    Option(help="sparse, pnl, shaped, sharpe, sortino or drawdown.", show_default="sparse"),
]
StopOption = Annotated[float | None, Option(help="Stop distance, ticks.", show_default="200")]
LookbackOption = Annotated[int | None, Option(help="Bars in one observation.", show_default="50")]
SizerOption = Annotated[
    str | None,
    Option(help="fixed, fixed_fractional, kelly, volatility or drawdown.", show_default="fixed"),
]
MaxPositionOption = Annotated[
    int | None, Option(help="Largest position, contracts.", show_default="1")
]
CapitalOption = Annotated[float | None, Option(help="Starting cash, USD.", show_default="10000")]
CommissionOption = Annotated[
    float | None, Option(help="USD per contract and side.", show_default="the instrument's")
]
SlippageOption = Annotated[int | None, Option(help="Adverse ticks per fill.", show_default="1")]
LearningRateOption = Annotated[
    float | None, Option(help="Adam's step size.", show_default="by algorithm")
]
GammaOption = Annotated[float | None, Option(help="Discount per bar.", show_default="0.95")]
EntropyOption = Annotated[
    float | None, Option(help="Weight of the entropy bonus.", show_default="0.005")
]
EnvsOption = Annotated[
    int | None, Option(help="Accounts side by side.", show_default="by algorithm")
]
StepsOption = Annotated[
    int | None, Option(help="Steps of each per rollout.", show_default="by algorithm")
]
BatchSizeOption = Annotated[
    int | None, Option(help="Samples per gradient.", show_default="by algorithm")
]
AccumulationOption = Annotated[int | None, Option(help="Gradients per step.", show_default="1")]
EpochsOption = Annotated[
    int | None, Option(help="Passes over each rollout.", show_default="by algorithm")
]
SharedPathsOption = Annotated[
    int | None, Option(help="Accounts that share a walk through the bars.", show_default="1")
]
Bf16Option = Annotated[bool, Option("--bf16", help="Train the tower in bfloat16.")]
CostRampOption = Annotated[
    int | None, Option(help="Timesteps until costs are full; 0: at once.", show_default="half")
]
TowerModeOption = Annotated[
    str | None, Option(help="EPG: window or sequence.", show_default="window")
]
ObjectiveOption = Annotated[
    str | None, Option(help="EPG: mean, mean_std, sharpe or cvar.", show_default="mean")
]
WarmStartOption = Annotated[
    bool, Option("--warm-start", help="EPG: begin with a supervised tower.")
]
PredictorOption = Annotated[
    str | None, Option(help="DP: ridge, lightgbm or tower.", show_default="ridge")
]
ValidationOption = Annotated[
    float | None, Option(help="Last share that chooses the weights.", show_default="0.15")
]
EvaluationsOption = Annotated[
    int | None, Option(help="Evaluations on that share.", show_default="20")
]
SignificanceOption = Annotated[
    float | None,
    Option(help="Chance that luck alone is kept; 1: keep anything.", show_default="0.05"),
]
PatienceOption = Annotated[
    int | None, Option(help="Stop after so many that are no better.", show_default="never")
]
DeviceOption = Annotated[str | None, Option(help="auto, cpu or cuda.", show_default="cpu")]
ScalerOption = Annotated[
    str | None, Option(help="standard, robust or rank_normal.", show_default="standard")
]
ScaleBySessionOption = Annotated[
    bool, Option("--scale-by-session", help="Scale regular hours and the rest apart.")
]
TensorboardOption = Annotated[bool, Option("--tensorboard", help="Log to var/tensorboard.")]
CheckpointOption = Annotated[
    int | None, Option(help="Timesteps between checkpoints.", show_default="a tenth")
]
ProfileOption = Annotated[
    str | None, Option(help="Settings to start from.", show_default="default")
]

ENV = {
    "symbol": "symbol",
    "reward": "reward",
    "fixed_sl_ticks": "stop_loss_ticks",
    "lookback": "lookback_window",
    "sizer": "position_sizer",
    "max_position": "max_position",
    "initial_capital": "initial_balance",
    "commission": "commission",
    "slippage_ticks": "slippage_ticks",
}
"""Parameter of a script: field of EnvSettings."""

AGENT = {
    name: name
    for name in (
        "algorithm",
        "feature_extractor",
        "learning_rate",
        "gamma",
        "ent_coef",
        "n_envs",
        "n_steps",
        "batch_size",
        "grad_accumulation",
        "n_epochs",
        "shared_paths",
        "bf16",
        "tower_mode",
        "objective",
        "warm_start",
        "predictor",
        "validation_fraction",
        "significance",
        "patience",
        "device",
        "seed",
    )
} | {"cost_ramp": "cost_ramp_steps", "evaluations": "n_evaluations"}
"""Parameter of a script: field of AgentSettings."""

TRAIN = {
    name: name for name in ("features", "timesteps", "test_fraction", "scaler", "scale_by_session")
}
"""Parameter of a script: field of TrainSettings."""


def trained_by(base: "Settings", given: Mapping[str, Any], script: str) -> "Settings":
    """Return the settings in which what was typed takes the place of their own.

    Args:
        base: Of a profile, or of an earlier run.
        given: The script's parameters by name; None, and a flag that is not set, were not given.
        script: What an error calls the script.

    Raises:
        ConfigError: If a value is out of bounds.
    """
    from config.settings import overridden
    from scripts.printing import OPTIONS

    where = f"the options of {script}"
    typed = {**given, "features": names_of(given["features"])}
    return base.model_copy(
        update={
            table: overridden(getattr(base, table), picked(typed, fields), where, OPTIONS)
            for table, fields in (("env", ENV), ("agent", AGENT), ("train", TRAIN))
        }
    )


def picked(given: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a table with what was typed for them; None where nothing was."""
    return {
        field: None if given.get(name) is False else given.get(name)
        for name, field in fields.items()
    }


def names_of(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a list by commas; None where nothing was typed."""
    if text is None:
        return None
    return tuple(name.strip() for name in text.split(",") if name.strip())

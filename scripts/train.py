"""Train an agent on bars, holding back the last part, and save a verified model directory."""

import sys
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from scripts.second_market import OtherOption
from utils.cli import DebugOption, make_app, run

app = make_app()


@app.command()
def train(
    data: Annotated[Path | None, Option(help="Parquet file of bars.")] = None,
    other: OtherOption = None,
    symbol: Annotated[
        str | None, Option(help="Instrument to trade them as.", show_default="MNQ")
    ] = None,
    timesteps: Annotated[
        int | None, Option(help="Environment steps to learn for.", show_default="100000")
    ] = None,
    algorithm: Annotated[
        str | None,
        Option(
            help="PPO, A2C, MaskablePPO, RecurrentPPO, EPG (exact gradients) or DP (forecast "
            "and dynamic programming).",
            show_default="PPO",
        ),
    ] = None,
    feature_extractor: Annotated[
        str | None, Option(help="lstm, gru, attention or tcn.", show_default="lstm")
    ] = None,
    features: Annotated[
        str | None, Option(help="Names and recipes, by commas.", show_default="14 of them")
    ] = None,
    reward: Annotated[
        str | None,
        Option(help="sparse, pnl, shaped, sharpe, sortino or drawdown.", show_default="sparse"),
    ] = None,
    fixed_sl_ticks: Annotated[
        float | None, Option(help="Stop distance, ticks.", show_default="200")
    ] = None,
    lookback: Annotated[
        int | None, Option(help="Bars in one observation.", show_default="50")
    ] = None,
    sizer: Annotated[
        str | None,
        Option(
            help="fixed, fixed_fractional, kelly, volatility or drawdown.", show_default="fixed"
        ),
    ] = None,
    max_position: Annotated[
        int | None, Option(help="Largest position, contracts.", show_default="1")
    ] = None,
    initial_capital: Annotated[
        float | None, Option(help="Starting cash, USD.", show_default="10000")
    ] = None,
    commission: Annotated[
        float | None, Option(help="USD per contract and side.", show_default="the instrument's")
    ] = None,
    slippage_ticks: Annotated[
        int | None, Option(help="Adverse ticks per fill.", show_default="1")
    ] = None,
    learning_rate: Annotated[
        float | None, Option(help="Adam's step size.", show_default="by algorithm")
    ] = None,
    gamma: Annotated[float | None, Option(help="Discount per bar.", show_default="0.95")] = None,
    ent_coef: Annotated[
        float | None, Option(help="Weight of the entropy bonus.", show_default="0.005")
    ] = None,
    n_envs: Annotated[
        int | None, Option(help="Accounts side by side.", show_default="by algorithm")
    ] = None,
    n_steps: Annotated[
        int | None, Option(help="Steps of each per rollout.", show_default="by algorithm")
    ] = None,
    batch_size: Annotated[
        int | None, Option(help="Samples per gradient.", show_default="by algorithm")
    ] = None,
    grad_accumulation: Annotated[
        int | None, Option(help="Gradients per step.", show_default="1")
    ] = None,
    n_epochs: Annotated[
        int | None, Option(help="Passes over each rollout.", show_default="by algorithm")
    ] = None,
    shared_paths: Annotated[
        int | None, Option(help="Accounts that share a walk through the bars.", show_default="1")
    ] = None,
    bf16: Annotated[bool, Option("--bf16", help="Train the tower in bfloat16.")] = False,
    cost_ramp: Annotated[
        int | None,
        Option(help="Timesteps until costs are full; 0: at once.", show_default="half"),
    ] = None,
    tower_mode: Annotated[
        str | None, Option(help="EPG: window or sequence.", show_default="window")
    ] = None,
    objective: Annotated[
        str | None, Option(help="EPG: mean, mean_std, sharpe or cvar.", show_default="mean")
    ] = None,
    warm_start: Annotated[
        bool, Option("--warm-start", help="EPG: begin with a supervised tower.")
    ] = False,
    predictor: Annotated[
        str | None, Option(help="DP: ridge, lightgbm or tower.", show_default="ridge")
    ] = None,
    validation_fraction: Annotated[
        float | None,
        Option(help="Last share that chooses the weights.", show_default="0.15"),
    ] = None,
    evaluations: Annotated[
        int | None, Option(help="Evaluations on that share.", show_default="20")
    ] = None,
    significance: Annotated[
        float | None,
        Option(help="Chance that luck alone is kept; 1: keep anything.", show_default="0.05"),
    ] = None,
    patience: Annotated[
        int | None, Option(help="Stop after so many that are no better.", show_default="never")
    ] = None,
    device: Annotated[str | None, Option(help="auto, cpu or cuda.", show_default="cpu")] = None,
    seed: Annotated[int | None, Option(help="Seeds everything.", show_default="0")] = None,
    test_fraction: Annotated[
        float | None, Option(help="Last share held back.", show_default="0.2")
    ] = None,
    scaler: Annotated[
        str | None, Option(help="standard, robust or rank_normal.", show_default="standard")
    ] = None,
    scale_by_session: Annotated[
        bool, Option("--scale-by-session", help="Scale regular hours and the rest apart.")
    ] = False,
    compute_features: Annotated[
        bool, Option("--compute-features", help="Also store the feature columns beside DATA.")
    ] = False,
    walk_forward: Annotated[
        bool, Option("--walk-forward", help="Train and test fold by fold.")
    ] = False,
    folds: Annotated[
        int | None, Option(help="Test blocks of --walk-forward.", show_default="3")
    ] = None,
    tensorboard: Annotated[bool, Option("--tensorboard", help="Log to var/tensorboard.")] = False,
    checkpoint_every: Annotated[
        int | None, Option(help="Timesteps between checkpoints.", show_default="a tenth")
    ] = None,
    resume: Annotated[
        Path | None,
        Option(help="Folder in var/checkpoints of a run to go on with; needs no other option."),
    ] = None,
    profile: Annotated[
        str | None, Option(help="Settings to start from.", show_default="default")
    ] = None,
    out: Annotated[
        Path | None,
        Option(help="Model directory to create.", show_default="models/saved/train_TIME"),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Train on the first part of DATA and save the agent; options override the profile.

    The defaults are those of the profile `default`, or of the algorithm.
    """
    from config.settings import load_profile, overridden
    from scripts import printing, resuming, workflow
    from scripts.runs import Asked, begin, go_on
    from utils.errors import ConfigError

    if data is None and resume is None:
        raise ConfigError("`--data` must name a file of bars, or `--resume` an unfinished run")
    if profile is not None and resume is not None:
        raise ConfigError("`--profile` is not for --resume, which has the settings of its run")
    earlier = None if resume is None else resuming.read_run(resume)
    walk_forward = walk_forward or (earlier is not None and earlier.is_walk_forward)
    if folds is not None and not walk_forward:
        raise ConfigError("`--folds` needs --walk-forward")
    if test_fraction is not None and walk_forward:
        raise ConfigError("`--test-fraction` is not for --walk-forward, whose folds hold bars back")
    where, options = "the options of train.py", printing.OPTIONS
    base = load_profile(profile or "default") if earlier is None else earlier.settings
    env = overridden(
        base.env,
        {
            "symbol": symbol,
            "reward": reward,
            "stop_loss_ticks": fixed_sl_ticks,
            "lookback_window": lookback,
            "position_sizer": sizer,
            "max_position": max_position,
            "initial_balance": initial_capital,
            "commission": commission,
            "slippage_ticks": slippage_ticks,
        },
        where,
        options,
    )
    agent = overridden(
        base.agent,
        {
            "algorithm": algorithm,
            "feature_extractor": feature_extractor,
            "learning_rate": learning_rate,
            "gamma": gamma,
            "ent_coef": ent_coef,
            "n_envs": n_envs,
            "n_steps": n_steps,
            "batch_size": batch_size,
            "grad_accumulation": grad_accumulation,
            "n_epochs": n_epochs,
            "shared_paths": shared_paths,
            "bf16": bf16 or None,
            "cost_ramp_steps": cost_ramp,
            "tower_mode": tower_mode,
            "objective": objective,
            "warm_start": warm_start or None,
            "predictor": predictor,
            "validation_fraction": validation_fraction,
            "n_evaluations": evaluations,
            "significance": significance,
            "patience": patience,
            "device": device,
            "seed": seed,
        },
        where,
        options,
    )
    learning = overridden(
        base.train,
        {
            "features": _names(features),
            "timesteps": timesteps,
            "test_fraction": test_fraction,
            "folds": folds,
            "scaler": scaler,
            "scale_by_session": scale_by_session or None,
        },
        where,
        options,
    )
    settings = base.model_copy(update={"env": env, "agent": agent, "train": learning})
    workflow.check_choices(settings)
    wanted = Asked(
        settings=settings,
        data=data,
        other=other,
        symbol=symbol,
        out=out,
        is_walk_forward=walk_forward,
        has_tensorboard=tensorboard,
        computes_features=compute_features,
        checkpoint_every=checkpoint_every,
    )
    if earlier is None or resume is None:
        begin(wanted)
    else:
        go_on(wanted, earlier, resume)


def _names(features: str | None) -> tuple[str, ...] | None:
    """Return comma-separated names as a tuple, or None where none were given."""
    if features is None:
        return None
    return tuple(name.strip() for name in features.split(",") if name.strip())


if __name__ == "__main__":
    run(app)

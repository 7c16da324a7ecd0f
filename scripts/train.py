"""Train an agent on bars, holding back the last part, and save a verified model directory."""

import sys
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from utils.cli import DebugOption, make_app, run

app = make_app()


@app.command()
def train(
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    symbol: Annotated[str | None, Option(help="Instrument to trade them as.")] = None,
    timesteps: Annotated[int | None, Option(help="Environment steps to learn for.")] = None,
    algorithm: Annotated[str | None, Option(help="PPO or A2C.")] = None,
    feature_extractor: Annotated[str | None, Option(help="lstm, gru or attention.")] = None,
    features: Annotated[str | None, Option(help="Names and recipes, by commas.")] = None,
    reward: Annotated[str | None, Option(help="sparse or pnl.")] = None,
    fixed_sl_ticks: Annotated[float | None, Option(help="Stop distance, ticks.")] = None,
    lookback: Annotated[int | None, Option(help="Bars in one observation.")] = None,
    sizer: Annotated[str | None, Option(help="Position sizer: fixed.")] = None,
    max_position: Annotated[int | None, Option(help="Largest position, contracts.")] = None,
    initial_capital: Annotated[float | None, Option(help="Starting cash, USD.")] = None,
    commission: Annotated[float | None, Option(help="USD per contract and side.")] = None,
    slippage_ticks: Annotated[int | None, Option(help="Adverse ticks per fill.")] = None,
    learning_rate: Annotated[float | None, Option(help="Adam's step size.")] = None,
    ent_coef: Annotated[float | None, Option(help="Weight of the entropy bonus.")] = None,
    batch_size: Annotated[int | None, Option(help="Samples per gradient.")] = None,
    grad_accumulation: Annotated[int | None, Option(help="Gradients per step.")] = None,
    n_envs: Annotated[int | None, Option(help="Environments side by side.")] = None,
    cost_ramp_steps: Annotated[int | None, Option(help="Steps until costs are full.")] = None,
    device: Annotated[str | None, Option(help="auto, cpu or cuda.")] = None,
    seed: Annotated[int | None, Option(help="Seeds everything.")] = None,
    test_fraction: Annotated[float | None, Option(help="Last share held back.")] = None,
    scaler: Annotated[str | None, Option(help="standard, robust or rank_normal.")] = None,
    scale_by_session: Annotated[
        bool, Option("--scale-by-session", help="Scale regular hours and the rest apart.")
    ] = False,
    compute_features: Annotated[
        bool, Option("--compute-features", help="Also store the feature columns beside DATA.")
    ] = False,
    walk_forward: Annotated[
        bool, Option("--walk-forward", help="Train and test fold by fold.")
    ] = False,
    folds: Annotated[int | None, Option(help="Test blocks of --walk-forward.")] = None,
    tensorboard: Annotated[bool, Option("--tensorboard", help="Log to var/tensorboard.")] = False,
    profile: Annotated[str, Option(help="Settings to start from.")] = "default",
    out: Annotated[Path | None, Option(help="Model directory to create.")] = None,
    debug: DebugOption = False,
) -> None:
    """Train on the first part of DATA and save the agent; options override the profile."""
    from config.settings import load_profile, overridden
    from scripts import fetching, printing, workflow
    from utils.errors import ConfigError

    if folds is not None and not walk_forward:
        raise ConfigError("`--folds` needs --walk-forward")
    if test_fraction is not None and walk_forward:
        raise ConfigError("`--test-fraction` is not for --walk-forward, whose folds hold bars back")
    where, options = "the options of train.py", printing.OPTIONS
    base = load_profile(profile)
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
            "ent_coef": ent_coef,
            "batch_size": batch_size,
            "grad_accumulation": grad_accumulation,
            "n_envs": n_envs,
            "cost_ramp_steps": cost_ramp_steps,
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
    bars, traded = workflow.bars_to_trade(data, symbol, env.symbol)
    if compute_features:
        fetching.store_features(data, traded, learning.features)
    with workflow.model_directory(out) as directory:
        log_name = directory.name if tensorboard else None
        if walk_forward:
            workflow.walk_forward_with_progress(bars, settings, directory, log_name, data)
            return
        workflow.train_and_save(bars, settings, directory, log_name, data)
    if learning.test_fraction > 0:
        model, file = printing.shown(directory), printing.shown(data)
        command = f"scripts/backtest.py --model {model} --data {file}"
        asked = "" if symbol is None else f" --symbol {traded}"
        printing.print_commands("next", command + asked)


def _names(features: str | None) -> tuple[str, ...] | None:
    """Return comma-separated names as a tuple, or None where none were given."""
    if features is None:
        return None
    return tuple(name.strip() for name in features.split(",") if name.strip())


if __name__ == "__main__":
    run(app)

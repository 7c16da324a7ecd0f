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
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    other: OtherOption = None,
    symbol: Annotated[
        str | None, Option(help="Instrument to trade them as.", show_default="MNQ")
    ] = None,
    timesteps: Annotated[
        int | None, Option(help="Environment steps to learn for.", show_default="100000")
    ] = None,
    algorithm: Annotated[str | None, Option(help="PPO or A2C.", show_default="PPO")] = None,
    feature_extractor: Annotated[
        str | None, Option(help="lstm, gru or attention.", show_default="lstm")
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
        float | None, Option(help="Adam's step size.", show_default="0.0003")
    ] = None,
    ent_coef: Annotated[
        float | None, Option(help="Weight of the entropy bonus.", show_default="0.005")
    ] = None,
    batch_size: Annotated[
        int | None, Option(help="Samples per gradient.", show_default="256")
    ] = None,
    grad_accumulation: Annotated[
        int | None, Option(help="Gradients per step.", show_default="1")
    ] = None,
    n_envs: Annotated[
        int | None, Option(help="Environments side by side.", show_default="8")
    ] = None,
    cost_ramp_steps: Annotated[
        int | None, Option(help="Steps until costs are full.", show_default="0")
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
    profile: Annotated[str, Option(help="Settings to start from.")] = "default",
    out: Annotated[
        Path | None,
        Option(help="Model directory to create.", show_default="models/saved/train_TIME"),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Train on the first part of DATA and save the agent; options override the profile.

    The defaults are those of the profile `default`.
    """
    from config.settings import load_profile, overridden
    from data.feature_set import FeatureSet
    from scripts import fetching, printing, second_market, workflow
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
    workflow.check_choices(settings)
    with workflow.model_directory(out) as directory:
        bars, traded = workflow.bars_to_trade(data, symbol, env.symbol)
        specs = FeatureSet(learning.features, tuple(bars.columns)).specs
        bars = second_market.beside(bars, specs, other)
        if compute_features:
            fetching.store_features(data, traded, learning.features, other)
        log_name = directory.name if tensorboard else None
        if walk_forward:
            workflow.walk_forward_with_progress(bars, settings, directory, log_name, data, other)
            return
        workflow.train_and_save(bars, settings, directory, log_name, data, other)
    if learning.test_fraction > 0:
        model, file = printing.shown(directory), printing.shown(data)
        command = f"scripts/backtest.py --model {model} --data {file}"
        beside = "" if other is None else f" --other {printing.shown(other)}"
        asked = "" if symbol is None else f" --symbol {traded}"
        printing.print_commands("next", command + beside + asked)


def _names(features: str | None) -> tuple[str, ...] | None:
    """Return comma-separated names as a tuple, or None where none were given."""
    if features is None:
        return None
    return tuple(name.strip() for name in features.split(",") if name.strip())


if __name__ == "__main__":
    run(app)

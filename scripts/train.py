"""Train an agent on bars, holding back the last part, and save a verified model directory."""

import sys
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from scripts import fold_options as fold
from scripts import training_options as opt
from scripts.second_market import OtherOption
from scripts.stored_forecasts import ForecastColumnsOption, ForecastsOption
from utils.cli import DebugOption, make_app, run

app = make_app()


@app.command()
def train(
    data: opt.DataOption = None,
    other: OtherOption = None,
    forecasts: ForecastsOption = None,
    forecast_columns: ForecastColumnsOption = None,
    symbol: opt.SymbolOption = None,
    timesteps: opt.TimestepsOption = None,
    algorithm: opt.AlgorithmOption = None,
    feature_extractor: opt.ExtractorOption = None,
    features: opt.FeaturesOption = None,
    reward: opt.RewardOption = None,
    fixed_sl_ticks: opt.StopOption = None,
    lookback: opt.LookbackOption = None,
    sizer: opt.SizerOption = None,
    max_position: opt.MaxPositionOption = None,
    initial_capital: opt.CapitalOption = None,
    commission: opt.CommissionOption = None,
    slippage_ticks: opt.SlippageOption = None,
    learning_rate: opt.LearningRateOption = None,
    gamma: opt.GammaOption = None,
    ent_coef: opt.EntropyOption = None,
    n_envs: opt.EnvsOption = None,
    n_steps: opt.StepsOption = None,
    batch_size: opt.BatchSizeOption = None,
    grad_accumulation: opt.AccumulationOption = None,
    n_epochs: opt.EpochsOption = None,
    shared_paths: opt.SharedPathsOption = None,
    bf16: opt.Bf16Option = False,
    cost_ramp: opt.CostRampOption = None,
    tower_mode: opt.TowerModeOption = None,
    objective: opt.ObjectiveOption = None,
    warm_start: opt.WarmStartOption = False,
    predictor: opt.PredictorOption = None,
    validation_fraction: opt.ValidationOption = None,
    evaluations: opt.EvaluationsOption = None,
    significance: opt.SignificanceOption = None,
    patience: opt.PatienceOption = None,
    device: opt.DeviceOption = None,
    seed: Annotated[int | None, Option(help="Seeds everything.", show_default="0")] = None,
    test_fraction: Annotated[
        float | None, Option(help="Last share held back.", show_default="0.2")
    ] = None,
    scaler: opt.ScalerOption = None,
    scale_by_session: opt.ScaleBySessionOption = False,
    compute_features: Annotated[
        bool, Option("--compute-features", help="Also store the feature columns beside DATA.")
    ] = False,
    walk_forward: Annotated[
        bool, Option("--walk-forward", help="Train and test fold by fold; see walk_forward.py.")
    ] = False,
    folds: fold.FoldsOption = None,
    fold_kind: fold.FoldKindOption = None,
    train_length: fold.TrainLengthOption = None,
    test_length: fold.TestLengthOption = None,
    step: fold.StepOption = None,
    validation_length: fold.ValidationLengthOption = None,
    unit: fold.UnitOption = None,
    purge: fold.PurgeOption = None,
    embargo: fold.EmbargoOption = None,
    embargo_unit: fold.EmbargoUnitOption = None,
    horizon: fold.HorizonOption = None,
    anchor: fold.AnchorOption = None,
    seeds: fold.SeedsOption = None,
    combinatorial: fold.CombinatorialOption = False,
    groups: fold.GroupsOption = None,
    tested: fold.TestedOption = None,
    tensorboard: opt.TensorboardOption = False,
    checkpoint_every: opt.CheckpointOption = None,
    resume: Annotated[
        Path | None,
        Option(help="Folder in var/checkpoints of a run to go on with; needs no other option."),
    ] = None,
    profile: opt.ProfileOption = None,
    out: Annotated[
        Path | None,
        Option(help="Model directory to create.", show_default="models/saved/train_TIME"),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Train on the first part of DATA and save the agent; options override the profile.

    The defaults are those of the profile `default`, or of the algorithm.
    """
    given = dict(locals())
    from config.settings import load_profile
    from scripts import resuming, stored_forecasts, workflow
    from scripts.runs import Asked, begin, go_on
    from utils.errors import ConfigError

    if data is None and resume is None:
        raise ConfigError("`--data` must name a file of bars, or `--resume` an unfinished run")
    if profile is not None and resume is not None:
        raise ConfigError("`--profile` is not for --resume, which has the settings of its run")
    earlier = None if resume is None else resuming.read_run(resume)
    walk_forward = walk_forward or (earlier is not None and earlier.is_walk_forward)
    for_folds = fold.first_fold_option(given)
    if for_folds is not None and not walk_forward:
        raise ConfigError(f"`{for_folds}` needs --walk-forward")
    if test_fraction is not None and walk_forward:
        raise ConfigError("`--test-fraction` is not for --walk-forward, whose folds hold bars back")
    if seed is not None and walk_forward:
        raise ConfigError("`--seed` is not for --walk-forward, which takes `--seeds`, such as 0,1")
    base = load_profile(profile or "default") if earlier is None else earlier.settings
    settings = opt.trained_by(base, given, "train.py")
    store = forecasts or (None if earlier is None else earlier.forecasts)
    columns = opt.names_of(forecast_columns)
    settings = stored_forecasts.shown_to_agents(settings, store, columns)
    settings = fold.folded_by(settings, given, "train.py") if walk_forward else settings
    workflow.check_choices(settings)
    wanted = Asked(
        settings=settings,
        data=data,
        other=other,
        forecasts=store,
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


if __name__ == "__main__":
    run(app)

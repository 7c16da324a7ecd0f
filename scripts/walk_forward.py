"""Train and test fold by fold: each test block is later than all that its agent has learnt from."""

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
def walk_forward(
    data: opt.DataOption = None,
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
    executor: Annotated[str, Option(help="Where folds are done: local or ray.")] = "local",
    workers: Annotated[
        int | None, Option(help="Folds at a time.", show_default="1, or all of the cluster's")
    ] = None,
    ray_address: Annotated[
        str | None, Option(help="Of the Ray cluster; local starts one here.")
    ] = None,
    out: Annotated[
        Path | None,
        Option(help="Folder of the run; one begun is gone on with.", show_default="a new one"),
    ] = None,
    resume: Annotated[
        bool, Option("--resume", help="Go on with the run in --out; needs no other option.")
    ] = False,
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
    scaler: opt.ScalerOption = None,
    scale_by_session: opt.ScaleBySessionOption = False,
    tensorboard: opt.TensorboardOption = False,
    checkpoint_every: opt.CheckpointOption = None,
    profile: opt.ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Cut DATA into folds, train each with every seed, and test it on later bars.

    A run that was killed goes on where it was: the same command again does only what is missing.
    """
    given = dict(locals())
    from config.settings import load_profile
    from scripts import stored_forecasts, walk_runs, workflow
    from scripts.walking import Workplace

    earlier = walk_runs.earlier_run(out, is_asked_for=resume, has_data=data is not None)
    is_as_before = earlier is not None and resume and profile is None
    base = earlier.settings if is_as_before else load_profile(profile or "default")
    settings = opt.trained_by(base, given, "walk_forward.py")
    store = forecasts or (None if earlier is None else earlier.forecasts)
    columns = opt.names_of(forecast_columns)
    settings = stored_forecasts.shown_to_agents(settings, store, columns)
    settings = fold.folded_by(settings, given, "walk_forward.py")
    workflow.check_choices(settings)
    walk_runs.run_walk(
        walk_runs.WalkAsked(
            settings=settings,
            data=data,
            other=other,
            forecasts=store,
            symbol=symbol,
            out=out,
            has_tensorboard=tensorboard,
            checkpoint_every=checkpoint_every,
        ),
        earlier,
        Workplace(executor=executor, workers=workers, address=ray_address),
    )


if __name__ == "__main__":
    run(app)

"""Search settings by walk-forward scores on all but the bars held back; write the best ones."""

import sys
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from scripts import fold_options as fold
from scripts import training_options as opt
from scripts.stored_forecasts import ForecastColumnsOption, ForecastsOption
from utils.cli import DebugOption, make_app, run

app = make_app()


@app.command()
def tune(
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    forecasts: ForecastsOption = None,
    forecast_columns: ForecastColumnsOption = None,
    symbol: opt.SymbolOption = None,
    algorithm: opt.AlgorithmOption = None,
    timesteps: opt.TimestepsOption = None,
    feature_extractor: opt.ExtractorOption = None,
    features: opt.FeaturesOption = None,
    reward: opt.RewardOption = None,
    fixed_sl_ticks: opt.StopOption = None,
    lookback: opt.LookbackOption = None,
    max_position: opt.MaxPositionOption = None,
    initial_capital: opt.CapitalOption = None,
    commission: opt.CommissionOption = None,
    slippage_ticks: opt.SlippageOption = None,
    predictor: opt.PredictorOption = None,
    evaluations: opt.EvaluationsOption = None,
    significance: opt.SignificanceOption = None,
    patience: opt.PatienceOption = None,
    device: opt.DeviceOption = None,
    profile: opt.ProfileOption = None,
    test_fraction: Annotated[
        float | None,
        Option(help="Last share that no trial ever sees.", show_default="0.2"),
    ] = None,
    folds: fold.FoldsOption = None,
    fold_kind: fold.FoldKindOption = None,
    train_length: fold.TrainLengthOption = None,
    test_length: fold.TestLengthOption = None,
    validation_length: fold.ValidationLengthOption = None,
    unit: fold.UnitOption = None,
    purge: fold.PurgeOption = None,
    embargo: fold.EmbargoOption = None,
    horizon: fold.HorizonOption = None,
    seeds: fold.SeedsOption = None,
    trials: Annotated[int, Option(help="That the study shall have in the end.", min=1)] = 50,
    sampler: Annotated[str, Option(help="tpe or random.")] = "tpe",
    pruner: Annotated[str, Option(help="median, hyperband or none.")] = "median",
    penalty: Annotated[
        float, Option(help="Taken off the score per unit of its deviation over seeds.", min=0)
    ] = 0.0,
    search: Annotated[
        Path | None, Option(help="TOML file of what to search.", show_default="by algorithm")
    ] = None,
    seed: Annotated[int, Option(help="Of the sampler; --seeds are the trainings'.", min=0)] = 0,
    timeout: Annotated[
        float | None, Option(help="Seconds after which no trial is begun.", min=0)
    ] = None,
    study: Annotated[
        str | None, Option(help="Its name; the same goes on.", show_default="ALGORITHM_DATA")
    ] = None,
    storage: Annotated[
        str | None,
        Option(
            help="SQLite file, or postgresql://USER@HOST/DATABASE.",
            show_default="var/tuning/STUDY.db",
        ),
    ] = None,
    executor: Annotated[str, Option(help="local or ray.")] = "local",
    workers: Annotated[
        int | None, Option(help="Folds at a time.", show_default="1, or all of the cluster")
    ] = None,
    ray_address: Annotated[
        str | None, Option(help="Of the Ray cluster, e.g. 10.0.0.5:6379.")
    ] = None,
    out: Annotated[
        Path | None, Option(help="Folder of what is found.", show_default="var/tuning/STUDY")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Search settings on DATA; what is given by an option is not searched.

    The same command again goes on where it was stopped, or killed.
    """
    given = dict(locals())
    from scripts.tuning import Search, run_search
    from scripts.walking import Workplace

    run_search(
        Search(
            data=data,
            given=given,
            n_trials=trials,
            sampler=sampler,
            pruner=pruner,
            penalty=penalty,
            space_file=search,
            seed=seed,
            timeout_seconds=timeout,
            study=study,
            storage=storage,
            place=Workplace(executor=executor, workers=workers, address=ray_address),
            out=out,
        )
    )


if __name__ == "__main__":
    run(app)

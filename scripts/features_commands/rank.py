"""The command `features.py rank`: what features foretell out of sample, and which are alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from scripts.second_market import OtherOption

if TYPE_CHECKING:
    from data.feature_ranking import RankedColumn


def rank(
    data: Annotated[Path, Option(help="Parquet file of bars.")],
    recipe: Annotated[
        str, Option(help="Recipes, features and columns of DATA, comma-separated.")
    ] = "full",
    horizon: Annotated[int, Option(help="Bars from a decision to the end of its move.")] = 12,
    folds: Annotated[int, Option(help="Test blocks, in the later half of the bars.")] = 4,
    embargo: Annotated[int, Option(help="Bars between training rows and a test block.")] = 276,
    least_correlation: Annotated[
        float, Option(help="Mean rank correlation from which columns share a cluster.")
    ] = 0.7,
    other: OtherOption = None,
    symbol: Annotated[
        str | None, Option(help="What they are bars of, where the file does not say.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Rank the columns of RECIPE by their information coefficient on rows not fitted to.

    Signs and ranks come from the training rows of each fold, clusters from those of the first. What
    is chosen by the ranking must be judged on later bars: it has looked at all of these.
    """
    from dataclasses import asdict

    from data.feature_ranking import RankingSettings, rank_features
    from data.feature_set import FeatureSet
    from scripts.features_commands.loading import checked_bars, say_if_compiling
    from scripts.printing import console
    from scripts.second_market import beside
    from utils.files import canonical_json

    settings = RankingSettings(
        horizon=horizon, n_folds=folds, embargo_bars=embargo, least_correlation=least_correlation
    )
    names = [name.strip() for name in recipe.split(",") if name.strip()]
    bars, _ = checked_bars(data, symbol)
    features = FeatureSet(names, tuple(bars.columns))
    bars = beside(bars, features.specs, other)
    if not as_json:
        say_if_compiling(features)
    with console.status(f"ranking on {len(bars):,} bars"):
        ranked = rank_features(bars, names, settings)
    if as_json:
        columns = [{**asdict(column), "significant": column.is_significant} for column in ranked]
        print(canonical_json({"settings": asdict(settings), "columns": columns}))
    else:
        _print(ranked)


def _print(ranked: Sequence["RankedColumn"]) -> None:
    """Print one row per column, and how many foretell anything."""
    from rich.table import Table

    from data.feature_ranking import SIGNIFICANT
    from scripts.printing import console

    table = Table("column", "cluster")
    for heading in ("coefficient", "+-", "t", "p, adjusted", "folds kept sign"):
        table.add_column(heading, justify="right")
    for column in ranked:
        table.add_row(
            column.name,
            f"{column.cluster}{' *' if column.is_representative else ''}",
            f"{column.coefficient:+.4f}",
            f"{column.error:.4f}",
            f"{column.t_statistic:.2f}",
            f"{column.adjusted_p:.3g}",
            f"{round(column.stability * len(column.folds))} of {len(column.folds)}",
        )
    console.print(table)
    n_found = sum(column.is_significant for column in ranked)
    n_clusters = len({column.cluster for column in ranked})
    console.print(
        f"{n_found} of {len(ranked)} columns foretell moves beyond chance (adjusted p < "
        f"{SIGNIFICANT}); {n_clusters} clusters, * foretold most of its cluster on the first "
        "training rows"
    )
    console.print("all of these bars were looked at: judge what you choose on later ones")

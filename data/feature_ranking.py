"""Rank features by what they foretell out of sample, how steadily, and which say the same.

Fold by fold, training rows give each column's ranks, its sign and the usual move; the test rows
after them, unseen, give its information coefficient. Clusters come from the first fold's training
rows, which no test block holds. What a coefficient is, data/information.py says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.feature_set import FeatureSet
from data.forward_moves import forward_moves
from data.indicators.bar import Floats
from data.information import adjusted_chances, chance, coefficients, standard_errors
from data.preprocessor import Scaler
from data.redundancy import clusters, rank_correlations
from data.splits import Split, expanding_folds
from utils.errors import ConfigError, DataError

SIGNIFICANT = 0.05
"""Adjusted probability below which a column counts as foretelling something."""

MOVES_PER_BLOCK = 10
"""Moves that do not overlap, of which a test block must hold at least so many."""

_Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSettings:
    """How features are ranked.

    Attributes:
        horizon: Bars from a decision to the end of the move that is foretold.
        n_folds: Test blocks, of the later half of the bars.
        embargo_bars: Bars left out between training rows and a test block.
        least_correlation: Mean absolute rank correlation from which clusters are joined.
    """

    horizon: int = 12
    n_folds: int = 4
    embargo_bars: int = 276
    least_correlation: float = 0.7

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.horizon < 1:
            raise ConfigError(f"`horizon` must be >= 1 bar, was {self.horizon}")
        if not 0.0 < self.least_correlation <= 1.0:
            raise ConfigError(
                f"`least_correlation` must be in (0, 1], was {self.least_correlation}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldInformation:
    """What one column foretold in one fold.

    Attributes:
        train: Coefficient on the training rows; its sign is the only use of it.
        test: Coefficient on the test rows.
        error: Its standard error.
    """

    train: float
    test: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedColumn:
    """One column of a feature.

    Attributes:
        name: Of the column.
        coefficient: Mean over the folds of the test coefficient, times the sign of the training
            rows: what following those would have been worth. Negative where the sign turned.
        error: Its standard error.
        p_value: How likely it would be as large by chance, one-sided.
        adjusted_p: The same, for the best of all columns looked at (Holm).
        stability: Share of the folds in which the test rows kept the sign of the training rows.
        cluster: Number of its cluster, from 1.
        is_representative: Whether it foretells most of its cluster on the first training rows.
        folds: One each.
    """

    name: str
    coefficient: float
    error: float
    p_value: float
    adjusted_p: float
    stability: float
    cluster: int
    is_representative: bool
    folds: tuple[FoldInformation, ...]

    @property
    def t_statistic(self) -> float:
        """The coefficient in standard errors; 0 where there is no error, as of a constant."""
        return self.coefficient / self.error if self.error > 0.0 else 0.0

    @property
    def is_significant(self) -> bool:
        """Whether it foretells something, beyond what chance gives the best of so many."""
        return self.adjusted_p < SIGNIFICANT


def rank_features(
    bars: pd.DataFrame, names: Sequence[str], settings: RankingSettings | None = None
) -> tuple[RankedColumn, ...]:
    """Return the columns of the named features, those that surely foretell most first.

    Warning:
        The ranking itself looks at all bars. What is chosen by it must be judged on later ones.

    Args:
        bars: Checked bars, oldest first.
        names: Features, recipes or columns of `bars`.
        settings: Horizon, folds and the rest; None takes the defaults.

    Raises:
        ConfigError: If a feature or a setting is not one there can be.
        DataError: If the bars are too few for the folds.
    """
    own = settings or RankingSettings()
    features = FeatureSet(names, tuple(bars.columns))
    values, moves = _usable_rows(features.compute(bars), forward_moves(bars, own.horizon))
    splits = expanding_folds(len(moves), own.n_folds, own.embargo_bars)
    _check_lengths(splits, own.horizon)
    folds = [_fold(values, moves, split, own.horizon) for split in splits]
    return _ranked(features.columns, folds, _labels(values, splits[0], own))


def _usable_rows(values: Floats, moves: Floats) -> tuple[Floats, Floats]:
    """Leave out the rows before all features are there; no later one."""
    complete = np.isfinite(values).all(axis=1)
    if not complete.any():
        raise DataError(
            f"none of {len(values)} bars has all features: give more bars, or shorter features"
        )
    first = int(complete.argmax())
    return values[first:], moves[first:]


def _check_lengths(splits: Sequence[Split], horizon: int) -> None:
    needed = (MOVES_PER_BLOCK + 1) * horizon
    for split in splits:
        for part in (split.train, split.test):
            if part.stop - part.start < needed:
                raise DataError(
                    f"each fold needs at least {needed} rows to train and to test on, for moves "
                    f"of {horizon} bars, one had {part.stop - part.start}: give more bars, fewer "
                    "folds or a shorter horizon"
                )


def _labelled(values: Floats, moves: Floats, rows: slice, horizon: int) -> tuple[Floats, Floats]:
    """Return the rows whose move ends within them: no label reaches beyond."""
    inside = slice(rows.start, rows.stop - horizon)
    known = np.isfinite(moves[inside]) & np.isfinite(values[inside]).all(axis=1)
    if not known.any():
        raise DataError("no row of a fold has a move: prices stand still; give other bars")
    return values[inside][known], moves[inside][known]


def _fold(values: Floats, moves: Floats, split: Split, horizon: int) -> Floats:
    """Return train coefficient, test coefficient and error of each column, shape (3, n_columns)."""
    train, train_moves = _labelled(values, moves, split.train, horizon)
    test, test_moves = _labelled(values, moves, split.test, horizon)
    columns = [str(i) for i in range(values.shape[1])]
    scaler = Scaler.fit(train, columns, kind="rank_normal")
    usual = train_moves.mean()
    train_scores = scaler.transform(train).astype(np.float64)
    scores = scaler.transform(test).astype(np.float64)
    return np.array(
        [
            coefficients(train_scores, train_moves - usual),
            coefficients(scores, test_moves - usual),
            standard_errors(scores, test_moves - usual, horizon),
        ]
    )


def _labels(values: Floats, split: Split, settings: RankingSettings) -> _Labels:
    """Return the cluster of each column, from the training rows of a fold."""
    rows = values[split.train]
    complete = rows[np.isfinite(rows).all(axis=1)]
    return clusters(rank_correlations(complete), settings.least_correlation)


def _ranked(
    columns: Sequence[str], folds: Sequence[Floats], labels: _Labels
) -> tuple[RankedColumn, ...]:
    train, test, errors = np.stack(folds, axis=1)  # each (n_folds, n_columns)
    signed = np.sign(train) * test
    mean, error = signed.mean(axis=0), np.sqrt((errors**2).sum(axis=0)) / len(folds)
    t_statistics = np.divide(mean, error, out=np.zeros_like(mean), where=error > 0.0)
    chances = np.array([chance(t) for t in t_statistics])
    adjusted = adjusted_chances(chances)
    ranked = [
        RankedColumn(
            name=name,
            coefficient=float(mean[i]),
            error=float(error[i]),
            p_value=float(chances[i]),
            adjusted_p=float(adjusted[i]),
            stability=float((signed[:, i] > 0.0).mean()),
            cluster=int(labels[i]) + 1,
            is_representative=i == _strongest(train[0], labels, int(labels[i])),
            folds=tuple(
                FoldInformation(train=float(a), test=float(b), error=float(c))
                for a, b, c in zip(train[:, i], test[:, i], errors[:, i], strict=True)
            ),
        )
        for i, name in enumerate(columns)
    ]
    return tuple(sorted(ranked, key=lambda column: -column.t_statistic))


def _strongest(train: Floats, labels: _Labels, cluster: int) -> int:
    """Return the column of a cluster with the largest coefficient on training rows."""
    return int(np.where(labels == cluster, np.abs(train), -1.0).argmax())

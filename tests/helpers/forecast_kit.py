"""The conformance kit of forecast families: what each model must do, whatever it has learnt.

Rows are drawn from a law that is known: a Student t of four degrees of freedom times the scale,
which the column `har_1` corrects. No bars are needed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import safetensors.numpy

from config.forecast_settings import ForecastSettings
from data.forecast_names import LEVELS, N_LEVELS, Head
from models.forecast.families import make_model
from models.forecast.family import SCALE, FamilyTask, Floats, Integers, QuantileModel
from models.forecast.input_names import GARCH_COLUMN, LEVEL_COLUMN, SCALE_COLUMN
from utils.errors import ArtifactError, DataError

COLUMNS = (
    SCALE_COLUMN,
    GARCH_COLUMN,
    LEVEL_COLUMN,
    "har_1",
    "har_24",
    "leverage_12",
    "season_now",
    "rsi",
    "macd",
)
CORRECTION = 0.35
"""What a unit of `har_1` adds to the logarithm of the true deviation."""

SESSION_ROWS = 100
WHERE = "kit.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KitRows:
    """Rows as a model is fitted to: see QuantileModel.fit."""

    X: Floats
    y: Floats
    realised: Floats
    sessions: Integers

    def fitted(self, model: QuantileModel) -> QuantileModel:
        """Return the model, fitted to these rows."""
        model.fit(self.X, self.y, realised=self.realised, sessions=self.sessions)
        return model


def kit_rows(n: int = 1_500, seed: int = 0, head: Head = Head.RETURN) -> KitRows:
    """Return rows of the known law; MAE and MFE are one-sided."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, len(COLUMNS)))
    inputs[:, SCALE] = 1e-3 * np.exp(0.5 * rng.normal(size=n))
    inputs[:, 1] = inputs[:, SCALE] * np.exp(0.1 * rng.normal(size=n))
    sigma = inputs[:, SCALE] * np.exp(CORRECTION * inputs[:, COLUMNS.index("har_1")])
    noise = rng.standard_t(4, size=n) / np.sqrt(2.0)
    side = {Head.RETURN: noise, Head.MAE: -np.abs(noise), Head.MFE: np.abs(noise)}[head]
    realised = sigma**2 * np.exp(0.3 * rng.normal(size=n))
    sessions = 19_000 + np.arange(n) // SESSION_ROWS
    return KitRows(X=inputs, y=sigma * side, realised=realised, sessions=sessions)


def kit_task(family: str, head: Head = Head.RETURN, seed: int = 0) -> FamilyTask:
    """Return the task of a family on the kit's rows."""
    settings = ForecastSettings(family=family, seed=seed)
    return FamilyTask(horizon=12, head=head, columns=COLUMNS, settings=settings)


@cache
def fitted_model(family: str, head: Head = Head.RETURN) -> QuantileModel:
    """Return a model of a family, fitted to the kit's rows; several checks share it."""
    return kit_rows(head=head).fitted(make_model(kit_task(family, head)))


def pinball(y: Floats, quantiles: Floats) -> float:
    """Return the mean loss of quantiles (n, N_LEVELS)."""
    miss = y[:, None] - quantiles
    levels = np.array(LEVELS)
    return float(np.mean(np.maximum(levels * miss, (levels - 1.0) * miss)))


def assert_sorted_and_finite(family: str) -> None:
    """Quantiles never fall along a row, and those of excursions keep their sign."""
    unseen = kit_rows(300, seed=1)
    for head in Head:
        quantiles = fitted_model(family, head).predict_quantiles(unseen.X)
        assert quantiles.shape == (300, N_LEVELS)
        assert quantiles.dtype == np.float64
        assert np.isfinite(quantiles).all()
        assert (np.diff(quantiles, axis=1) >= 0.0).all()
        assert head != Head.MAE or (quantiles <= 0.0).all()
        assert head != Head.MFE or (quantiles >= 0.0).all()


def assert_row_by_itself_gives_same_bits(family: str) -> None:
    """A row among others, in any order and memory, gives what it gives alone."""
    model, rows = fitted_model(family), kit_rows(40, seed=1).X
    together = model.predict_quantiles(rows)
    alone = np.concatenate([model.predict_quantiles(rows[[t]]) for t in range(len(rows))])
    assert alone.tobytes() == together.tobytes()
    backwards = model.predict_quantiles(rows[::-1])[::-1]
    assert np.ascontiguousarray(backwards).tobytes() == together.tobytes()
    other_memory = model.predict_quantiles(np.asfortranarray(rows[:7]))
    assert other_memory.tobytes() == together[:7].tobytes()


def assert_same_seed_gives_same_bits(family: str) -> None:
    """Two fits are equal, whatever else is drawn in between; inputs are left as they were."""
    rows = kit_rows()
    before = rows.X.copy()
    first = rows.fitted(make_model(kit_task(family))).predict_quantiles(rows.X)
    np.random.random(3)
    second = rows.fitted(make_model(kit_task(family))).predict_quantiles(rows.X)
    assert first.tobytes() == second.tobytes()
    assert rows.X.tobytes() == before.tobytes()


def assert_arrays_round_trip(family: str) -> None:
    """A model made of the arrays of another, through safetensors, forecasts the same bits."""
    model, rows = fitted_model(family), kit_rows(50, seed=1).X
    again = make_model(kit_task(family))
    again.load_arrays(_stored(model), WHERE)
    assert again.predict_quantiles(rows).tobytes() == model.predict_quantiles(rows).tobytes()
    assert set(again.arrays()) == set(model.arrays())


def assert_damaged_arrays_are_refused(family: str) -> None:
    """An array that is missing, too many, of another shape or not finite is named, with its file.

    What was loaded before still stands.
    """
    model, rows = fitted_model(family), kit_rows(50, seed=1).X
    arrays, before = _stored(model), model.predict_quantiles(rows)
    for name, damaged in _damages(arrays):
        with pytest.raises(ArtifactError, match=WHERE) as refused:
            model.load_arrays(damaged, WHERE)
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)
        assert model.predict_quantiles(rows).tobytes() == before.tobytes()


def assert_unusable_rows_are_refused(family: str) -> None:
    """Labels that do not vary, and too few of them, are a DataError of one line."""
    rows = kit_rows()
    flat = KitRows(
        X=rows.X, y=np.zeros_like(rows.y), realised=rows.realised, sessions=rows.sessions
    )
    for unusable in (flat, kit_rows(20)):
        with pytest.raises(DataError) as refused:
            unusable.fitted(make_model(kit_task(family)))
        assert "\n" not in str(refused.value)


def assert_known_labels_may_come(family: str) -> None:
    """`update` takes labels; the next forecast is sorted and finite still."""
    model = make_model(kit_task(family))
    model.load_arrays(_stored(fitted_model(family)), WHERE)
    for label in (0.0, -0.01, 0.02):
        model.update(label)
    quantiles = model.predict_quantiles(kit_rows(5, seed=1).X)
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=1) >= 0.0).all()


def assert_scale_is_learnt_from(family: str) -> None:
    """On unseen rows of the law a family is better than the same quantiles for all."""
    if family == "unconditional":
        return
    unseen = kit_rows(2_000, seed=2)
    plain = fitted_model("unconditional").predict_quantiles(unseen.X)
    own = fitted_model(family).predict_quantiles(unseen.X)
    assert pinball(unseen.y, own) < 0.97 * pinball(unseen.y, plain)


def _stored(model: QuantileModel) -> dict[str, np.ndarray]:
    """Return a model's arrays as they come back from a file."""
    arrays = {name: np.ascontiguousarray(array) for name, array in model.arrays().items()}
    return safetensors.numpy.load(safetensors.numpy.save(arrays))


def _damages(arrays: Mapping[str, np.ndarray]) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Return (array to be named, damaged arrays)."""
    found = [("stranger", {**arrays, "stranger": np.zeros(1)})]
    for name, array in arrays.items():
        found.append((name, {key: value for key, value in arrays.items() if key != name}))
        found.append((name, {**arrays, name: np.append(array.ravel(), array.ravel()[:1])[:, None]}))
        if array.dtype.kind == "f" and array.size > 0:
            found.append((name, {**arrays, name: np.full_like(array, np.nan)}))
    return found


CHECKS: dict[str, Callable[[str], None]] = {
    "sorted_and_finite": assert_sorted_and_finite,
    "row_by_itself": assert_row_by_itself_gives_same_bits,
    "same_seed": assert_same_seed_gives_same_bits,
    "arrays_round_trip": assert_arrays_round_trip,
    "damaged_arrays": assert_damaged_arrays_are_refused,
    "unusable_rows": assert_unusable_rows_are_refused,
    "known_labels": assert_known_labels_may_come,
    "scale_learnt": assert_scale_is_learnt_from,
}
"""Whatever a family forecasts with, it passes each of them."""

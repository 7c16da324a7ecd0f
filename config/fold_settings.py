"""How a walk-forward run is cut into folds, as a table of settings; data/folds.py has the words.

What of it fits given bars is left to data/planned_folds.py.
"""

from enum import StrEnum

from pydantic import Field, field_validator

from config.checking import FrozenSettings
from utils.seeding import MAX_SEED

USUAL_FOLDS = 3
"""Folds where neither their number nor the length of a test block is given."""


class FoldKind(StrEnum):
    """Where the training rows of a fold begin, and whether they grow from fold to fold."""

    ROLLING = "rolling"
    EXPANDING = "expanding"
    ANCHORED = "anchored"


class Unit(StrEnum):
    """What a length is counted in."""

    BARS = "bars"
    SESSIONS = "sessions"


class FoldSettings(FrozenSettings):
    """Which rows each fold learns from, chooses by and is tested on, and how often it is trained.

    Lengths are counted in `unit`, but for those that name another.

    Attributes:
        kind: Which rows a fold trains on.
        unit: Sessions, which no fold cuts, or bars.
        n_folds: How many, the oldest ones; None: as many as `test_length` makes, or USUAL_FOLDS
            where that is not given either.
        train_length: Of each rolling fold, of the first fold of the other kinds, its validation
            rows included; None: half of what there is.
        test_length: Of a test block; None cuts all after the first training into `n_folds`.
        step: From one test block's beginning to the next one's; None: one follows on another.
        validation_length: How much of the end of the training rows chooses the weights; None: the
            agent's `validation_fraction` of the first fold's training.
        horizon_bars: Bars after a row until its label is known. A decision at a close fills at the
            next open, and is first paid by the open after that: two.
        purge_bars: Bars purged, at least the horizon; None: the horizon.
        embargo: Further rows left out around test rows, at least one session.
        embargo_unit: What the embargo is counted in.
        anchor: For anchored folds: trade date, YYYY-MM-DD, or row that training begins with.
        seeds: Each fold is trained once with each.
        combinatorial: Whether to test every choice of `n_tested` of `n_groups` groups instead.
        n_groups: Groups that the bars are cut into.
        n_tested: Groups that are tested at a time.
    """

    kind: FoldKind = Field(default=FoldKind.EXPANDING, strict=False)  # TOML has text
    unit: Unit = Field(default=Unit.SESSIONS, strict=False)
    n_folds: int | None = Field(default=None, ge=1, le=100_000)
    train_length: int | None = Field(default=None, ge=1)
    test_length: int | None = Field(default=None, ge=1)
    step: int | None = Field(default=None, ge=1)
    validation_length: int | None = Field(default=None, ge=0)
    horizon_bars: int = Field(default=2, ge=2)
    purge_bars: int | None = Field(default=None, ge=0)
    embargo: int = Field(default=1, ge=0)
    embargo_unit: Unit = Field(default=Unit.SESSIONS, strict=False)
    anchor: str | int | None = None
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1, strict=False)
    combinatorial: bool = False
    n_groups: int = Field(default=6, ge=2)
    n_tested: int = Field(default=2, ge=1)

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        """Refuse a seed that is none, or that would be counted twice."""
        for number, seed in enumerate(seeds):
            if not 0 <= seed <= MAX_SEED:
                raise ValueError(f"each seed must be in [0, {MAX_SEED}]")
            if seed in seeds[:number]:
                raise ValueError(f"each seed must be given once, {seed} is there twice")
        return seeds

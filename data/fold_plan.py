"""How walk-forward folds are to be laid out, as a setting; the words are those of data/folds.py."""

from dataclasses import dataclass
from datetime import date

from config.fold_settings import FoldKind, Unit
from data.fold_gap import FoldGap
from data.splits import MIN_TEST_BARS
from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldPlan:
    """Which folds to make. Lengths are counted in `unit`, each >= 1 where nothing else is said.

    Attributes:
        kind: Which rows a fold trains on.
        gap: What is left out between training and test rows.
        unit: Sessions, which no fold cuts, or bars.
        train_length: Of the training rows: of each rolling fold, of the first fold of the other
            kinds. None takes half of what there is.
        test_length: Of a test block. None cuts what follows the first training into `n_folds`
            blocks, none of them longer than another by more than one unit.
        n_folds: How many, the oldest ones; None makes as many as there are.
        step: From the beginning of a test block to that of the next, >= `test_length`; None makes
            one follow on another.
        least_test_length: A block of the last bars that is shorter than `test_length` is tested
            from this length on; None tests whole blocks only.
        validation_length: How much of the end of the training rows validates, >= 0.
        anchor: For anchored folds: the trade date, YYYY-MM-DD, or the row that training begins
            with, or the first edge after it.
    """

    kind: FoldKind
    gap: FoldGap
    unit: Unit = Unit.SESSIONS
    train_length: int | None = None
    test_length: int | None = None
    n_folds: int | None = None
    step: int | None = None
    least_test_length: int | None = None
    validation_length: int = 0
    anchor: str | int | None = None

    def __post_init__(self) -> None:
        """Refuse what fits no bars.

        Raises:
            ConfigError: If a length is out of bounds, or settings contradict each other.
        """
        self._check_bounds()
        self._check_test()
        self._check_anchor()

    @property
    def n_wanted(self) -> int:
        """Folds that there must be."""
        return 1 if self.n_folds is None else self.n_folds

    @property
    def shortest_test(self) -> int:
        """Units of the shortest test block that is made."""
        if self.least_test_length is not None:
            return self.least_test_length
        if self.test_length is not None:
            return self.test_length
        return MIN_TEST_BARS if self.unit == Unit.BARS else 1

    @property
    def stride(self) -> int:
        """Units from the beginning of a test block to that of the next, at least."""
        if self.step is not None:
            return self.step
        return self.shortest_test if self.test_length is None else self.test_length

    @property
    def least_tested(self) -> int:
        """Units from the first test row on that the wanted folds need."""
        return (self.n_wanted - 1) * self.stride + self.shortest_test

    def _check_bounds(self) -> None:
        for name in ("train_length", "test_length", "n_folds", "step", "least_test_length"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"`{name}` must be >= 1, was {value}")
        if self.validation_length < 0:
            raise ConfigError(f"`validation_length` must be >= 0, was {self.validation_length}")

    def _check_test(self) -> None:
        if self.test_length is None:
            self._check_without_test_length()
            return
        if self.unit == Unit.BARS and self.shortest_test < MIN_TEST_BARS:
            raise ConfigError(
                f"a test block must have >= {MIN_TEST_BARS} bars, one to decide on and one to "
                f"trade on, was {self.shortest_test}"
            )
        if self.stride < self.test_length:
            raise ConfigError(
                f"`step` must be >= `test_length` ({self.test_length}), was {self.step}: test "
                f"blocks would overlap, and bars count twice"
            )
        if self.shortest_test > self.test_length:
            raise ConfigError(
                f"`least_test_length` must be <= `test_length` ({self.test_length}), was "
                f"{self.least_test_length}"
            )

    def _check_without_test_length(self) -> None:
        if self.n_folds is None:
            raise ConfigError("say how long a test block is, `test_length`, or give `n_folds`")
        for name in ("step", "least_test_length"):
            if getattr(self, name) is not None:
                raise ConfigError(f"`{name}` goes with `test_length`; give that, or leave it out")

    def _check_anchor(self) -> None:
        if (self.anchor is not None) != (self.kind == FoldKind.ANCHORED):
            raise ConfigError(
                "`anchor` is for anchored folds, which need one: a trade date or a row; these are "
                f"{self.kind} folds, with `anchor` {self.anchor}"
            )
        if isinstance(self.anchor, int) and self.anchor < 0:
            raise ConfigError(f"`anchor` must be a row >= 0, was {self.anchor}")
        if isinstance(self.anchor, str):
            try:
                date.fromisoformat(self.anchor)
            except ValueError as error:
                raise ConfigError(
                    f"`anchor` must be a trade date, YYYY-MM-DD, was {self.anchor!r}"
                ) from error

"""Learned families on the scale that HARX corrects, in place of the plain one.

Nearly all that can be foretold is in the scale. Given the best one that a line can say, a family
begins where the family `harx_fhs` stands, and learns what is left.
"""

import numpy as np

from models.forecast.family import SCALE, Arrays, FamilyTask, Floats, Integers, QuantileModel
from models.forecast.harx_fhs import HarxFhs
from models.forecast.nested_models import load_part
from models.prefixed import with_prefix

LINE = "line."
"""What the names of the correction's arrays begin with."""


class OnRefinedScale:
    """A family whose column SCALE is HARX's scale; see `models.forecast.family`.

    Attributes:
        inner: The family.
    """

    def __init__(self, task: FamilyTask, inner: QuantileModel):
        """Create a model that has learnt nothing yet.

        Args:
            task: What to forecast.
            inner: An unfitted model of the same task.
        """
        self.inner = inner
        self._task = task
        self._line = HarxFhs(task)

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Fit the correction, then the family on the corrected scale."""
        self._line.fit(X, y, realised=realised, sessions=sessions)
        self.inner.fit(self.refined(X), y, realised=realised, sessions=sessions)

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the family's quantiles."""
        return self.inner.predict_quantiles(self.refined(X))

    def refined(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the inputs (n, k) with the corrected scale in place of the plain one."""
        found = np.array(X, order="C")
        found[:, SCALE] = self._line.scales(X)
        return found

    def update(self, y_delayed: float) -> None:
        """Let the family take note."""
        self.inner.update(y_delayed)

    def arrays(self) -> Arrays:
        """Return the family's arrays, and the correction's under LINE."""
        return {**self.inner.arrays(), **with_prefix(self._line.arrays(), LINE)}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over another model's arrays."""
        line = HarxFhs(self._task)
        load_part(line, arrays, LINE, where)
        own = {name: array for name, array in arrays.items() if not name.startswith(LINE)}
        self.inner.load_arrays(own, where)
        self._line = line

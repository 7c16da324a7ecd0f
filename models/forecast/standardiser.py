"""Inputs as linear models and networks see them: log scale, mean 0, deviation 1, no outliers."""

import numpy as np

from models.forecast.family import SCALE, Arrays, Floats
from models.forecast.stored_arrays import floats_of, positive_of

CLIP = 3.0
"""Deviations that an input is from its mean at most. In a crisis, inputs leave what was learnt, and
lines go on: at 5 the linear family lost half its skill in April 2025, and elsewhere gained little.
"""

LEAST_SD = 1e-9
"""Deviation below which an input counts as constant."""

MEAN, DEVIATION = "input_mean", "input_sd"


class Standardiser:
    """Means and deviations of inputs, fitted on training rows.

    Attributes:
        mean: (k,) of the inputs, the scale's after its logarithm.
        sd: (k,) > 0; 1 where an input does not vary.
    """

    def __init__(self, mean: Floats, sd: Floats):
        self.mean = mean
        self.sd = sd

    @classmethod
    def fit(cls, inputs: Floats) -> "Standardiser":
        """Return that of training rows (n, k)."""
        plain = _with_log_scale(inputs)
        sd = plain.std(axis=0)
        return cls(plain.mean(axis=0), np.where(sd > LEAST_SD, sd, 1.0))

    @classmethod
    def load(cls, arrays: Arrays, n_inputs: int, where: str) -> "Standardiser":
        """Return that of saved arrays.

        Raises:
            ArtifactError: Naming the file `where` and the array that does not fit.
        """
        mean = floats_of(arrays, MEAN, (n_inputs,), where)
        return cls(mean, positive_of(arrays, DEVIATION, (n_inputs,), where))

    def arrays(self) -> Arrays:
        """Return the statistics by name."""
        return {MEAN: self.mean, DEVIATION: self.sd}

    def of(self, inputs: Floats) -> Floats:
        """Return rows (n, k) in deviations from the mean, within [-CLIP, CLIP]."""
        return np.clip((_with_log_scale(inputs) - self.mean) / self.sd, -CLIP, CLIP)


def _with_log_scale(inputs: Floats) -> Floats:
    plain = np.array(inputs, dtype=np.float64, order="C")
    plain[:, SCALE] = np.log(np.ascontiguousarray(plain[:, SCALE]))
    return plain

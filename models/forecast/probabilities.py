"""How likely chance alone exceeds a test's statistic: chi-squared and Student's t.

Both are finite sums for whole degrees of freedom: Abramowitz and Stegun, "Handbook of mathematical
functions" (1964), 26.4.4, 26.4.5, 26.7.3 and 26.7.4. They are good to some 1e-12.
"""

import math


def chi_squared_chance(statistic: float, n_degrees: int) -> float:
    """Return the probability that a chi-squared variable exceeds `statistic`.

    Args:
        statistic: >= 0; what rounding left below 0 counts as 0.
        n_degrees: Degrees of freedom, >= 1.
    """
    half = max(statistic, 0.0) / 2.0
    is_odd = n_degrees % 2 == 1
    chance = math.erfc(math.sqrt(half)) if is_odd else 0.0
    first = 0.5 if is_odd else 0.0
    for step in range(n_degrees // 2):
        power = first + step
        chance += math.exp(-half) * half**power / math.gamma(power + 1.0)
    return min(chance, 1.0)


def student_chance(t_statistic: float, n_degrees: int) -> float:
    """Return the probability that Student's t lies further from 0 than `t_statistic`, either side.

    Args:
        t_statistic: Of either sign.
        n_degrees: Degrees of freedom, >= 1.
    """
    angle = math.atan(abs(t_statistic) / math.sqrt(n_degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = n_degrees % 2 == 1
    term, total = (cosine if is_odd else 1.0), 0.0
    for power in range(1 if is_odd else 0, n_degrees - 1, 2):
        total += term
        term *= cosine**2 * (power + 1.0) / (power + 2.0)
    inside = 2.0 / math.pi * (angle + sine * total) if is_odd else sine * total
    return min(max(1.0 - inside, 0.0), 1.0)

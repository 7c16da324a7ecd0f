"""How properties of the live side are tried: the same examples each time, however busy it is."""

from hypothesis import HealthCheck, settings

tried = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
"""A busy machine makes no difference, neither to the examples nor to the verdict."""

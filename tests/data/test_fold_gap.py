"""How narrow a gap may be."""

import pytest

from config.fold_settings import Unit
from data.fold_gap import FoldGap
from utils.errors import ConfigError


def test_fold_gap_purges_the_horizon_unless_told_more():
    assert FoldGap(horizon_bars=12).n_purged == 12
    assert FoldGap(horizon_bars=12, purge_bars=20).n_purged == 20


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"horizon_bars": 0}, "`horizon_bars` must be >= 1, was 0"),
        (
            {"horizon_bars": 12, "purge_bars": 3},
            r"`purge_bars` must be >= the label horizon \(12\), was 3: the last training labels",
        ),
        (
            {"horizon_bars": 12, "purge_bars": 0},
            r"`purge_bars` must be >= the label horizon \(12\), was 0",
        ),
        ({"horizon_bars": 1, "embargo": 0}, "`embargo` must be >= one session, was 0 sessions"),
        (
            {"horizon_bars": 1, "embargo": 0, "embargo_unit": Unit.BARS},
            "`embargo` must be >= one session, was 0 bars: averages",
        ),
    ],
)
def test_fold_gap_too_narrow_is_refused_with_the_reason(settings, message):
    with pytest.raises(ConfigError, match=f"^{message}"):
        FoldGap(**settings)

"""Numbers that change need a raised version: models trained on the old ones must be refused."""

import pytest

from data.features import FEATURES
from tests.helpers.feature_fingerprints import fingerprints, stored_fingerprints

TOLERANCE = 1e-9
"""Share of a spread: another order of summation, another machine's logarithm."""


@pytest.mark.golden
def test_features_numbers_are_those_of_their_version():
    """Where this fails, raise `version`, and write the file anew as its helper says."""
    stored, found = stored_fingerprints(), fingerprints()
    assert list(found) == list(stored), "a feature was added, moved or removed: write the file anew"
    assert {name: entry["version"] for name, entry in found.items()} == {
        name: entry["version"] for name, entry in stored.items()
    }, "a version was raised: write the file anew"
    changed = [
        column
        for name, entry in found.items()
        for column, value in entry["columns"].items()
        if value
        != pytest.approx(
            stored[name]["columns"][column], rel=TOLERANCE, abs=TOLERANCE * FEATURES[name].spread
        )
    ]
    assert changed == [], "numbers have changed: raise `version` of these features"

"""The signal presets: their numbers, and what they refuse."""

import pytest

from config.checking import checked
from config.signal_settings import SIGNALS, SignalSettings
from utils.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("conservative", (0.58, 2.0, 1.30, 0.004, 0.10, 1, 0.10, 0.6)),
        ("moderate", (0.55, 1.0, 1.15, 0.008, 0.25, 3, 0.05, 0.5)),
        ("aggressive", (0.53, 0.5, 1.05, 0.015, 0.40, 6, 0.03, 0.4)),
    ],
)
def test_signal_presets_are_those_of_the_documents(name, numbers):
    preset = SIGNALS[name]
    assert numbers == (
        preset.least_probability,
        preset.least_reward,
        preset.least_omega,
        preset.tail_veto,
        preset.kelly_fraction,
        preset.max_contracts,
        preset.stop_level,
        preset.target_level,
    )


def test_signal_presets_can_reach_their_most_within_their_budgets():
    for preset in SIGNALS.values():
        assert preset.tail_veto <= preset.tail_budget <= preset.max_contracts * preset.tail_veto


@pytest.mark.parametrize(
    ("field", "value"),
    [("kelly_fraction", 0.0), ("max_contracts", 0), ("tail_veto", 1.5), ("evidence_risk", 1.0)],
)
def test_signal_settings_out_of_bounds_are_refused(field, value):
    values = SIGNALS["moderate"].model_dump() | {field: value}
    with pytest.raises(ConfigError, match=f"`{field}` in signals"):
        checked(SignalSettings, values, "signals")

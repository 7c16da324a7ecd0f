"""The registry of forecast families, and the kit that every entry passes."""

import pytest

from models.forecast.families import FAMILIES, make_model, needs_garch, sees_features
from tests.helpers.forecast_kit import CHECKS, kit_task
from utils.errors import ConfigError


@pytest.mark.conformance
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("family", FAMILIES)
def test_family_passes_the_kit(family, check):
    CHECKS[check](family)


def test_make_model_unknown_family_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean `harx_fhs`"):
        make_model(kit_task("harx"))


def test_needs_garch_is_of_garch_alone():
    assert [name for name in FAMILIES if needs_garch(name)] == ["garch_fhs"]


def test_families_of_scales_alone_see_no_features():
    blind = [name for name in FAMILIES if not sees_features(name)]
    assert blind == ["unconditional", "ewma_fhs", "harx_fhs", "garch_fhs"]

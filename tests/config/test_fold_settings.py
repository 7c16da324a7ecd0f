"""The settings of folds: what a profile may say, and what fits no bars."""

import pytest

from config.fold_settings import FoldKind, FoldSettings, Unit
from config.settings import Settings, checked, load_profile
from utils.errors import ConfigError


def folds(**values):
    return checked(FoldSettings, values, "test")


def test_fold_settings_are_read_from_a_profile(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[folds]\nkind = "anchored"\nanchor = "2024-01-05"\nunit = "bars"\nseeds = [3, 1]\n'
        "test_length = 276\n"
    )
    read = load_profile(str(path)).folds
    assert (read.kind, read.unit, read.seeds) == (FoldKind.ANCHORED, Unit.BARS, (3, 1))
    assert (read.anchor, read.test_length) == ("2024-01-05", 276)


def test_fold_settings_come_back_from_json():
    settings = Settings(folds=folds(kind="rolling", n_folds=4, seeds=(2,)))
    again = checked(Settings, settings.model_dump(mode="json"), "test")
    assert again == settings


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"kind": "roling"}, ["`kind`", "'rolling', 'expanding' or 'anchored'", "'roling'"]),
        ({"unit": "days"}, ["`unit`", "'bars' or 'sessions'"]),
        ({"n_folds": 0}, ["`n_folds`", "greater than or equal to 1", "0"]),
        ({"horizon_bars": 1}, ["`horizon_bars`", "greater than or equal to 2", "1"]),
        ({"seeds": ()}, ["`seeds`", "at least 1"]),
        ({"seeds": (0, 1, 0)}, ["`seeds`", "given once, 0 is there twice"]),
        ({"seeds": (-1,)}, ["`seeds`", "each seed must be in [0, "]),
        ({"folds": 3}, ["unknown setting `folds`"]),
    ],
)
def test_fold_settings_that_cannot_be_are_named(values, parts):
    with pytest.raises(ConfigError) as error:
        folds(**values)
    for part in parts:
        assert part in str(error.value)

"""Walk-forward forecasts: the same bits however they are come by, and nothing of later bars."""

import numpy as np
import pytest

from data.forecast_names import HEADS, Head
from data.information import coefficients
from models.forecast.forecaster import Forecaster
from models.forecast.scoring import MEDIAN
from models.forecast.targets import forecast_targets
from models.forecast.walk_block import BlockJob, forecast_block
from models.forecast.walk_online import ServedWalk
from tests.helpers.forecast_walks import FAMILIES, SETTINGS, forecast_bars, run_silently, small_walk
from utils.errors import DataError

BARS = forecast_bars()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a run that was done at one go."""
    walk = small_walk(BARS, tmp_path_factory.mktemp("walk"))
    assert run_silently(walk) == [(1, False), (2, False), (3, False)]
    return walk


def contents(walk):
    """Return the arrays' files of a run by family and name."""
    files = sorted(walk.folder.rglob("*.safetensors"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in files}


def test_walk_forecasts_every_row_of_its_blocks_in_order(whole):
    for family in FAMILIES:
        for block, forecasts in zip(whole.blocks, whole.forecasts(family), strict=True):
            n_rows = block.test.stop - block.test.start
            assert forecasts.quantiles.shape == (n_rows, 2, 1, 9)
            assert np.isfinite(forecasts.quantiles).all()
            assert (np.diff(forecasts.quantiles) >= 0.0).all()
            assert (forecasts.scale > 0.0).all()


def test_walk_forecasts_what_a_forecaster_of_the_block_forecasts(whole):
    block = whole.blocks[1]
    settings = SETTINGS.model_copy(update={"family": "harx_fhs", "alarm": False})
    forecaster = Forecaster.fit(BARS, settings, block.train)
    base = forecaster.base(BARS.iloc[: block.test.stop], block.test.start)
    own = whole.forecasts("harx_fhs")[1]
    assert np.array_equal(own.quantiles[:, :, 0], base.sources[0][:, :, HEADS.index(Head.RETURN)])


def test_walk_gone_on_with_does_only_what_is_missing(whole, tmp_path):
    walk = small_walk(BARS, tmp_path)

    def stop_after_the_second(block, is_kept):
        if block.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        walk.run(stop_after_the_second)
    with pytest.raises(DataError, match="block_0003 of `harx_fhs` is not forecast yet"):
        walk.forecasts("harx_fhs")
    assert run_silently(walk) == [(1, True), (2, True), (3, False)]
    assert contents(walk) == contents(whole)


def test_walk_of_a_further_family_does_that_one_alone(whole, tmp_path):
    run_silently(small_walk(BARS, tmp_path, ("ewma_fhs",)))
    stamp = (tmp_path / "ewma_fhs" / "block_0001.json").stat().st_mtime_ns
    walk = small_walk(BARS, tmp_path)
    run_silently(walk)
    assert (tmp_path / "ewma_fhs" / "block_0001.json").stat().st_mtime_ns == stamp
    assert contents(walk) == contents(whole)


@pytest.mark.parametrize("suffix", ["safetensors", "json"])
def test_walk_with_a_damaged_file_makes_it_anew(whole, tmp_path, suffix):
    walk = small_walk(BARS, tmp_path, ("ewma_fhs",))
    run_silently(walk)
    path = tmp_path / "ewma_fhs" / f"block_0002.{suffix}"
    content = path.read_bytes()
    path.write_bytes(content[:-3] + b"123")
    assert walk.forecast("ewma_fhs", walk.blocks[1]) is None
    assert run_silently(walk) == [(1, True), (3, True), (2, False)]
    assert path.read_bytes() == content or suffix == "json"


def test_walk_of_other_settings_keeps_nothing_of_these(tmp_path):
    run_silently(small_walk(BARS, tmp_path, ("ewma_fhs",)))
    other = small_walk(BARS, tmp_path, ("ewma_fhs",), features=("log_return",))
    assert [is_kept for _, is_kept in run_silently(other)] == [False] * 3


def test_walk_does_not_see_bars_after_a_block(whole, tmp_path):
    poisoned = BARS.copy()
    later = slice(whole.blocks[1].test.stop, None)
    poisoned.iloc[later, poisoned.columns.get_loc("high")] *= 1.5
    walk = small_walk(poisoned, tmp_path)
    run_silently(walk)
    for family in FAMILIES:
        one, other = whole.forecasts(family), walk.forecasts(family)
        for k, is_same in enumerate((True, True, family == "unconditional")):
            assert np.array_equal(one[k].quantiles, other[k].quantiles) == is_same


def test_walk_does_not_learn_from_the_gap_before_a_block(whole):
    block = whole.blocks[0]
    job = BlockJob(block=block, settings=SETTINGS, families=("unconditional", "harx_fhs"))
    poisoned = BARS.copy()
    gap = slice(block.train.stop, block.test.start)
    poisoned.iloc[gap, poisoned.columns.get_loc("volume")] *= 50.0
    poisoned.iloc[gap, poisoned.columns.get_loc("high")] *= 1.5
    one, other = forecast_block(BARS, job), forecast_block(poisoned, job)
    # what was learnt is the same; what is known at each row is not
    assert np.array_equal(one["unconditional"].quantiles, other["unconditional"].quantiles)
    assert not np.array_equal(one["harx_fhs"].quantiles, other["harx_fhs"].quantiles)


def test_walk_of_a_martingale_has_medians_that_foretell_nothing(tmp_path):
    bars = forecast_bars("martingale", n_bars=8_280)
    walk = small_walk(bars, tmp_path, ("harx_fhs", "ewma_fhs"), alarm=False)
    run_silently(walk)
    y = forecast_targets(bars, "MNQ", (3, 12)).y[walk.rows, 1, 0]
    medians = np.concatenate([b.quantiles[:, 1, 0, MEDIAN] for b in walk.forecasts("harx_fhs")])
    is_known = np.isfinite(y)
    found = coefficients(medians[is_known, None], y[is_known])
    assert abs(found[0]) < 0.1


def test_served_walk_goes_on_block_by_block_as_in_one_go(whole):
    served = ServedWalk(whole, "harx_fhs")
    blocks = list(served.advance())
    assert [each.block.number for each in blocks] == [1, 2, 3]
    again = ServedWalk(whole, "harx_fhs")
    raw = whole.forecasts("harx_fhs")
    for each, base, other in zip(blocks, raw, again.advance(), strict=True):
        assert np.array_equal(each.quantiles, other.quantiles)
        assert np.array_equal(each.quantiles[..., 2:7], base.quantiles[..., 2:7])
        assert not np.array_equal(each.quantiles, base.quantiles)
    assert served.layer.until == BARS.index[-1].as_unit("ns").value


def test_served_walk_waits_for_a_block_that_is_missing(tmp_path):
    walk = small_walk(BARS, tmp_path, ("ewma_fhs",))
    served, numbers = ServedWalk(walk, "ewma_fhs"), []
    walk.run(lambda block, is_kept: numbers.append([b.block.number for b in served.advance()]))
    assert numbers == [[1], [2], [3]]
    assert list(served.advance()) == []


def test_served_walk_of_the_fallback_never_says_that_it_stands_in(tmp_path):
    walk = small_walk(BARS, tmp_path, ("ewma_fhs",))
    run_silently(walk)
    assert not any(block.is_fallback.any() for block in ServedWalk(walk, "ewma_fhs").advance())

"""Several test blocks as one record."""

import numpy as np
import pandas as pd
import pytest

from backtest.stitching import Stitched, stitched
from config.settings import EnvSettings
from tests.helpers.results import flat_bars, hand_made_result
from tests.helpers.walks import walk_bars, walk_settings, walked


def block(day, equity, **changes):
    bars = flat_bars(start=f"{day} 15:00")
    dates = np.full(6, np.datetime64(day))
    return hand_made_result(bars=bars, equity=equity, trade_dates=dates, **changes)


FIRST = block("2025-01-02", (10_000, 9_999.5, 10_010, 10_008.5, 10_008.5, 10_008.5))
SECOND = block("2025-01-03", (10_000, 10_000, 9_990, 9_980.25, 9_980.25, 9_980.25))


def test_stitched_equity_goes_on_where_the_block_before_ended():
    whole = stitched([FIRST, SECOND], "whole")
    assert whole.equity.tolist() == [
        *(10_000, 9_999.5, 10_010, 10_008.5, 10_008.5, 10_008.5),
        *(10_008.5, 10_008.5, 9_998.5, 9_988.75, 9_988.75, 9_988.75),
    ]
    assert whole.metrics["net_profit_usd"] == pytest.approx(8.5 - 19.75)
    assert whole.name == "whole"
    assert whole.span == (FIRST.timestamps[0], SECOND.timestamps[-1])
    assert whole.metrics["n_sessions"] == 2


def test_stitched_record_holds_the_fills_and_trades_of_all_blocks():
    whole = stitched([FIRST, SECOND], "whole")
    assert whole.fills.index.tolist() == [0, 1, 2, 3]
    assert whole.fills["time"].is_monotonic_increasing
    assert whole.trades["net_usd"].tolist() == [8.52, 8.52]
    assert not whole.equity.flags.writeable


@pytest.mark.parametrize(("mode", "flat"), [("discrete", 3), ("contracts", 0)])
def test_stitched_decisions_are_flat_between_blocks(mode, flat):
    settings = EnvSettings(action_mode=mode)
    one, two = (
        block(day, FIRST.equity, settings=settings, decisions=np.array([1, 0, 2, 0, 0]))
        for day in ("2025-01-02", "2025-01-03")
    )
    assert stitched([one, two], "whole").decisions.tolist() == [1, 0, 2, 0, 0, flat, 1, 0, 2, 0, 0]


def test_stitched_record_adds_up_what_was_denied_and_doubtful():
    one = block("2025-01-02", FIRST.equity, denials={"margin": 2}, n_ambiguous=1, remarks=("a",))
    two = block(
        "2025-01-03",
        FIRST.equity,
        denials={"margin": 1, "limit": 4},
        n_ambiguous=2,
        remarks=("a", "b"),
        was_liquidated=True,
        is_in_sample=True,
    )
    whole = stitched([one, two], "whole")
    assert whole.denials == {"margin": 3, "limit": 4}
    assert (whole.n_ambiguous, whole.remarks) == (3, ("a", "b"))
    assert whole.was_liquidated
    assert whole.is_in_sample
    assert whole.decisions is None or len(whole.decisions) == 11


def _ending_at(equity, name):
    return block("2025-01-02", (10_000, equity, equity, equity, equity, equity), name=name)


@pytest.mark.parametrize(
    ("ends", "median"),
    [
        ((10_010, 9_990, 10_000), "c"),
        ((10_010, 9_990), "b"),
        ((10_010, 9_990, 10_000, 10_001), "c"),
    ],
)
def test_median_is_a_run_that_was_made_the_lower_of_two(ends, median):
    runs = tuple(_ending_at(end, name) for end, name in zip(ends, "abcd", strict=False))
    found = Stitched(runs=runs, seeds=tuple(range(len(runs))))
    assert found.median.name == median
    assert found.returns.shape == (len(runs), 1)


def test_walk_forward_nets_of_folds_add_up_to_the_stitched_net_to_the_cent(tmp_path):
    bars = walk_bars()
    run = walked(bars, walk_settings(kind="rolling", n_folds=3, seeds=(0, 1)), tmp_path)
    for seed, whole in zip((0, 1), run.stitched.runs, strict=True):
        nets = [outcome.results[0].metrics["net_profit_usd"] for outcome in run.of_seed(seed)]
        assert whole.metrics["net_profit_usd"] == pytest.approx(sum(nets), abs=0.005)
        assert whole.trades["net_usd"].sum() == pytest.approx(sum(nets), abs=0.005)
        blocks = [outcome.results[0].timestamps for outcome in run.of_seed(seed)]
        assert whole.timestamps.equals(pd.DatetimeIndex(np.concatenate(blocks)))
        assert whole.equity[0] == 10_000.0


def test_combinatorial_paths_test_every_bar_once_each_group_by_another_split(tmp_path):
    bars = walk_bars()
    settings = walk_settings(combinatorial=True, n_groups=3, n_tested=2)
    run = walked(bars.iloc[:3_816], settings, tmp_path)
    paths = run.stitched.runs
    assert [path.name for path in paths] == ["path_1_seed_0", "path_2_seed_0"]
    one, two, three = (
        outcome.results for outcome in run.outcomes
    )  # test 0 and 1, 0 and 2, 1 and 2
    for path, blocks in zip(
        paths, ((one[0], one[1], two[1]), (two[0], three[0], three[1])), strict=True
    ):
        net = sum(float(each.equity[-1] - each.equity[0]) for each in blocks)
        assert path.equity[-1] - path.equity[0] == pytest.approx(net, abs=0.005)
        assert path.timestamps.is_monotonic_increasing
        assert path.timestamps[-1] == bars.index[3_815]

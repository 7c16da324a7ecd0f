"""The pipeline from closed bars to decisions: what it does with holes, corrections, lost fills."""

import pandas as pd
import pytest

from env.kernel.names import Reason
from tests.helpers.live_pipeline import GIVEN, closed_bars
from tests.helpers.live_traders import BUY, HOLD, scripted_model, some_bars
from trading.bar_pipeline import BarPipeline
from trading.contract_sessions import never_rolls
from trading.decision_stream import DecisionStream
from trading.fill_book import LiveFill
from trading.pipeline_snapshot import restore, snapshot_of, was_restored

BARS = some_bars(120)
TOLD = closed_bars(BARS)
N_WARM = 60


def pipeline_of(*answers, n_live=0):
    """Return a pipeline that has learnt N_WARM bars and lived through some, flat."""
    model = scripted_model(BARS, *answers)
    pipeline = BarPipeline(DecisionStream(model, GIVEN), 300, never_rolls)
    list(pipeline.learn(BARS.iloc[:N_WARM]))
    for bar in TOLD[N_WARM : N_WARM + n_live]:
        pipeline.close(bar, 0, is_live=True)
    return pipeline


def fill_at(bar, quantity, ticks=None, name="a"):
    """Return a fill at a bar's open."""
    return LiveFill(
        exec_id=f"{name}.01",
        time=bar.opened,
        quantity=quantity,
        price_ticks=round(bar.open / 0.25) if ticks is None else ticks,
        commission_usd=0.62,
        reason=Reason.SIGNAL,
    )


def test_pipeline_decides_at_live_closes_alone():
    pipeline = pipeline_of(BUY)
    assert pipeline.close(TOLD[N_WARM], 0, is_live=False) is None
    decision = pipeline.close(TOLD[N_WARM + 1], 0, is_live=True)
    assert (decision.action, decision.quantity) == ("buy", 1)
    assert decision.at == TOLD[N_WARM + 1].opened + pd.Timedelta(minutes=5)


def test_pipeline_that_begins_with_a_position_is_brought_into_line_before_it_decides():
    pipeline = pipeline_of(HOLD, HOLD)
    assert pipeline.close(TOLD[N_WARM], 1, is_live=True) is None
    decision = pipeline.close(TOLD[N_WARM + 1], 1, is_live=True)
    assert decision is not None
    assert pipeline.account.position == 1


def test_pipeline_knows_fills_after_the_close_from_those_before():
    pipeline = pipeline_of(BUY, HOLD, HOLD, n_live=1)
    after = fill_at(TOLD[N_WARM + 1], 1)
    pipeline.add_fill(after)
    assert pipeline.has_new_fills
    pipeline.close(TOLD[N_WARM + 1], 1, is_live=True)
    assert pipeline.account.position == 1
    assert not pipeline.has_new_fills
    pipeline.add_fill(fill_at(TOLD[N_WARM + 2], -1, name="b"))  # of the bar that is forming
    assert pipeline.has_new_fills


def test_pipeline_books_what_a_person_adopted_at_the_close():
    pipeline = pipeline_of(HOLD, HOLD, n_live=1)
    bar = TOLD[N_WARM + 1]
    pipeline.close(bar, -1, is_live=True)
    assert pipeline.account.position == -1
    assert pipeline.account.fills[-1].price_ticks == round(bar.close / 0.25)


@pytest.mark.parametrize(("before", "after"), [(0, 1), (-1, 1)])
def test_pipeline_books_a_position_that_it_did_not_know_at_the_price_of_our_entry(before, after):
    pipeline = pipeline_of(HOLD, HOLD, HOLD, n_live=1)
    pipeline.close(TOLD[N_WARM + 1], before, is_live=True)
    pipeline.close(TOLD[N_WARM + 2], after, is_live=True, entry_ticks=70_000.25)
    assert pipeline.account.position == 1
    assert pipeline.account.fills[-1].price_ticks == 70_000
    assert pipeline.account.stop_ticks == 69_940


def test_pipeline_takes_a_commission_that_comes_later():
    pipeline = pipeline_of(BUY, HOLD, HOLD, n_live=1)
    cheap = fill_at(TOLD[N_WARM + 1], 1)
    pipeline.add_fill(cheap)
    pipeline.close(TOLD[N_WARM + 1], 1, is_live=True)
    before = float(pipeline.account.record.cash_usd)
    pipeline.charge("a.01", 1.62)
    assert float(pipeline.account.record.cash_usd) == pytest.approx(before - 1.0)


def test_pipeline_goes_on_bit_for_bit_from_its_snapshot():
    one, other = pipeline_of(BUY, n_live=1), pipeline_of()
    one.add_fill(fill_at(TOLD[N_WARM + 1], 1))
    one.close(TOLD[N_WARM + 1], 1, is_live=True)
    restore(other, snapshot_of(one))
    for bar in TOLD[N_WARM + 2 : N_WARM + 20]:
        mine, its = (each.close(bar, 1, is_live=True) for each in (one, other))
        assert (mine.observation_hash, mine.action) == (its.observation_hash, its.action)
    assert one.account.record.tobytes() == other.account.record.tobytes()


def test_pipeline_of_another_model_does_not_use_a_snapshot(tmp_path, caplog):
    path = tmp_path / "pipeline.bin"
    path.write_bytes(b"1" * 400)
    assert not was_restored(pipeline_of(), path)
    assert "is not used" in caplog.text
    assert not was_restored(pipeline_of(), tmp_path / "none")


def test_pipeline_learns_from_history_some_bars_at_a_time():
    pipeline = BarPipeline(DecisionStream(scripted_model(BARS), GIVEN), 300, never_rolls)
    steps = pipeline.learn(BARS.iloc[:100])
    next(steps)
    assert pipeline.bars.n_bars == pipeline.last_bar.row + 1 == 32
    assert len(list(steps)) == 3
    assert pipeline.last_bar.opened == BARS.index[99]


def test_pipeline_warns_once_of_a_fill_that_is_older_than_its_account(caplog):
    pipeline = pipeline_of(n_live=3)
    for _ in range(3):
        pipeline.add_fill(fill_at(TOLD[N_WARM - 1], 1))
    pipeline.charge("a.01", 0.62)
    assert len([one for one in caplog.messages if "lies before" in one]) == 1

"""How chunks hang together: what a visit takes over from the last one, and leaves to the next."""

import numpy as np
import pytest

from config.settings import AgentSettings, EnvSettings
from data.synthetic import synthetic_bars
from env.exogenous import describe
from env.market import build_market
from models.exact_chunks import Chunks
from models.exact_visit import Visitor

START, N_STEPS = 150, 8
EPG = AgentSettings(algorithm="EPG")
SHORT, FLAT, LONG = range(3)


def _visitor(**account) -> tuple[Visitor, Chunks]:
    settings = EnvSettings(initial_balance=1e6, lookback_window=5, **account)
    market = build_market(synthetic_bars(400, "martingale", seed=2), ["log_return"])
    max_age = 0 if settings.stop_loss_ticks is None else N_STEPS + 1
    problem = describe(market, settings, max_age)
    chunks = Chunks(range(100, 300), N_STEPS, 3, seed=0)
    return Visitor(problem, chunks, EPG, unit_usd=1.0), chunks


def _always(action: int) -> np.ndarray:
    chances = np.zeros((1, N_STEPS, 3, 4))
    chances[..., action] = 1.0
    return chances


@pytest.mark.parametrize("stop", [None, 100_000.0])
def test_visit_goes_on_in_the_position_that_the_last_one_left(stop):
    visitor, chunks = _visitor(stop_loss_ticks=stop)
    visitor.visit(np.array([START]), _always(1), 1.0)
    assert chunks.likely[START + N_STEPS].tolist() == [0.0, 0.0, 1.0]
    held = visitor.visit(np.array([START + N_STEPS]), _always(0), 1.0)
    assert held.likely[0, :, LONG].tolist() == [1.0] * N_STEPS
    closes = visitor._problem.market.bars.close[START + N_STEPS : START + 2 * N_STEPS + 1]
    assert held.expected[0] == pytest.approx(np.diff(closes) * 0.5)


def test_visit_counts_who_is_stopped_in_its_entry_bar_as_flat_at_the_next_chunk():
    visitor, chunks = _visitor(stop_loss_ticks=1.0)
    ends = visitor._problem.runs.end_rows
    gone = int(np.flatnonzero(ends[100:250, 1] == np.arange(101, 251))[0]) + 100
    chunks.likely[gone + 1] = [0.0, 0.0, 1.0]
    visit = visitor.visit(np.array([gone + 1]), _always(0), 1.0)
    assert visit.likely[0, 0].tolist() == [0.0, 1.0, 0.0]
    assert visit.expected[0].tolist() == [0.0] * N_STEPS


@pytest.mark.parametrize("stop", [None, 100_000.0])
def test_visit_reckons_with_what_positions_are_worth_after_its_end(stop):
    visitor, chunks = _visitor(stop_loss_ticks=stop)
    chunks.worth[START + N_STEPS] = [0.0, 0.0, 500.0]
    visitor.visit(np.array([START]), np.full((1, N_STEPS, 3, 4), 0.25), 1.0)
    with_worth = chunks.worth[START + N_STEPS - 1].copy()
    plain_visitor, plain = _visitor(stop_loss_ticks=stop)
    plain_visitor.visit(np.array([START]), np.full((1, N_STEPS, 3, 4), 0.25), 1.0)
    # one step before: half of what holds a long is long after it, a quarter of what is flat is
    difference = with_worth - plain.worth[START + N_STEPS - 1]
    assert difference == pytest.approx([0.0, 0.0, 125.0])


@pytest.mark.parametrize("stop", [None, 100_000.0])
def test_visit_leaves_what_positions_are_worth_to_the_chunk_before(stop):
    visitor, chunks = _visitor(stop_loss_ticks=stop)
    visitor.visit(np.array([START]), _always(0), 1.0)
    closes = visitor._problem.market.bars.close
    move = float(closes[START + N_STEPS] - closes[START]) * 0.5
    assert move != 0.0
    assert chunks.worth[START] == pytest.approx([-move, 0.0, move])

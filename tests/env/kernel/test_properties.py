"""What holds for any bars, orders, limits and rolls: each property recounted from the fills."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from env.kernel.names import OrderKind, Status
from env.kernel.types import max_fills_per_bar
from tests.helpers.accounts import NEVER
from tests.helpers.kernel_scenarios import (
    INITIAL_USD,
    Scenario,
    ScenarioRun,
    draw_scenario,
    mirrored_scenario,
)

CENT = 0.005
pytestmark = pytest.mark.property
examples = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def scenarios(draw) -> Scenario:
    """Return a scenario whose every number hypothesis may make smaller."""
    return draw_scenario(lambda low, high: draw(st.integers(low, high)))


def recounted(run: ScenarioRun) -> list[float]:
    """Return exact equity per bar, from the fills alone: money in and out, and what is held.

    A roll needs no word of its own: its fills close the old contract at the old one's price.
    """
    terms = run.scenario.terms
    tick, fee = Fraction(terms.instrument.tick_value_usd), Fraction(str(terms.commission_usd))
    equity, flow, position, fees, done = [], 0, 0, Fraction(0), 0
    for bar, close in enumerate(run.scenario.bars["close"].tolist()):
        while done < len(run.fills) and run.fills[done].bar == bar:
            quantity, price = int(run.fills[done].quantity), int(run.fills[done].price_ticks)
            flow, position = flow - quantity * price, position + quantity
            fees += abs(quantity) * fee
            done += 1
        equity.append(float(Fraction(INITIAL_USD) + (flow + position * close) * tick - fees))
    assert done == len(run.fills)
    assert position == run.account.position
    return equity


@examples
@given(scenarios())
def test_equity_of_every_bar_is_what_its_fills_amount_to(scenario):
    run = ScenarioRun(scenario).live()
    assert run.equity == pytest.approx(recounted(run), abs=CENT)
    falls = np.maximum.accumulate(run.equity) - run.equity
    assert run.account.max_drawdown_usd == pytest.approx(falls.max(), abs=CENT)


@examples
@given(scenarios())
def test_identities_hold_to_the_cent_at_every_close(scenario):
    run = ScenarioRun(scenario)
    for bar in range(1, len(scenario.bars)):
        account = run.live(bar).account
        closed_usd = float(run.trades.net_usd.sum())
        fees_of_open = account.fees_usd - float(run.trades.fees_usd.sum())
        assert account.cash_usd == pytest.approx(INITIAL_USD + closed_usd - fees_of_open, abs=CENT)
        assert account.equity_usd == pytest.approx(
            account.cash_usd + account.open_pnl_usd, abs=CENT
        )
        assert account.realised_usd == pytest.approx(
            account.gains_usd + account.losses_usd, abs=CENT
        )
        if account.position == 0:
            assert account.open_pnl_usd == 0.0
            assert fees_of_open == pytest.approx(0.0, abs=CENT)
            waiting = [order for order in account.orders if order.kind != OrderKind.NONE]
            assert not any(order.is_reduce_only for order in waiting)


@examples
@given(scenarios())
def test_every_fill_lies_in_its_bar_widened_by_slippage(scenario):
    for fill in ScenarioRun(scenario).live().fills:
        bar = scenario.bars[fill.bar]
        reach = scenario.terms.slippage_ticks + bar["slippage"]
        gap = int(bar["roll_gap"])  # what the open closes, and a roll, fill in the old contract
        assert bar["low"] - reach - max(gap, 0) <= fill.price_ticks
        assert fill.price_ticks <= bar["high"] + reach - min(gap, 0)


@examples
@given(scenarios())
def test_fees_and_slippage_are_per_contract_and_never_negative(scenario):
    run = ScenarioRun(scenario).live()
    contracts = np.abs(run.fills.quantity)
    assert run.fills.fee_usd == pytest.approx(contracts * scenario.terms.commission_usd)
    assert run.account.fees_usd == pytest.approx(run.fills.fee_usd.sum())
    assert (run.fills.slippage_ticks >= 0).all()
    paid = (contracts * run.fills.slippage_ticks).sum() * 0.50
    assert run.account.slippage_usd == pytest.approx(paid)


@examples
@given(scenarios())
def test_bar_brings_no_more_fills_than_there_is_room_for(scenario):
    run = ScenarioRun(scenario).live()
    counts = np.bincount(run.fills.bar, minlength=1)
    assert counts.max(initial=0) <= max_fills_per_bar(run.accounts.dtype)


@examples
@given(scenarios())
def test_mirrored_market_pays_the_same(scenario):
    run = ScenarioRun(scenario).live()
    mirror = ScenarioRun(mirrored_scenario(scenario)).live()
    assert mirror.fills.price_ticks.tolist() == (-run.fills.price_ticks).tolist()
    assert mirror.fills.quantity.tolist() == (-run.fills.quantity).tolist()
    assert mirror.fills.reason.tolist() == run.fills.reason.tolist()
    assert mirror.equity.tolist() == run.equity.tolist()
    assert mirror.trades.net_usd.tolist() == run.trades.net_usd.tolist()
    assert mirror.account.n_denied == run.account.n_denied
    assert mirror.account.n_ambiguous == run.account.n_ambiguous
    assert mirror.tickets["id"].tolist() == run.tickets["id"].tolist()


@examples
@given(scenarios(), st.data())
def test_one_shot_is_step_by_step_is_resumed_from_a_snapshot(scenario, data):
    at_once = ScenarioRun(scenario).live()
    stepped = ScenarioRun(scenario)
    for bar in range(1, len(scenario.bars)):
        stepped.live(bar)
    cut = data.draw(st.integers(0, len(scenario.bars) - 1))
    resumed = ScenarioRun(scenario).live(cut)
    snapshot = bytearray(resumed.accounts.tobytes())
    resumed.accounts = np.frombuffer(snapshot, dtype=resumed.accounts.dtype)
    resumed.live()
    for other in (stepped, resumed):
        for ours, theirs in zip(other.records(), at_once.records(), strict=True):
            assert ours.tobytes() == theirs.tobytes()


@examples
@given(scenarios())
def test_end_of_data_leaves_nothing_open(scenario):
    run = ScenarioRun(scenario).live()
    if scenario.terms.last_bar != NEVER:
        assert run.account.position == 0
        assert all(order.kind == OrderKind.NONE for order in run.account.orders)
        assert run.account.equity_usd == pytest.approx(
            INITIAL_USD + float(run.trades.net_usd.sum()), abs=CENT
        )


@examples
@given(scenarios())
def test_ruined_account_is_flat_and_trades_no_more(scenario):
    run = ScenarioRun(scenario)
    n_fills = None
    for bar in range(1, len(scenario.bars)):
        account = run.live(bar).account
        assert n_fills in (None, account.n_fills)
        if account.status == Status.RUINED:
            assert account.position == 0
            n_fills = int(account.n_fills)

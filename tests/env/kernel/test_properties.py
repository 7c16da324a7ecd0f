"""What holds for any bars and any orders: KERNEL.md's properties, each recounted from the fills."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.accounts import NEVER, KernelRun, Terms, bar_records

CENT = 0.005
pytestmark = pytest.mark.property
examples = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def scenarios(draw):
    """Return terms, bars in ticks, and an order (mostly none) per close."""
    n_bars = draw(st.integers(2, 25))
    ticks = st.integers(-40, 40)
    rows, last = [], draw(st.integers(-500, 5_000))
    for _ in range(n_bars):
        open_, close = last + draw(ticks), last + draw(ticks)
        high = max(open_, close) + draw(st.integers(0, 20))
        low = min(open_, close) - draw(st.integers(0, 20))
        rows.append((open_, high, low, close))
        last = close
    order = st.one_of(st.just(0), st.integers(-3, 3))
    orders = draw(st.lists(order, min_size=n_bars - 1, max_size=n_bars - 1))
    terms = Terms(
        initial_usd=10_000.0,
        stop_offset_ticks=float(draw(st.sampled_from([0, 1, 2.5, 10, 60]))),
        slippage_ticks=draw(st.integers(0, 5)),
        commission_usd=draw(st.sampled_from([0.0, 0.62, 2.37])),
        last_bar=draw(st.sampled_from([NEVER, n_bars - 1])),
    )
    return terms, rows, orders


def finished(scenario) -> KernelRun:
    terms, rows, orders = scenario
    return KernelRun(terms, bar_records(rows)).send(orders)


def recounted(terms, rows, run):
    """Return exact equity per bar, from the fills alone."""
    tick, fee = Fraction(terms.instrument.tick_value_usd), Fraction(str(terms.commission_usd))
    equity = []
    for bar, (_, _, _, close) in enumerate(rows):
        total = Fraction(10_000)
        for fill in run.fills[run.fills.bar <= bar]:
            quantity = int(fill.quantity)
            total += quantity * (close - int(fill.price_ticks)) * tick - abs(quantity) * fee
        equity.append(float(total))
    return equity


@examples
@given(scenarios())
def test_equity_of_every_bar_is_what_its_fills_amount_to(scenario):
    terms, rows, _ = scenario
    run = finished(scenario)
    assert run.equity == pytest.approx(recounted(terms, rows, run), abs=CENT)


@examples
@given(scenarios())
def test_cash_and_equity_identities_hold_to_the_cent(scenario):
    terms, rows, orders = scenario
    run = KernelRun(terms, bar_records(rows))
    for order in orders:
        run.send((order,))
        account = run.account
        closed_usd = float(run.trades.net_usd.sum())
        fees_of_open = account.fees_usd - float(run.trades.fees_usd.sum())
        assert account.cash_usd == pytest.approx(10_000 + closed_usd - fees_of_open, abs=CENT)
        assert account.equity_usd == pytest.approx(
            account.cash_usd + account.open_pnl_usd, abs=CENT
        )
        if account.position == 0:
            assert account.open_pnl_usd == 0.0
            assert fees_of_open == pytest.approx(0.0, abs=CENT)


@examples
@given(scenarios())
def test_every_fill_lies_in_its_bar_widened_by_slippage(scenario):
    terms, rows, _ = scenario
    for fill in finished(scenario).fills:
        _, high, low, _ = rows[fill.bar]
        assert low - terms.slippage_ticks <= fill.price_ticks <= high + terms.slippage_ticks


@examples
@given(scenarios())
def test_fees_are_per_contract_and_never_negative(scenario):
    terms, _, _ = scenario
    run = finished(scenario)
    assert (run.fills.fee_usd >= 0).all()
    assert run.fills.fee_usd == pytest.approx(np.abs(run.fills.quantity) * terms.commission_usd)
    assert run.account.fees_usd == pytest.approx(run.fills.fee_usd.sum())


@examples
@given(scenarios())
def test_mirrored_market_pays_the_same(scenario):
    terms, rows, orders = scenario
    upside_down = [(-open_, -low, -high, -close) for open_, high, low, close in rows]
    run = finished(scenario)
    mirror = finished((terms, upside_down, [-order for order in orders]))
    assert mirror.fills.price_ticks.tolist() == (-run.fills.price_ticks).tolist()
    assert mirror.fills.quantity.tolist() == (-run.fills.quantity).tolist()
    assert mirror.fills.reason.tolist() == run.fills.reason.tolist()
    assert mirror.equity.tolist() == run.equity.tolist()
    assert mirror.trades.net_usd.tolist() == run.trades.net_usd.tolist()


@examples
@given(scenarios(), st.data())
def test_one_shot_is_step_by_step_is_resumed_from_a_snapshot(scenario, data):
    terms, rows, orders = scenario
    at_once = finished(scenario)
    stepped = KernelRun(terms, bar_records(rows))
    for order in orders:
        stepped.send((order,))
    cut = data.draw(st.integers(0, len(orders)))
    resumed = KernelRun(terms, bar_records(rows)).send(orders[:cut])
    resumed.accounts = np.frombuffer(
        bytearray(resumed.accounts.tobytes()), dtype=resumed.accounts.dtype
    )
    resumed.send(orders[cut:])
    for other in (stepped, resumed):
        assert other.accounts.tobytes() == at_once.accounts.tobytes()
        assert other.fills.tobytes() == at_once.fills.tobytes()
        assert other.trades.tobytes() == at_once.trades.tobytes()


@examples
@given(scenarios())
def test_end_of_data_leaves_nothing_open(scenario):
    terms, _, _ = scenario
    run = finished(scenario)
    if terms.last_bar != NEVER:
        assert run.account.position == 0
        assert run.account.equity_usd == pytest.approx(
            10_000 + float(run.trades.net_usd.sum()), abs=CENT
        )

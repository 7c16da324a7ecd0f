"""Position sizers: by hand for five instruments, and why there is none."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.instruments import get_instrument
from config.settings import EnvSettings
from env.kernel.names import Denial
from env.position_sizer import SIZER_CODES, SIZERS, contracts_of, stopped_loss_usd
from env.simulation import Simulation
from tests.helpers.accounts import KernelRun, Terms, bar_records, new_account
from tests.helpers.markets import B0, B1, plain_market, plain_simulation
from utils.errors import ConfigError

STOP_TICKS = 40
RANGE_TICKS = 30.0
PLAIN_BAR = bar_records([(0, 0, 0, 0, 0, 0, 0.0, RANGE_TICKS)])[0]


def _account(symbol="MNQ", equity_usd=10_000.0, peak_usd=None, stop_ticks=STOP_TICKS, **terms):
    """Return an account that risks 1 % per trade, and nothing any more 20 % below its peak."""
    account = new_account(
        Terms(instrument=get_instrument(symbol), stop_offset_ticks=stop_ticks, **terms)
    )[0]
    account.equity_usd = equity_usd
    account.peak_usd = equity_usd if peak_usd is None else peak_usd
    sizing = account.sizing
    sizing.risk_fraction = 0.01
    sizing.kelly_fraction, sizing.kelly_trades = 0.5, 3
    sizing.kelly_win_rate = sizing.kelly_payoff = math.nan
    sizing.range_multiple, sizing.full_drawdown = 2.0, 0.2
    return account


def _sized(name, account, bar=PLAIN_BAR):
    """Return the contracts, and the label of what the sizer says about them."""
    return SIZERS[name](account, bar), Denial(int(account.denial)).label


@pytest.mark.parametrize("symbol", ["MNQ", "NQ", "ES", "CL", "MGC"])
def test_fixed_sizer_takes_the_largest_position_of_any_instrument(symbol):
    assert _sized("fixed", _account(symbol, 0.01, max_position=3)) == (3, "none")


# 40 ticks of stop and 1 of slippage, and two commissions
LOSSES_USD = [
    ("MNQ", 21.74),  # 41 x 0.50 + 1.24
    ("NQ", 209.50),  # 41 x 5.00 + 4.50
    ("ES", 517.00),  # 41 x 12.50 + 4.50
    ("CL", 414.74),  # 41 x 10.00 + 4.74
    ("MGC", 42.74),  # 41 x 1.00 + 1.74
]


@pytest.mark.parametrize(("symbol", "loss_usd"), LOSSES_USD)
def test_stopped_loss_counts_stop_slippage_and_both_commissions(symbol, loss_usd):
    assert stopped_loss_usd(_account(symbol), PLAIN_BAR) == pytest.approx(loss_usd, abs=1e-9)


@pytest.mark.parametrize(
    ("symbol", "equity_usd"),
    # three hundred times the losses above: 1 % is what three contracts lose
    [("MNQ", 6_522), ("NQ", 62_850), ("ES", 155_100), ("CL", 124_422), ("MGC", 12_822)],
)
def test_fixed_fractional_sizer_risks_its_share_of_equity(symbol, equity_usd):
    assert _sized("fixed_fractional", _account(symbol, equity_usd)) == (3, "none")
    assert _sized("fixed_fractional", _account(symbol, equity_usd - 0.01)) == (2, "none")


@pytest.mark.parametrize(
    ("symbol", "equity_usd"),
    # two ranges of 30 ticks cost 30, 300, 750, 600, 60 USD; 1 % is what three contracts lose
    [("MNQ", 9_000), ("NQ", 90_000), ("ES", 225_000), ("CL", 180_000), ("MGC", 18_000)],
)
def test_volatility_sizer_risks_its_share_of_equity_in_two_ranges(symbol, equity_usd):
    assert _sized("volatility", _account(symbol, equity_usd)) == (3, "none")
    assert _sized("volatility", _account(symbol, equity_usd - 0.01)) == (2, "none")


@pytest.mark.parametrize(
    ("symbol", "equity_usd", "peak_usd"),
    # 10 % below the peak, of 20 %: six hundred times the losses above, as half the risk is left
    [
        ("MNQ", 13_044.0, 14_493.0 + 1 / 3),
        ("NQ", 125_700.0, 139_666.0 + 2 / 3),
        ("ES", 310_200.0, 344_666.0 + 2 / 3),
        ("CL", 248_844.0, 276_493.0 + 1 / 3),
        ("MGC", 25_644.0, 28_493.0 + 1 / 3),
    ],
)
def test_drawdown_sizer_halves_the_risk_half_way_down(symbol, equity_usd, peak_usd):
    assert _sized("drawdown", _account(symbol, equity_usd, peak_usd)) == (3, "none")
    assert _sized("drawdown", _account(symbol, equity_usd - 0.01, peak_usd)) == (2, "none")


def test_drawdown_sizer_at_the_peak_is_the_fixed_fractional_one():
    assert _sized("drawdown", _account(equity_usd=6_522)) == (3, "none")


@pytest.mark.parametrize("peak_usd", [125_000.0, 130_000.0])
def test_drawdown_sizer_at_the_full_drawdown_or_beyond_stakes_nothing(peak_usd):
    assert _sized("drawdown", _account(equity_usd=100_000, peak_usd=peak_usd)) == (
        0,
        "size_below_one",
    )


# two trades win 40 ticks, one loses 20: bought and sold at these prices, without slippage
WON_WON_LOST = (0, 1_000, 1_040, 1_000, 1_040, 1_000, 980)


@pytest.mark.parametrize(
    ("symbol", "contracts"),
    # f = 2/3 - 1/3 / (gain / loss); half of it x equity / loss
    [
        ("MNQ", 208),  # 18.76 / 11.24: f .46695 of 10,026.28
        ("NQ", 24),  # 195.50 / 104.50: f .48849 of 10,286.50
        ("ES", 10),  # 495.50 / 254.50: f .49546 of 10,736.50
        ("CL", 12),  # 395.26 / 204.74: f .49400 of 10,585.78
        ("MGC", 110),  # 38.26 / 21.74: f .47726 of 10,054.78
    ],
)
def test_kelly_sizer_stakes_by_the_trades_that_the_account_has_closed(symbol, contracts):
    terms = Terms(instrument=get_instrument(symbol), slippage_ticks=0)
    run = KernelRun(terms, bar_records([(price,) * 4 for price in WON_WON_LOST]))
    account = run.send((1, -1) * 3).account
    account.sizing.kelly_fraction, account.sizing.kelly_trades = 0.5, 3
    assert (account.n_wins, account.n_losses) == (2, 1)
    assert _sized("kelly", account) == (contracts, "none")


def _record(n_wins, gains_usd, n_losses, losses_usd):
    account = _account()
    account.n_wins, account.unit_gains_usd = n_wins, gains_usd
    account.n_losses, account.unit_losses_usd = n_losses, losses_usd
    account.n_trades = n_wins + n_losses
    return account


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ((0, 0.0, 0, 0.0), (0, "too_few_trades")),
        ((1, 900.0, 1, -100.0), (0, "too_few_trades")),  # of three
        ((3, 900.0, 0, 0.0), (0, "too_few_trades")),  # what a loss costs is not known
        ((0, 0.0, 3, -300.0), (0, "no_edge")),
        ((2, 200.0, 2, -200.0), (0, "no_edge")),  # f is exactly nothing
        ((1, 100.0, 3, -300.0), (0, "no_edge")),
        ((2, 220.0, 2, -200.0), (2, "none")),  # f 1/22: 0.5 x 10,000 / 22 / 100 = 2.27
        ((2, 202.0, 2, -200.0), (0, "size_below_one")),  # f 1/202
    ],
)
def test_kelly_sizer_says_why_it_stakes_nothing(record, said):
    assert _sized("kelly", _record(*record)) == said


def test_kelly_sizer_goes_by_losses_per_contract():
    # two contracts each: won 2 x (40 - 1 ticks of costs) and lost 2 x (20 + 1), as one each would
    terms = Terms(slippage_ticks=0, commission_usd=0.25)
    run = KernelRun(terms, bar_records([(price,) * 4 for price in WON_WON_LOST]))
    account = run.send((2, -2) * 3).account
    assert account.gains_usd == pytest.approx(2 * account.unit_gains_usd)
    account.sizing.kelly_fraction, account.sizing.kelly_trades = 0.5, 3
    # f = 2/3 - 1/3 / (19.5 / 10.5) = .48718; half of it x 10,057 / 10.5 = 233.3
    assert account.equity_usd == pytest.approx(10_057.0)
    assert _sized("kelly", account) == (233, "none")


@pytest.mark.parametrize(
    ("expected", "stop_ticks", "said"),
    [
        ((0.5, 2.0), 40.0, (57, "none")),  # f .25: half of it x 10,000 / 21.74 = 57.5
        ((0.5, 1.0), 40.0, (0, "no_edge")),
        ((0.5, 2.0), 0.0, (0, "no_stop")),
        ((0.5, math.nan), 40.0, (0, "too_few_trades")),
    ],
)
def test_kelly_sizer_goes_by_what_is_expected_until_there_are_trades(expected, stop_ticks, said):
    account = _account(stop_ticks=stop_ticks)
    account.sizing.kelly_win_rate, account.sizing.kelly_payoff = expected
    assert _sized("kelly", account) == said


@pytest.mark.parametrize("name", ["fixed_fractional", "drawdown"])
def test_sizer_by_stop_without_a_stop_says_so(name):
    account = _account(equity_usd=1e6, stop_ticks=0.0)
    assert _sized(name, account) == (0, "no_stop")
    account.trail_offset_ticks = STOP_TICKS  # a trailing stop begins there
    account.denial = 0
    # 10,000 / 21.74
    assert _sized(name, account) == (459, "none")


@pytest.mark.parametrize("average_range", [np.nan, 0.0, -1.0])
def test_volatility_sizer_without_a_range_says_so(average_range):
    bar = bar_records([(0, 0, 0, 0, 0, 0, 0.0, average_range)])[0]
    assert _sized("volatility", _account(equity_usd=1e6), bar) == (0, "no_volatility")


def test_sizer_by_stop_counts_the_slippage_of_the_hour_and_the_scale_of_the_costs():
    account = _account(equity_usd=7_320)
    bar = bar_records([(0, 0, 0, 0, 0, 0, 2.0, np.nan)])[0]
    # 43 ticks of 0.50, and 1.24
    assert stopped_loss_usd(account, bar) == pytest.approx(22.74)
    account.costs.scale = 0.0
    assert stopped_loss_usd(account, bar) == pytest.approx(20.00)


@pytest.mark.conformance
@pytest.mark.parametrize("name", SIZERS)
def test_sizer_is_capped_by_the_largest_position(name):
    account = _account(equity_usd=1e9, max_position=3)
    account.n_wins, account.unit_gains_usd = 30, 9e3
    account.n_losses, account.unit_losses_usd = 10, -1e3
    assert _sized(name, account) == (3, "none")


@pytest.mark.conformance
@pytest.mark.parametrize("name", SIZERS)
@pytest.mark.parametrize("equity_usd", [0.0, -5_000.0])
def test_sizer_of_an_empty_account_stakes_nothing(name, equity_usd):
    account = _account(equity_usd=equity_usd, peak_usd=10_000.0)
    account.n_wins, account.unit_gains_usd = 30, 9e3
    account.n_losses, account.unit_losses_usd = 10, -1e3
    assert _sized(name, account) == (0, "size_below_one")


@pytest.mark.property
@pytest.mark.conformance
@pytest.mark.parametrize("name", SIZERS)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    equity=st.floats(-1e5, 1e7),
    fallen=st.floats(0, 1e6),
    stop=st.floats(1, 1_000),
    average_range=st.one_of(st.sampled_from([np.nan, 0.0]), st.floats(1e-3, 1e4)),
    record=st.tuples(
        st.integers(0, 40), st.floats(0.01, 1e5), st.integers(0, 40), st.floats(0.01, 1e5)
    ),
)
def test_sizer_returns_whole_contracts_within_bounds_or_a_reason(
    name, equity, fallen, stop, average_range, record
):
    account = _account(equity_usd=equity, peak_usd=max(equity, 10_000.0) + fallen, stop_ticks=stop)
    account.n_wins, gain, account.n_losses, loss = record
    account.unit_gains_usd = account.n_wins * gain
    account.unit_losses_usd = -account.n_losses * loss
    bar = bar_records([(0, 0, 0, 0, 0, 0, 0.0, average_range)])[0]
    before = account.tobytes()
    contracts, said = _sized(name, account, bar)
    assert isinstance(contracts, int)
    assert 0 <= contracts <= account.limits.max_position
    assert (contracts == 0) == (said != "none")
    if name in ("fixed_fractional", "drawdown"):
        at_stake = contracts * stopped_loss_usd(account, bar)
        assert at_stake <= max(0.01 * equity, 0.0) + 1e-3
    account.denial = 0
    assert account.tobytes() == before
    assert contracts_of(SIZER_CODES[name], account, bar) == contracts
    assert Denial(int(account.denial)).label == said


def test_sizer_without_a_branch_in_compiled_code_is_found_out():
    with pytest.raises(AssertionError):
        contracts_of(len(SIZERS), _account(), PLAIN_BAR)


def test_fixed_fractional_position_that_is_stopped_out_loses_its_share():
    # three contracts lose 101.74 each, as in the law's second case: 305.22 are 1 % of 30,522
    terms = {"position_sizer": "fixed_fractional", "max_position": 10}
    terms |= {"risk_per_trade": 0.01, "initial_balance": 30_522.0}
    simulation = plain_simulation((B0, B1, (20000, 20005, 19940, 19945)), **terms)
    simulation.step(1)
    assert simulation.position == 3
    simulation.step(0)
    assert simulation.position == 0
    assert simulation.equity_usd == pytest.approx(30_522 - 305.22, abs=0.005)


def test_volatility_sizer_without_a_range_yet_denies_and_counts():
    simulation = plain_simulation((B0, B1, B1), position_sizer="volatility")
    simulation.step(1)
    assert simulation.position == 0
    assert (simulation.account.denial, simulation.account.n_denied) == (Denial.NO_VOLATILITY, 1)


@pytest.mark.parametrize("sizer", ["fixed", "fixed_fractional", "volatility", "drawdown", "kelly"])
def test_size_goes_no_further_than_the_margin(sizer):
    # 10,000 USD cover three overnight margins of 3,330; every sizer would take more
    account = _account("MNQ", 10_000.0, max_position=9)
    account.limits.initial_margin_usd = 3_330.0
    account.sizing.risk_fraction = account.sizing.kelly_fraction = 1.0
    account.sizing.kelly_win_rate, account.sizing.kelly_payoff = 0.9, 2.0
    assert _sized(sizer, account) == (3, "none")
    account.limits.initial_margin_usd = 10_000.01
    assert _sized(sizer, account) == (0, "margin")


def test_sizer_sees_the_settings_of_its_account():
    chosen = EnvSettings(
        lookback_window=1,
        risk_per_trade=0.03,
        kelly_fraction=0.25,
        kelly_min_trades=7,
        kelly_win_rate=0.6,
        kelly_payoff=1.25,
        sizer_range_multiple=1.5,
        full_drawdown=0.4,
    )
    simulation = Simulation(plain_market((B0, B1)), chosen)
    simulation.reset(0, 2)
    assert simulation.account.sizing.tolist() == (0.03, 0.25, 7, 0.6, 1.25, 1.5, 0.4)


def test_sizer_unknown_name_is_refused():
    with pytest.raises(ConfigError, match="unknown position sizer `kely`: did you mean `kelly`"):
        plain_simulation((B0, B1), position_sizer="kely")

"""Signals: odds and sizes by hand, each refusal, exits, and what must hold for any forecast."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.instruments import get_instrument
from config.settings import EnvSettings
from config.signal_settings import SIGNALS
from models.forecast.atoms import N_ATOMS, atoms_of, recentred
from models.forecast.exits import exit_ticks
from models.forecast.payoff import costs_of, net_usd, payoff_of
from models.forecast.signals import NoTrade, Refusal, Signal, decide
from models.forecast.sizing import affordable_contracts, staked_contracts
from tests.helpers.prospects import (
    COSTS,
    PRICE,
    drawn_prospect,
    mirrored,
    normal_quantiles,
    prospect,
    standing,
)

SEEDS = st.integers(0, 10**6)
PRESETS = st.sampled_from(sorted(SIGNALS))
UNSTAKED = {"kelly_fraction": 0.01, "max_contracts": 1, "tail_veto": 0.5}


def test_costs_of_a_round_trip_are_both_sides_commission_slippage_and_spread():
    # 2 x (0.62 commission + 0.50 of one tick); with a spread of 3 ticks, two more a side
    assert costs_of(EnvSettings()).round_trip_usd == pytest.approx(2.24)
    assert costs_of(EnvSettings()).round_trip_points == pytest.approx(1.12)
    assert costs_of(EnvSettings(spread_ticks=3)).round_trip_usd == pytest.approx(4.24)
    full = costs_of(EnvSettings(symbol="NQ", commission=2.0, initial_balance=1e6))
    assert full.round_trip_usd == pytest.approx(14.0)
    assert full.round_trip_points == pytest.approx(0.7)


def test_payoff_of_a_move_that_is_known_is_that_move_less_costs():
    atoms = np.full(N_ATOMS, 0.001)  # 20 points, 40 USD
    long, short = (payoff_of(atoms, PRICE, side, COSTS) for side in (1, -1))
    assert long.mean_usd == pytest.approx(37.76)
    assert long.worst_usd == pytest.approx(37.76)
    assert long.sd_usd == pytest.approx(0.0, abs=1e-9)
    assert (long.probability, long.omega) == (pytest.approx(0.995), np.inf)
    assert short.mean_usd == pytest.approx(-42.24)
    assert (short.probability, short.omega) == (pytest.approx(0.005), 0.0)


def test_payoff_of_a_normal_forecast_is_that_of_tables():
    # mean 8, deviation 40 USD: P(z > -5.76 / 40) = .5572, CVaR 5.76 - 2.063 x 40
    payoff = payoff_of(atoms_of(normal_quantiles(0.0002, 0.001)), PRICE, 1, COSTS)
    assert payoff.mean_usd == pytest.approx(5.76, abs=0.05)
    assert payoff.probability == pytest.approx(0.5572, abs=1e-3)
    assert payoff.sd_usd == pytest.approx(40.0, rel=0.03)
    assert payoff.worst_usd == pytest.approx(-76.8, rel=0.04)
    # d = .144: expected loss .3989 exp(-d^2 / 2) - d Phi(-d) = .3310, gain .4750
    assert payoff.omega == pytest.approx(0.4750 / 0.3310, rel=0.03)


def test_payoff_of_rows_is_that_of_each_row_by_itself():
    rows = atoms_of(np.stack([normal_quantiles(mean, 0.001) for mean in (-0.001, 0, 0.003)]))
    for side in (1, -1):
        whole = payoff_of(rows, PRICE, side, COSTS)
        for index, row in enumerate(rows):
            alone = payoff_of(row, PRICE, side, COSTS)
            for name in ("probability", "mean_usd", "omega", "worst_usd", "sd_usd"):
                assert getattr(whole, name)[index] == getattr(alone, name)


def test_forecast_without_a_location_is_worth_its_costs_and_no_trade():
    atoms = recentred(atoms_of(normal_quantiles(0.002, 0.001)), 0.0)
    for side in (1, -1):
        assert payoff_of(atoms, PRICE, side, COSTS).mean_usd == pytest.approx(-2.24)
    refused = decide(prospect(0.002, shrink=0.0), standing(), SIGNALS["aggressive"])
    assert refused == NoTrade(code=Refusal.NO_EVIDENCE)
    assert refused.reason == "earlier forecasts do not show that moves follow their mean"


def test_signal_has_the_side_size_and_exits_of_its_forecast():
    signal = decide(prospect(0.0004), standing(), SIGNALS["moderate"])
    assert isinstance(signal, Signal)
    assert (signal.side, signal.contracts, signal.is_cut) == (1, 3, False)
    # worst point normal(-.001, .00025) at .05: -.00141121 x 20,000 / .25; best at .5: .001
    assert (signal.stop_ticks, signal.target_ticks) == (113, 80)
    assert signal.payoff.mean_usd == pytest.approx(13.76, abs=0.05)


@pytest.mark.parametrize(
    ("code", "given_prospect", "account", "changes"),
    [
        ("no_forecast", prospect(np.nan), {}, {}),
        ("no_evidence", prospect(0.01, shrink=0.0), {}, {}),
        ("improbable", prospect(0.0001), {}, {}),
        ("improbable", prospect(0.0004, shrink=0.25), {}, {}),
        ("unrewarded", prospect(0.0002, sd=0.0001), {"costs_usd": 5.0}, {}),
        ("unbalanced", prospect(0.0004), {}, {"least_omega": 3.0}),
        ("tail", prospect(0.0004), {"equity_usd": 5_000.0}, {}),
        ("kelly", prospect(0.0004), {"equity_usd": 9_000.0}, UNSTAKED),
        ("budget", prospect(0.0004), {"max_position": 0}, {}),
        ("budget", prospect(0.0004), {}, {"tail_budget": 0.0003}),
        ("budget", prospect(0.0004), {}, {"volatility_cap": 0.0003}),
        ("fallback", prospect(0.0004, is_fallback=True), {}, {"fallback_share": 0.3}),
    ],
)
def test_signal_is_refused_for_the_first_threshold_that_fails(
    code, given_prospect, account, changes
):
    settings = SIGNALS["moderate"].model_copy(update=changes)
    answer = decide(given_prospect, standing(**account), settings)
    assert isinstance(answer, NoTrade)
    assert answer.code == code
    assert answer.reason


def test_signal_of_the_fallback_is_cut_to_half_and_conservative_has_none():
    given_prospect = prospect(0.0006, is_fallback=True)
    cut = decide(given_prospect, standing(), SIGNALS["moderate"])
    assert (cut.contracts, cut.is_cut) == (1, True)  # half of 3, rounded down
    refused = decide(given_prospect, standing(), SIGNALS["conservative"])
    assert refused.code == Refusal.FALLBACK


def test_stop_of_a_short_lies_where_a_long_has_its_best_point():
    instrument, preset = get_instrument("MNQ"), SIGNALS["conservative"]
    heads = [normal_quantiles(0, 0.001), normal_quantiles(-0.001, 2.5e-4)]
    heads = np.stack([*heads, normal_quantiles(0.002, 5e-4)])
    # long: -.001 - 1.28155 x .00025, .002 + .25335 x .0005, in 80,000 ticks
    assert exit_ticks(heads, 1, PRICE, instrument, preset) == (106, 170)
    # short: .002 + 1.28155 x .0005, .001 + .25335 x .00025
    assert exit_ticks(heads, -1, PRICE, instrument, preset) == (211, 85)


def test_stop_and_target_are_a_tick_away_at_least():
    flat = np.zeros((3, 9))
    assert exit_ticks(flat, 1, PRICE, get_instrument("MNQ"), SIGNALS["moderate"]) == (1, 1)


def test_contracts_are_the_fraction_of_kelly_up_to_the_most():
    atoms = atoms_of(normal_quantiles(0.0004, 0.001))
    gains = net_usd(atoms, PRICE, 1, COSTS)
    # mean 13.76, second moment 1,789: about .0077 contracts per USD
    for equity_usd, contracts in ((500.0, 0), (600.0, 1), (1_100.0, 2), (1e6, 3)):
        assert staked_contracts(gains, equity_usd, SIGNALS["moderate"]) == contracts
    assert staked_contracts(gains, 1e6, SIGNALS["conservative"]) == 1
    assert staked_contracts(gains, 1e6, SIGNALS["aggressive"]) == 6


def test_contracts_are_those_that_every_budget_covers():
    payoff = payoff_of(np.linspace(-0.001, 0.001, N_ATOMS), PRICE, 1, COSTS)
    settings = SIGNALS["moderate"].model_copy(update={"tail_budget": 0.0016})
    # the worst 5 % lose 38 + 2.24 USD, 160 USD are allowed
    assert affordable_contracts(payoff, standing(), settings) == 3
    assert affordable_contracts(payoff, standing(max_position=2), settings) == 2
    # a deviation is 23 USD
    capped = settings.model_copy(update={"volatility_cap": 0.0005})
    assert affordable_contracts(payoff, standing(), capped) == 2


@pytest.mark.property
@given(seed=SEEDS, preset=PRESETS)
def test_signal_of_a_mirrored_forecast_is_the_mirrored_signal(seed, preset):
    original = drawn_prospect(np.random.default_rng(seed))
    answer = decide(original, standing(), SIGNALS[preset])
    turned = decide(mirrored(original), standing(), SIGNALS[preset])
    if isinstance(answer, NoTrade):
        assert turned == answer
        return
    assert turned.side == -answer.side
    assert turned.contracts == answer.contracts
    assert (turned.stop_ticks, turned.target_ticks) == (answer.stop_ticks, answer.target_ticks)
    assert turned.payoff.mean_usd == pytest.approx(float(answer.payoff.mean_usd), rel=1e-9)


@pytest.mark.property
@given(seed=SEEDS, preset=PRESETS, factor=st.floats(1.0, 20.0))
def test_signal_does_not_appear_or_grow_at_higher_costs(seed, preset, factor):
    given_prospect = drawn_prospect(np.random.default_rng(seed))
    cheap = decide(given_prospect, standing(costs_usd=0.5), SIGNALS[preset])
    dear = decide(given_prospect, standing(costs_usd=0.5 * factor), SIGNALS[preset])
    if isinstance(dear, Signal):
        assert isinstance(cheap, Signal)
        assert dear.contracts <= cheap.contracts


@pytest.mark.property
@given(seed=SEEDS, preset=PRESETS, equity_usd=st.floats(100.0, 1e6))
def test_signal_is_not_smaller_for_a_richer_account(seed, preset, equity_usd):
    given_prospect = drawn_prospect(np.random.default_rng(seed))
    poor, rich = (
        decide(given_prospect, standing(equity_usd=factor * equity_usd), SIGNALS[preset])
        for factor in (1.0, 2.0)
    )
    if isinstance(poor, Signal):
        assert isinstance(rich, Signal)
        assert rich.contracts >= poor.contracts


@pytest.mark.property
@given(seed=SEEDS, preset=PRESETS)
def test_signal_never_appears_at_less_shrunk_away_evidence(seed, preset):
    given_prospect = drawn_prospect(np.random.default_rng(seed))
    less = replace(given_prospect, shrink=0.5 * given_prospect.shrink)
    if isinstance(decide(less, standing(), SIGNALS[preset]), Signal):
        whole = decide(given_prospect, standing(), SIGNALS[preset])
        assert isinstance(whole, Signal)

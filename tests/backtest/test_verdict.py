"""The verdict in words: a row per branch, and no praise for what was not looked at."""

import math

import pytest

from backtest.verdict import VerdictFigures, verdict

NAN = math.nan
GOOD = {
    "n_trades": 400,
    "n_sessions": 600,
    "net_usd": 5_000.0,
    "gross_usd": 7_000.0,
    "p_random": 0.01,
    "p_standing": 0.03,
    "deflated_sharpe": 0.97,
    "n_trials": 12,
    "sharpe_low": 0.4,
    "sharpe_high": 2.1,
    "overfitting": 0.12,
    "stressed_net_usd": 3_000.0,
    "sessions_needed": 539.2,
}
BEATS = "beats random and the standing baseline"
DEFLATED = "deflated Sharpe .97 over 12 trials"
OVERFITTING = "probability of overfitting .12"
WELL = f"{BEATS}; {DEFLATED}; {OVERFITTING}"
NO_BASELINE = "beats random; not compared with the standing baseline"
NO_RANDOM = "cannot be told from random: not compared with random trading"
LOSES = "loses after costs"
RANDOM = "not distinguishable from random at these costs"

CASES = [
    # what differs from the good one, the verdict
    ({}, WELL),
    # nothing to judge, in the order in which it is asked
    ({"n_trades": 0}, "never traded: nothing to judge"),
    ({"n_trades": 0, "is_ruined": True}, "never traded: nothing to judge"),
    ({"is_ruined": True}, "ruined its account"),
    ({"is_ruined": True, "net_usd": -1.0}, "ruined its account"),
    ({"net_usd": NAN}, "cannot be judged: its net profit was not evaluated"),
    (
        {"is_in_sample": True},
        "cannot be judged: it was trained on these sessions, or on later ones",
    ),
    # losses, in sample too
    ({"net_usd": -1.0, "gross_usd": NAN}, LOSES),
    (
        {"net_usd": -1.0, "gross_usd": 1_234.5},
        f"{LOSES}, which take all of the 1,234.50 USD that it won before them",
    ),
    ({"net_usd": -1.0, "gross_usd": -0.5}, f"{LOSES}, and wins nothing before them"),
    ({"net_usd": -1.0, "gross_usd": 0.0}, f"{LOSES}, and wins nothing before them"),
    (
        {"net_usd": -1.0, "gross_usd": -0.5, "is_in_sample": True},
        f"{LOSES}, and wins nothing before them",
    ),
    ({"net_usd": 0.0, "gross_usd": NAN}, "earns nothing after costs"),
    # against random trading and the standing baseline
    ({"p_random": 0.4}, f"{RANDOM} (p .40)"),
    ({"p_random": 0.4, "deflated_sharpe": NAN}, f"{RANDOM} (p .40)"),
    ({"p_random": 1.0}, f"{RANDOM} (p 1.00)"),
    ({"p_random": 0.0504}, f"{RANDOM} (p .0504)"),
    ({"p_random": 0.05}, WELL),
    (
        {"p_random": 0.4, "sessions_needed": 1_800.0},
        f"{RANDOM} (p .40); too short: 600 of 1,800 sessions needed",
    ),
    ({"p_random": NAN}, f"{NO_RANDOM}; {DEFLATED}; {OVERFITTING}"),
    (
        {"p_standing": 0.3},
        f"beats random, but not the standing baseline (p .30); {DEFLATED}; {OVERFITTING}",
    ),
    ({"p_standing": 0.05}, WELL),
    ({"p_standing": NAN}, f"{NO_BASELINE}; {DEFLATED}; {OVERFITTING}"),
    # the number of trials
    ({"n_trials": 1}, f"{BEATS}; deflated Sharpe .97 over 1 trial; {OVERFITTING}"),
    ({"n_trials": 2_000}, f"{BEATS}; deflated Sharpe .97 over 2,000 trials; {OVERFITTING}"),
    ({"deflated_sharpe": 0.95}, f"{BEATS}; deflated Sharpe .95 over 12 trials; {OVERFITTING}"),
    (
        {"deflated_sharpe": 0.9496},
        f"{BEATS}; deflated Sharpe .9496 over 12 trials, less than the .95 that would be evidence; "
        f"{OVERFITTING}",
    ),
    (
        {"deflated_sharpe": 0.56, "n_trials": 50},
        f"{BEATS}; deflated Sharpe .56 over 50 trials, less than the .95 that would be evidence; "
        f"{OVERFITTING}",
    ),
    ({"deflated_sharpe": 0.9991}, f"{BEATS}; deflated Sharpe .999 over 12 trials; {OVERFITTING}"),
    (
        {"deflated_sharpe": 0.999999},
        f"{BEATS}; deflated Sharpe 1.0000 over 12 trials; {OVERFITTING}",
    ),
    ({"deflated_sharpe": NAN}, f"{BEATS}; {OVERFITTING}; not evaluated: deflated Sharpe"),
    ({"n_trials": 0}, f"{BEATS}; {OVERFITTING}; not evaluated: deflated Sharpe"),
    # the interval of the Sharpe ratio
    (
        {"sharpe_low": -0.3},
        f"{BEATS}; {DEFLATED}; Sharpe ratio anywhere from -0.30 to 2.10; {OVERFITTING}",
    ),
    (
        {"sharpe_low": 0.0},
        f"{BEATS}; {DEFLATED}; Sharpe ratio anywhere from 0.00 to 2.10; {OVERFITTING}",
    ),
    ({"sharpe_low": NAN}, f"{WELL}; not evaluated: Sharpe interval"),
    ({"sharpe_high": NAN}, f"{WELL}; not evaluated: Sharpe interval"),
    # overfitting and costs
    (
        {"overfitting": 0.5},
        f"{BEATS}; {DEFLATED}; the choice is overfitted: probability of overfitting .50",
    ),
    ({"overfitting": 0.499}, f"{BEATS}; {DEFLATED}; probability of overfitting .499"),
    ({"overfitting": 0.0}, f"{BEATS}; {DEFLATED}; probability of overfitting .00"),
    ({"overfitting": NAN}, f"{BEATS}; {DEFLATED}; not evaluated: overfitting"),
    ({"stressed_net_usd": -1.0}, f"{WELL}; loses at doubled costs"),
    ({"stressed_net_usd": NAN}, f"{WELL}; not evaluated: doubled costs"),
    # the length of the record
    ({"sessions_needed": 600.0}, WELL),
    (
        {"n_sessions": 310, "sessions_needed": 539.2},
        f"{WELL}; too short: 310 of 540 sessions needed",
    ),
    (
        {"sessions_needed": math.inf},
        f"{WELL}; no record of any length would show skill at this Sharpe ratio",
    ),
    ({"sessions_needed": NAN}, f"{WELL}; not evaluated: track record needed"),
    # several at once
    (
        {"p_standing": NAN, "deflated_sharpe": NAN, "overfitting": NAN, "n_sessions": 310},
        f"{NO_BASELINE}; too short: 310 of 540 sessions needed; "
        "not evaluated: deflated Sharpe, overfitting",
    ),
]


@pytest.mark.parametrize(
    ("changes", "expected"), CASES, ids=[str(changes) or "good" for changes, _ in CASES]
)
def test_verdict_says_in_words(changes, expected):
    assert verdict(VerdictFigures(**{**GOOD, **changes})) == expected


def test_verdict_of_a_profit_and_nothing_else_praises_nothing():
    figures = VerdictFigures(n_trades=10, n_sessions=20, net_usd=100.0)
    assert verdict(figures) == (
        f"{NO_RANDOM}; not evaluated: deflated Sharpe, Sharpe interval, overfitting, "
        "doubled costs, track record needed"
    )

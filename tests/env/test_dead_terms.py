"""Terms under which nothing could ever be opened are refused, with the figures."""

import pytest

from config.settings import EnvSettings
from env.dead_terms import check_can_trade, stopped_loss_usd
from env.terms import terms_of
from utils.errors import ConfigError


def check(**changes):
    check_can_trade(terms_of(EnvSettings(**changes)))


@pytest.mark.parametrize("sizer", ["fixed", "fixed_fractional", "drawdown", "volatility"])
def test_default_terms_of_a_sizer_can_trade(sizer):
    check(position_sizer=sizer)


def test_loss_at_the_stop_is_that_of_the_golden_case():
    # 200 ticks and one of slippage at 0.50, two commissions of 0.62
    assert stopped_loss_usd(terms_of(EnvSettings())) == pytest.approx(101.74)
    spread = EnvSettings(stop_loss_ticks=None, trailing_stop_ticks=100.0, spread_ticks=3)
    assert stopped_loss_usd(terms_of(spread)) == pytest.approx(51.50 + 1.24)


def test_stake_that_just_pays_for_a_contract_is_enough():
    check(position_sizer="fixed_fractional", risk_per_trade=0.010174)
    with pytest.raises(ConfigError, match="stakes 101.73 USD, and one MNQ loses 101.74"):
        check(position_sizer="fixed_fractional", risk_per_trade=0.010173)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"position_sizer": "kelly"}, "needs `kelly_win_rate` and `kelly_payoff`"),
        ({"position_sizer": "kelly", "kelly_win_rate": 0.6}, "needs `kelly_win_rate` and"),
        (
            {"position_sizer": "kelly", "kelly_win_rate": 0.3, "kelly_payoff": 1.0},
            "is no edge, the stake is -0.400",
        ),
        (
            # 0.5 x (0.51 - 0.49) x 10,000
            {"position_sizer": "kelly", "kelly_win_rate": 0.51, "kelly_payoff": 1.0},
            "`kelly_fraction` stakes 100.00 USD",
        ),
        (
            {"position_sizer": "fixed_fractional", "stop_loss_ticks": None},
            "goes by the loss at the stop, and there is none",
        ),
        (
            {"position_sizer": "volatility", "action_mode": "contracts"},
            '`position_sizer` must be "fixed" where `action_mode` is "contracts"',
        ),
        ({"margin": "intraday"}, "set `flatten_minutes_before_close` too"),
    ],
)
def test_terms_that_could_never_trade_are_refused(changes, part):
    with pytest.raises(ConfigError) as caught:
        check(**changes)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_intraday_margin_with_a_flatten_is_taken():
    check(margin="intraday", flatten_minutes_before_close=15)

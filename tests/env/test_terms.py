"""Terms of an account: margins, caps, limits and costs by hand, and settings that fit none."""

import numpy as np
import pytest

from config.settings import EnvSettings
from env.kernel.names import PathPolicy
from env.kernel.types import ACCOUNT, NO_COUNT, NO_LIMIT, NO_OFFSET
from env.terms import open_account, terms_of
from utils.errors import ConfigError

OWN_RULES = """
[house]
drawdown_usd = 1500.0
drawdown_stops_at_usd = 100.0
daily_loss_usd = 400.0
ends_on_daily_loss = true
max_contracts = 3
"""


def opened(**settings):
    """Return the record of a fresh account at the close of row 7, up to row 99."""
    accounts = np.zeros(1, ACCOUNT)
    open_account(accounts[0], terms_of(EnvSettings(**settings)), 7, 99)
    return accounts[0]


@pytest.mark.parametrize(
    ("settings", "initial", "maintenance"),
    [
        ({}, 3_330, 3_027),
        ({"margin": "intraday"}, 833, 833 * 3_027 / 3_330),  # the same share of what opens
        ({"margin": "none"}, 0, 0),
        ({"symbol": "mes"}, 2_230, 2_027),
        ({"symbol": "BTCUSDT", "margin": "intraday"}, 1_000, 1_000),
    ],
)
def test_terms_margin_is_that_of_the_file(settings, initial, maintenance):
    terms = terms_of(EnvSettings(**settings))
    assert terms.initial_margin_usd == initial
    assert terms.maintenance_margin_usd == pytest.approx(maintenance)
    limits = opened(**settings).limits
    assert limits.initial_margin_usd == initial
    assert limits.maintenance_margin_usd == pytest.approx(maintenance)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"initial_balance": 3_000.0},
            "`initial_balance` must cover the overnight margin of 1 MNQ (3,330 USD), was 3,000; "
            'raise it, trade fewer contracts or a smaller one, or set `margin` to "intraday" or '
            '"none"',
        ),
        (
            {"max_position": 4},
            "`initial_balance` must cover the overnight margin of 4 MNQ (13,320 USD), was 10,000; "
            'raise it, trade fewer contracts or a smaller one, or set `margin` to "intraday" or '
            '"none"',
        ),
        (
            {"max_position": 13, "margin": "intraday"},
            "`initial_balance` must cover the intraday margin of 13 MNQ (10,829 USD), was 10,000; "
            'raise it, trade fewer contracts or a smaller one, or set `margin` to "intraday" or '
            '"none"',
        ),
        (
            {"ruin_equity": 10_000.0},
            "`ruin_equity` must be below `initial_balance` (10000), was 10000",
        ),
    ],
)
def test_terms_that_fit_no_account_are_refused_in_one_line(settings, message):
    with pytest.raises(ConfigError) as caught:
        terms_of(EnvSettings(**settings))
    assert str(caught.value) == message


def test_terms_margin_that_is_just_covered_is_taken():
    assert terms_of(EnvSettings(initial_balance=3_330.0)).max_position == 1
    assert terms_of(EnvSettings(max_position=12, margin="intraday")).max_position == 12
    assert terms_of(EnvSettings(max_position=100, margin="none")).max_position == 100


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"symbol": "MNX"}, "unknown symbol `MNX`: did you mean `MNQ`"),
        ({"path_policy": "wurst"}, "unknown path policy `wurst`: did you mean `worst`"),
        ({"prop_rules": "evaluation_60k"}, "unknown prop-firm rule set `evaluation_60k`: did you"),
    ],
)
def test_terms_unknown_names_list_the_choices(settings, message):
    with pytest.raises(ConfigError, match=message):
        terms_of(EnvSettings(**settings))


@pytest.mark.parametrize(("own", "cap"), [(80, 50), (20, 20)])
def test_terms_largest_position_is_the_smaller_of_ours_and_the_firms(own, cap):
    settings = {"max_position": own, "prop_rules": "evaluation_50k", "initial_balance": 500_000.0}
    assert terms_of(EnvSettings(**settings)).max_position == cap
    assert opened(**settings).limits.max_position == cap


def test_open_account_takes_the_limits_of_the_firm():
    limits = opened(initial_balance=50_000.0, prop_rules="evaluation_50k").limits
    assert (limits.drawdown_usd, limits.is_drawdown_daily) == (2_000, 1)
    assert limits.drawdown_floor_usd == 50_000  # it rises no higher than where it began
    assert (limits.daily_loss_usd, limits.ends_on_daily_loss) == (1_000, 0)

    trailing = opened(initial_balance=50_000.0, prop_rules="intraday_trailing_50k").limits
    assert (trailing.drawdown_usd, trailing.is_drawdown_daily) == (2_500, 0)
    assert (trailing.drawdown_floor_usd, trailing.daily_loss_usd) == (50_100, NO_LIMIT)


@pytest.mark.parametrize(("own", "smaller"), [(300.0, 300.0), (900.0, 400.0), (None, 400.0)])
def test_open_account_daily_loss_is_the_smaller_of_ours_and_the_firms(tmp_path, own, smaller):
    path = tmp_path / "rules.toml"
    path.write_text(OWN_RULES, encoding="utf-8")
    limits = opened(prop_rules=f"{path}:house", daily_loss_limit=own).limits
    assert limits.daily_loss_usd == smaller
    assert limits.ends_on_daily_loss == 1
    assert (limits.drawdown_usd, limits.drawdown_floor_usd) == (1_500, 10_100)


def test_open_account_without_limits_forbids_nothing_but_ruin_and_size():
    limits = opened().limits
    assert (limits.daily_loss_usd, limits.drawdown_usd) == (NO_LIMIT, NO_LIMIT)
    assert (limits.drawdown_floor_usd, limits.max_session_trades) == (NO_LIMIT, NO_COUNT)
    assert (limits.ruin_usd, limits.max_position, limits.ends_on_daily_loss) == (0, 1, 0)
    assert opened(max_trades_per_day=3).limits.max_session_trades == 3
    assert opened(ruin_equity=250.0).limits.ruin_usd == 250


def test_open_account_begins_flat_at_its_row_with_its_balance():
    account = opened(initial_balance=7_500.0)
    assert (account.bar, account.last_bar, account.position, account.n_fills) == (7, 99, 0, 0)
    for name in ("initial_usd", "cash_usd", "equity_usd", "peak_usd", "drawdown_peak_usd"):
        assert account[name] == 7_500
    assert account.session_start_usd == 7_500


def test_open_account_takes_stops_and_policy():
    account = opened(
        stop_loss_ticks=None, take_profit_ticks=80, trailing_stop_ticks=40, path_policy="olhc"
    )
    assert account.stop_offset_ticks == NO_OFFSET
    assert (account.target_offset_ticks, account.trail_offset_ticks) == (80, 40)
    assert account.path_policy == PathPolicy.OLHC
    assert opened().stop_offset_ticks == 200


@pytest.mark.parametrize(
    ("settings", "tick_value", "commission", "slippage"),
    [
        ({}, 0.5, 0.62, 1),
        ({"symbol": "ES", "margin": "none"}, 12.5, 2.25, 1),
        ({"symbol": "CL", "commission": 0.0}, 10.0, 0.0, 1),
        ({"slippage_ticks": 0, "spread_ticks": 1}, 0.5, 0.62, 1),  # half a tick, rounded up
        ({"slippage_ticks": 2, "spread_ticks": 4}, 0.5, 0.62, 4),
    ],
)
def test_open_account_pays_what_the_instrument_and_the_settings_say(
    settings, tick_value, commission, slippage
):
    costs = opened(**settings).costs
    assert (costs.tick_value_usd, costs.commission_per_side_usd) == (tick_value, commission)
    assert (costs.slippage_ticks, costs.scale, costs.through_ticks) == (slippage, 1.0, 1)


def test_open_account_takes_what_sizers_and_rewards_need():
    account = opened(
        risk_per_trade=0.02,
        kelly_fraction=0.25,
        kelly_min_trades=12,
        sizer_range_multiple=3.0,
        full_drawdown=0.4,
        reward_gamma=0.9,
        reward_half_life=2.0,
        drawdown_penalty=0.5,
    )
    sizing, rewarding = account.sizing, account.rewarding
    assert (sizing.risk_fraction, sizing.kelly_fraction, sizing.kelly_trades) == (0.02, 0.25, 12)
    assert (sizing.range_multiple, sizing.full_drawdown) == (3.0, 0.4)
    assert (rewarding.gamma, rewarding.drawdown_penalty) == (0.9, 0.5)
    assert (1 - rewarding.decay) ** 2 == pytest.approx(0.5)  # half is forgotten after two bars

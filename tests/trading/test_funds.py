"""What is free for margin: heard, too old, asked for again; margins are those that we ship."""

import math
from dataclasses import dataclass, field

import pytest

from config.instruments import get_instrument
from config.margins import margin_of
from tests.helpers.gateways import until
from tests.helpers.ib_links import ACCOUNT, Link, linked
from trading.broker_events import CommissionSeen, ConnectionLost, FundsSeen, ProfitSeen
from trading.funds import Funds
from trading.ib_funds import FundsRoute, ProfitSteps
from utils.errors import TemporaryGatewayError

MNQ = get_instrument("MNQ")


@dataclass
class Seconds:
    """A clock by hand."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asked:
    """A gateway that counts how often funds are asked for."""

    is_connected: bool = True
    is_busy: bool = False
    accounts: list[str] = field(default_factory=list)

    def follow_funds(self, account: str) -> None:
        if self.is_busy:
            raise TemporaryGatewayError("too much in this second")
        self.accounts.append(account)


def told(available: float, account: str = "DU1", equity: float = 10_000.0) -> FundsSeen:
    return FundsSeen(account=account, available_usd=available, equity_usd=equity)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def funds(seconds: Seconds) -> Funds:
    return Funds("DU1", MNQ, elapsed=seconds)


def test_funds_are_not_known_before_they_are_told(funds: Funds) -> None:
    assert funds.available_usd is None


def test_funds_need_the_initial_margin_of_their_instrument(funds: Funds) -> None:
    assert funds.initial_margin_usd == margin_of("MNQ").initial_usd > 0.0


def test_funds_are_the_last_that_was_told_of_their_account(funds: Funds) -> None:
    funds.hear(told(7_000.0))
    funds.hear(told(6_500.25))
    funds.hear(told(1e6, account="DU2"))
    assert funds.available_usd == 6_500.25


def test_funds_of_nothing_are_known(funds: Funds) -> None:
    funds.hear(told(0.0))
    assert funds.available_usd == 0.0


@pytest.mark.parametrize("figure", [math.nan, math.inf, -math.inf])
def test_funds_that_are_no_number_are_not_known(funds: Funds, figure: float) -> None:
    funds.hear(told(7_000.0))
    funds.hear(told(figure))
    assert funds.available_usd is None


def test_funds_told_too_long_ago_are_not_known(funds: Funds, seconds: Seconds) -> None:
    funds.hear(told(7_000.0))
    seconds.now += 600.0
    assert funds.available_usd == 7_000.0
    seconds.now += 0.1
    assert funds.available_usd is None


def test_funds_of_a_connection_that_ended_are_not_known_and_asked_for_at_once(
    funds: Funds,
) -> None:
    gateway = Asked()
    funds.ask_when_due(gateway)
    funds.hear(told(7_000.0))
    funds.hear(ConnectionLost(reason="closed"))
    assert funds.available_usd is None
    funds.ask_when_due(gateway)
    assert gateway.accounts == ["DU1", "DU1"]


def test_funds_are_asked_for_three_times_before_they_are_too_old(
    funds: Funds, seconds: Seconds
) -> None:
    gateway = Asked()
    for _ in range(601):
        funds.ask_when_due(gateway)
        funds.hear(told(7_000.0))
        seconds.now += 1.0
    assert len(gateway.accounts) == 4  # at 0, 200, 400 and 600


def test_funds_that_are_not_answered_are_asked_for_sooner(funds: Funds, seconds: Seconds) -> None:
    gateway = Asked()
    for _ in range(30):
        funds.ask_when_due(gateway)
        seconds.now += 1.0
    assert len(gateway.accounts) == 3


def test_funds_that_cannot_be_asked_for_now_are_at_the_next_look(funds: Funds) -> None:
    gateway = Asked(is_connected=False)
    funds.ask_when_due(gateway)
    gateway.is_connected, gateway.is_busy = True, True
    funds.ask_when_due(gateway)
    gateway.is_busy = False
    funds.ask_when_due(gateway)
    assert gateway.accounts == ["DU1"]


class Rows:
    """A route for account DU1 and what it told on."""

    def __init__(self) -> None:
        self.told: list[tuple[float, float]] = []
        self._route = FundsRoute("DU1", self._hear)

    def _hear(self, seen: FundsSeen) -> None:
        self.told.append((seen.available_usd, seen.equity_usd))

    def row(self, tag: str, value: str, account: str = "DU1", currency: str = "USD") -> None:
        self._route.hear("accountSummary", (account, tag, value, currency))

    def end(self) -> None:
        self._route.hear("accountSummaryEnd", ())


def test_funds_route_tells_both_figures_once_both_have_come_and_then_what_changes() -> None:
    rows = Rows()
    rows.row("NetLiquidation", "10000.00")
    assert rows.told == []
    rows.row("AvailableFunds", "7000.50")
    rows.end()
    rows.row("AvailableFunds", "7000.50")
    rows.row("NetLiquidation", "10000.00")
    rows.row("BuyingPower", "1.00")
    rows.row("AvailableFunds", "1.00", account="DU2")
    assert rows.told == [(7_000.5, 10_000.0)]
    rows.row("AvailableFunds", "-3.25")
    assert rows.told[1:] == [(-3.25, 10_000.0)]


@pytest.mark.parametrize("value", ["", "plenty", "nan", "inf", "1.7976931348623157E308e"])
def test_funds_route_tells_nothing_of_what_is_no_number(value: str) -> None:
    rows = Rows()
    rows.row("NetLiquidation", "10000.00")
    rows.row("AvailableFunds", value)
    assert rows.told == []


def test_funds_route_takes_no_euros_for_dollars() -> None:
    rows = Rows()
    rows.row("NetLiquidation", "10000.00", currency="EUR")
    rows.row("AvailableFunds", "7000.00", currency="EUR")
    assert rows.told == []


def profit(daily: float, unrealised: float = 0.0, realised: float = 0.0) -> ProfitSeen:
    return ProfitSeen(
        account="DU1", daily_usd=daily, unrealised_usd=unrealised, realised_usd=realised
    )


def test_profit_is_told_on_by_steps_and_whenever_something_was_realised() -> None:
    steps = ProfitSteps()
    seen = [
        profit(0.0),
        profit(9.99, 9.99),
        profit(0.0),
        profit(10.0, 10.0),
        profit(0.5, 0.5),  # 9.50 below the last that was told
        profit(0.0, 0.0),
        profit(0.0, 0.0, realised=-0.62),
        profit(0.0, 0.0, realised=-0.62),
    ]
    assert [steps.news(one) for one in seen] == [
        True, False, False, True, False, True, True, False,
    ]  # fmt: skip


def test_gateway_funds_are_told_at_once_and_after_a_fill() -> None:
    async def body(link: Link) -> None:
        funds = Funds(ACCOUNT, MNQ)
        funds.ask_when_due(link.near)
        funds.hear(await link.hears(FundsSeen))
        assert funds.available_usd == 100_000.0
        link.near.send(link.order(quantity=2))
        await link.hears(CommissionSeen)
        # two margins, two commissions of 0.62 and a tick of slippage each
        left = 100_000.0 - 2 * margin_of("MNQ").initial_usd - 2 * 0.62 - 2 * 0.5
        await until(lambda: link.of(FundsSeen)[-1].available_usd == pytest.approx(left))
        assert link.of(FundsSeen)[-1].equity_usd == pytest.approx(100_000.0 - 1.24 - 1.0)

    linked(body)


def test_gateway_funds_asked_for_again_are_told_again_once() -> None:
    async def body(link: Link) -> None:
        for n in range(1, 4):
            link.near.follow_funds(ACCOUNT)
            await link.hears(FundsSeen, n)
        await link.near.probe()
        assert len(link.of(FundsSeen)) == 3
        assert len(set(link.of(FundsSeen))) == 1

    linked(body)


def test_gateway_funds_of_another_account_are_not_told() -> None:
    async def body(link: Link) -> None:
        link.near.follow_funds("DU999")
        await link.near.probe()
        assert not link.of(FundsSeen)

    linked(body)


def test_gateway_funds_are_followed_anew_on_a_new_connection() -> None:
    async def body(link: Link) -> None:
        funds = Funds(ACCOUNT, MNQ)
        funds.ask_when_due(link.near)
        funds.hear(await link.hears(FundsSeen))
        await link.near.close()
        funds.hear(link.of(ConnectionLost)[-1])
        funds.ask_when_due(link.near)
        await link.near.connect()
        funds.ask_when_due(link.near)
        funds.hear(await link.hears(FundsSeen, 2))
        assert funds.available_usd == 100_000.0

    linked(body)

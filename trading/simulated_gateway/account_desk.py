"""What clients are told of the account: values, positions, PnL; once, and whenever they change."""

from collections.abc import Iterator

from trading.simulated_gateway.account import Holding
from trading.simulated_gateway.events import (
    AccountSummary,
    AccountTime,
    AccountValue,
    End,
    PortfolioValue,
    Position,
    ProfitAndLoss,
)
from trading.simulated_gateway.office import Office

USD = "USD"
PLAIN = ("AccountType", "AccountReady", "Cushion", "Leverage-S")
"""Figures without a currency."""

CENTS = 2


class AccountDesk:
    """Answers questions about the account, and pushes what has changed."""

    def __init__(self, office: Office):
        """Open a desk."""
        self._office = office

    def figures(self) -> dict[str, str]:
        """Return the figures of the account by IB's keys, as text; USD unless in PLAIN."""
        account, margins = self._office.account, self._office.margins
        equity = margins.equity_usd
        initial, maintenance = margins.initial_usd, margins.maintenance_usd
        usd = {
            "NetLiquidation": equity,
            "EquityWithLoanValue": equity,
            "TotalCashValue": account.cash_usd,
            "TotalCashBalance": account.cash_usd,
            "CashBalance": account.cash_usd,
            "SettledCash": account.cash_usd,
            "AccruedCash": 0.0,
            "BuyingPower": equity - initial,
            "AvailableFunds": equity - initial,
            "ExcessLiquidity": equity - maintenance,
            "InitMarginReq": initial,
            "MaintMarginReq": maintenance,
            "FullInitMarginReq": initial,
            "FullMaintMarginReq": maintenance,
            "FullAvailableFunds": equity - initial,
            "FullExcessLiquidity": equity - maintenance,
            "GrossPositionValue": 0.0,
            "UnrealizedPnL": margins.unrealised_usd,
            "RealizedPnL": account.day_realised_usd,
            "FuturesPNL": equity - account.day_start_usd,
        }
        plain = {
            "AccountType": "INDIVIDUAL",
            "AccountReady": "true",
            "Cushion": f"{(equity - maintenance) / equity:.6f}" if equity > 0.0 else "0",
            "Leverage-S": "0.00",
        }
        return plain | {key: f"{value:.{CENTS}f}" for key, value in usd.items()}

    def tell_positions(self, client_id: int) -> None:
        """Tell all positions, to their end marker."""
        for event in self._positions():
            self._office.teller.answer(client_id, event)
        self._office.teller.answer(client_id, End(of="positions"))

    def tell_account(self, client_id: int) -> None:
        """Tell values, portfolio and time, to their end marker."""
        teller, name = self._office.teller, self._office.account.name
        for key, value in self.figures().items():
            teller.answer(client_id, _value(key, value, name))
        for holding in self._held():
            teller.answer(client_id, self._portfolio(holding))
        teller.answer(client_id, AccountTime(time=self._office.market.now()))
        teller.answer(client_id, End(of="account", account=name))

    def tell_multi(self, client_id: int, request_id: int) -> None:
        """Tell values under a request id, to their end marker."""
        for key, value in self.figures().items():
            event = _value(key, value, self._office.account.name, request_id)
            self._office.teller.answer(client_id, event)
        self._office.teller.answer(client_id, End(of="account_multi", request_id=request_id))

    def tell_summary(self, client_id: int, request_id: int, tags: tuple[str, ...]) -> None:
        """Tell the figures of some tags, to their end marker; unknown tags are left out."""
        figures = self.figures()
        for tag in tags or tuple(figures):
            if tag in figures:
                event = AccountSummary(
                    request_id=request_id,
                    account=self._office.account.name,
                    tag=tag,
                    value=figures[tag],
                    currency="" if tag in PLAIN else USD,
                )
                self._office.teller.answer(client_id, event)
        self._office.teller.answer(client_id, End(of="account_summary", request_id=request_id))

    def tell_profit(self, client_id: int, request_id: int) -> None:
        """Tell the PnL of the day."""
        account, margins = self._office.account, self._office.margins
        event = ProfitAndLoss(
            request_id=request_id,
            daily_usd=round(margins.equity_usd - account.day_start_usd, CENTS),
            unrealised_usd=round(margins.unrealised_usd, CENTS),
            realised_usd=round(account.day_realised_usd, CENTS),
        )
        self._office.teller.answer(client_id, event)

    def push_position(self, holding: Holding) -> None:
        """Tell a position that has changed, also one that is flat now."""
        for client_id, wishes in tuple(self._office.teller.wishes.items()):
            if wishes.has_positions:
                self._office.teller.push(client_id, self._position(holding))
        self.push()

    def push(self) -> None:
        """Tell the account's figures to whoever wants to hear of every change."""
        if not self._office.faults.is_broker_up:
            return
        for client_id, wishes in tuple(self._office.teller.wishes.items()):
            if wishes.has_account:
                self.tell_account(client_id)
            for request_id in wishes.multi:
                self.tell_multi(client_id, request_id)
            for request_id, tags in wishes.summaries.items():
                self.tell_summary(client_id, request_id, tags)
            for request_id in wishes.profits:
                self.tell_profit(client_id, request_id)

    def _held(self) -> Iterator[Holding]:
        """Yield what is held, and with a lie about positions at least one holding."""
        holdings = tuple(self._office.account.holdings.values())
        yield from (holding for holding in holdings if holding.position)
        is_flat = not any(holding.position for holding in holdings)
        if is_flat and self._office.faults.position_lie:
            market = self._office.market
            symbol = market.contracts.instruments[0].symbol
            yield self._office.account.holding(market.contracts.front(symbol, market.today()))

    def _positions(self) -> Iterator[Position]:
        return (self._position(holding) for holding in self._held())

    def _position(self, holding: Holding) -> Position:
        return Position(
            account=self._office.account.name,
            contract=holding.listed.wire,
            position=holding.position + self._office.faults.position_lie,
            average_cost=holding.average_cost,
        )

    def _portfolio(self, holding: Holding) -> PortfolioValue:
        ticks = self._office.margins.ticks(holding.listed)
        instrument = holding.listed.instrument
        price = 0.0 if ticks is None else float(instrument.to_prices(ticks))
        position = holding.position + self._office.faults.position_lie
        return PortfolioValue(
            contract=holding.listed.wire,
            position=position,
            market_price=price,
            market_value=round(position * price * instrument.multiplier, CENTS),
            average_cost=holding.average_cost,
            unrealised_usd=round(holding.unrealised_usd(ticks), CENTS),
            realised_usd=round(holding.realised_usd - holding.fees_usd, CENTS),
            account=self._office.account.name,
        )


def _value(key: str, value: str, account: str, request_id: int | None = None) -> AccountValue:
    currency = "" if key in PLAIN else USD
    return AccountValue(
        key=key, value=value, currency=currency, account=account, request_id=request_id
    )

"""What the broker wants to lie in the account, and whether an order would leave too little."""

from config.margins import margin_of
from trading.simulated_gateway.account import Account
from trading.simulated_gateway.contracts import Listed
from trading.simulated_gateway.events import MarginImpact
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.order_book import OrderBook


class MarginDesk:
    """Values the account at the market, and counts its margins."""

    def __init__(self, market: Market, account: Account, book: OrderBook):
        """Watch an account."""
        self._market, self._account, self._book = market, account, book

    def ticks(self, listed: Listed) -> int | None:
        """Return the last price of a contract, or None."""
        tape = self._market.tape_of(listed)
        return None if tape is None else tape.price_ticks

    @property
    def unrealised_usd(self) -> float:
        """Of all positions, before commission."""
        holdings = self._account.holdings.values()
        return sum(item.unrealised_usd(self.ticks(item.listed)) for item in holdings)

    @property
    def equity_usd(self) -> float:
        """Cash and unrealised PnL."""
        return self._account.cash_usd + self.unrealised_usd

    @property
    def initial_usd(self) -> float:
        """Initial margin of all positions."""
        return self._sum("initial_usd")

    @property
    def maintenance_usd(self) -> float:
        """Maintenance margin of all positions."""
        return self._sum("maintenance_usd")

    def impact(self, listed: Listed, quantity: int) -> MarginImpact:
        """Return what `quantity` signed contracts more would change."""
        margin = margin_of(listed.instrument.symbol)
        holding = self._account.holding(listed)
        more = abs(holding.position + quantity) - abs(holding.position)
        fee_usd = abs(quantity) * holding.fee_each_usd
        return MarginImpact(
            initial_before=self.initial_usd,
            initial_after=self.initial_usd + more * margin.initial_usd,
            maintenance_before=self.maintenance_usd,
            maintenance_after=self.maintenance_usd + more * margin.maintenance_usd,
            equity_before=self.equity_usd,
            equity_after=self.equity_usd - fee_usd,
            commission=fee_usd,
        )

    def is_affordable(self, listed: Listed, quantity: int) -> bool:
        """Return whether equity covers the initial margin, if an order fills at once."""
        impact = self.impact(listed, quantity)
        is_opening = impact.initial_after > impact.initial_before
        return not is_opening or impact.equity_after >= impact.initial_after

    def _sum(self, name: str) -> float:
        total = 0.0
        for holding in self._account.holdings.values():
            margin = margin_of(holding.listed.instrument.symbol)
            total += abs(holding.position) * float(getattr(margin, name))
        return total

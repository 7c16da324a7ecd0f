"""Whether an order may be sent: the one gate that every order passes.

Orders that reduce a position pass once positions and orders are known, whatever else is wrong; the
ones that protect need the journal too; those that open need everything. A denial is a value with a
reason, and is counted. The checks themselves are in trading/order_checks.py, opening_checks.py and
price_guards.py.
"""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from config.trading_settings import RiskLimits
from trading.opening_checks import OPENING_CHECKS
from trading.order_checks import CHECKS
from trading.price_guards import PRICE_GUARDS
from trading.risk_codes import Allowed, DenialCode, Denied, Verdict
from trading.risk_view import OrderProposal, Purpose, RiskView


def check(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Verdict:
    """Return whether an order may be sent, and if not, the first reason.

    Args:
        order: What is proposed.
        view: What is known now.
        limits: What it is held against.
    """
    opening = (*OPENING_CHECKS, *PRICE_GUARDS) if order.purpose is Purpose.OPEN else ()
    for one in (*CHECKS, *opening):
        denied = one(order, view, limits)
        if denied is not None:
            return denied
    return Allowed()


class RiskGuard:
    """The gate with its limits, and a count of whom it turned away."""

    def __init__(self, limits: RiskLimits) -> None:
        self.limits = limits
        self._denials: Counter[DenialCode] = Counter()

    @property
    def denials(self) -> Mapping[DenialCode, int]:
        """How often each reason denied an order, since the process began."""
        return MappingProxyType(dict(self._denials))

    def check(self, order: OrderProposal, view: RiskView) -> Verdict:
        """Return whether an order may be sent; a denial is counted."""
        verdict = check(order, view, self.limits)
        if isinstance(verdict, Denied):
            self._denials[verdict.code] += 1
        return verdict

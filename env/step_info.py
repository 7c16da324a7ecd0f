"""What a step says beside its reward: the account at the close, by named keys."""

from typing import Final, TypedDict

from env.kernel.names import Denial

INFO_BAR: Final = "bar"
INFO_POSITION: Final = "position"
INFO_EQUITY: Final = "equity_usd"
INFO_NET_PNL: Final = "net_pnl_usd"
INFO_FEES: Final = "fees_usd"
INFO_N_TRADES: Final = "n_trades"
INFO_N_WINS: Final = "n_wins"
INFO_SESSION_TRADES: Final = "session_trades"
INFO_DENIAL: Final = "denial"

DENIAL_LABELS = tuple(Denial(code).label for code in range(len(Denial)))
"""By the number that compiled code knows a Denial by."""


class StepInfo(TypedDict):
    """The account at the close of row `bar`.

    Attributes:
        bar: Row of the market.
        position: Signed contracts.
        equity_usd: Marked to the close.
        net_pnl_usd: Equity less initial balance.
        fees_usd: Commission paid in this episode.
        n_trades: Round trips completed in this episode.
        n_wins: Those of net PnL above zero.
        session_trades: Trades opened in the session that `bar` belongs to.
        denial: Label of the Denial of the decision before, "none" where it was taken whole.
    """

    bar: int
    position: int
    equity_usd: float
    net_pnl_usd: float
    fees_usd: float
    n_trades: int
    n_wins: int
    session_trades: int
    denial: str

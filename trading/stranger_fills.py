"""What others trade in our account: by hand, or by another program."""

from trading.booked_order import BOUGHT
from trading.broker_events import ExecutionSeen
from trading.order_life import split_exec_id


class StrangerFills:
    """Counts them by contract, each once, corrections in the place of what they correct."""

    def __init__(self) -> None:
        self._fills: dict[str, tuple[int, int, int]] = {}

    def hear(self, event: ExecutionSeen) -> None:
        """Count a fill that no order of ours has made."""
        stem, version = split_exec_id(event.exec_id)
        if stem in self._fills and self._fills[stem][0] >= version:
            return
        signed = event.quantity if event.side in BOUGHT else -event.quantity
        self._fills[stem] = (version, event.con_id, signed)

    def position(self, con_id: int) -> int:
        """Return the signed contracts that they come to."""
        return sum(signed for _, of, signed in self._fills.values() if of == con_id)

    def settle(self, con_id: int) -> None:
        """Count those of a contract for nothing: the broker's count of it was taken for ours.

        They stay known, for the broker tells all fills of its day again and again.
        """
        for stem, (version, of, _) in self._fills.items():
            if of == con_id:
                self._fills[stem] = (version, of, 0)

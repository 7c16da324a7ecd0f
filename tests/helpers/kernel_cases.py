"""The golden cases of the kernel: bars, orders, and the fills and dollars written down by hand.

The signal bar b0 is the first row; an order is placed at a row's close. Prices are points.
"""

from dataclasses import dataclass, replace

from config.instruments import get_instrument
from tests.helpers.accounts import KernelRun, Terms, bar_records

Row = tuple[float, float, float, float]

B0: Row = (20000, 20002, 19998, 20000)
B1: Row = (20001, 20010, 19999, 20008)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One golden case.

    Attributes:
        name: What it shows.
        bars: (open, high, low, close) from the signal bar on.
        orders: Signed contracts ordered at the close of each row but the last.
        fills: Prices, in order.
        nets: USD of each closed trade, after commission.
        stop_points: Protective stop from the fill; 0 for none.
        symbol: The instrument, with its own ticks and commission.
    """

    name: str
    bars: tuple[Row, ...]
    orders: tuple[int, ...]
    fills: tuple[float, ...]
    nets: tuple[float, ...]
    stop_points: float = 0.0
    symbol: str = "MNQ"


LAW = (
    # KERNEL.md 1: buy and sell at the next opens, a tick worse each: 7.50 points less 2 x 0.62
    Case(
        name="1_market_round_trip",
        bars=(B0, B1, (20009, 20012, 20005, 20006)),
        orders=(1, -1),
        fills=(20001.25, 20008.75),
        nets=(13.76,),
    ),
    # 2: the stop, 50 points under the fill at 19951.25, is traded through and slips a tick
    Case(
        name="2_stop_intrabar",
        bars=(B0, B1, (20000, 20005, 19940, 19945)),
        orders=(1, 0),
        stop_points=50,
        fills=(20001.25, 19951.00),
        nets=(-101.74,),
    ),
    # 3: the bar opens 51 points below the stop: filled at the open, a tick worse
    Case(
        name="3_gap_through_stop",
        bars=(B0, B1, (19900, 19960, 19890, 19950)),
        orders=(1, 0),
        stop_points=50,
        fills=(20001.25, 19899.75),
        nets=(-204.24,),
    ),
    # 6: selling two reverses a long of one in one fill: one trade ends, the next begins
    Case(
        name="6_reversal_in_one_action",
        bars=(B0, B1, (20020, 20025, 20010, 20015), (20010, 20012, 20000, 20005)),
        orders=(1, -2, 1),
        fills=(20001.25, 20019.75, 20010.25),
        nets=(35.76, 17.76),
    ),
    # 7: the stop is live on the bar that the entry fills in
    Case(
        name="7_stop_on_the_entry_bar",
        bars=(B0, (20001, 20003, 19940, 19990)),
        orders=(1,),
        stop_points=50,
        fills=(20001.25, 19951.00),
        nets=(-101.74,),
    ),
)

OTHER_INSTRUMENTS = (
    # NQ: 20 USD a point, 2.25 a side. 7.50 x 20 - 4.50
    replace(LAW[0], name="nq_market_round_trip", symbol="NQ", nets=(145.50,)),
    # -50.25 x 20 - 4.50
    replace(LAW[1], name="nq_stop_intrabar", symbol="NQ", nets=(-1009.50,)),
    # 18.50 x 20 - 4.50 and 9.50 x 20 - 4.50
    replace(LAW[3], name="nq_reversal", symbol="NQ", nets=(365.50, 185.50)),
    # ES: 50 USD a point, 2.25 a side. 7.50 x 50 - 4.50
    Case(
        name="es_market_round_trip",
        symbol="ES",
        bars=((5000, 5002, 4998, 5000), (5001, 5010, 4999, 5008), (5009, 5012, 5005, 5006)),
        orders=(1, -1),
        fills=(5001.25, 5008.75),
        nets=(370.50,),
    ),
    # stop at 4981.25, open at 4960: -41.50 x 50 - 4.50
    Case(
        name="es_gap_through_stop",
        symbol="ES",
        bars=((5000, 5002, 4998, 5000), (5001, 5010, 4999, 5008), (4960, 4970, 4950, 4965)),
        orders=(1, 0),
        stop_points=20,
        fills=(5001.25, 4959.75),
        nets=(-2079.50,),
    ),
    # CL: a tick of 0.01 is 10 USD, 2.37 a side. 0.08 x 1000 - 4.74
    Case(
        name="cl_market_round_trip",
        symbol="CL",
        bars=((70, 70.1, 69.9, 70), (70.05, 70.2, 69.95, 70.1), (70.15, 70.18, 70, 70.02)),
        orders=(1, -1),
        fills=(70.06, 70.14),
        nets=(75.26,),
    ),
    # stop at 69.56: -0.51 x 1000 - 4.74
    Case(
        name="cl_stop_on_the_entry_bar",
        symbol="CL",
        bars=((70, 70.1, 69.9, 70), (70.05, 70.1, 69.4, 69.8)),
        orders=(1,),
        stop_points=0.5,
        fills=(70.06, 69.55),
        nets=(-514.74,),
    ),
    # 2020-04-20: prices below zero are prices. 0.48 x 1000 - 4.74
    Case(
        name="cl_below_zero",
        symbol="CL",
        bars=((-37, -36, -38, -37.63), (-37, -36.4, -37.2, -36.6), (-36.5, -36.1, -36.9, -36.3)),
        orders=(1, -1),
        fills=(-36.99, -36.51),
        nets=(475.26,),
    ),
)

SIZES = (
    # two in, one out, one out: one trade, flat to flat. (7.50 + 3.50) x 2 - 4 x 0.62
    Case(
        name="partial_exits_are_one_trade",
        bars=(B0, B1, (20009, 20012, 20005, 20006), (20005, 20006, 20000, 20003)),
        orders=(2, -1, -1),
        fills=(20001.25, 20008.75, 20004.75),
        nets=(19.52,),
    ),
    # adding moves the stop to 50 points under the average entry 20005.375, up to the grid: 19955.50
    Case(
        name="addition_moves_the_stop",
        bars=(B0, B1, (20009.25, 20012, 20005, 20006), (19990, 19995, 19950, 19960)),
        orders=(1, 1, 0),
        stop_points=50,
        fills=(20001.25, 20009.50, 19955.25),
        nets=(-202.98,),
    ),
    # adding at an open beyond the old stop: the old stop goes for its one contract at the open, the
    # new one, 50 points under the average entry 19950.75, within the bar
    Case(
        name="addition_into_a_gap",
        bars=(B0, B1, (19900, 19905, 19890, 19895)),
        orders=(1, 1),
        stop_points=50,
        fills=(20001.25, 19900.25, 19899.75, 19900.50),
        nets=(-204.98,),
    ),
    # selling one of two leaves the stop where it is, for one contract
    Case(
        name="reduction_keeps_the_stop",
        bars=(B0, B1, (20009, 20012, 20005, 20006), (20005, 20006, 19940, 19945)),
        orders=(2, -1, 0),
        stop_points=50,
        fills=(20001.25, 20008.75, 19951.00),
        nets=(-87.98,),  # (7.50 - 50.25) x 2 - 4 x 0.62
    ),
)


def mirrored(case: Case) -> Case:
    """Return the case with prices negated and sides swapped: the same dollars."""
    return replace(
        case,
        name=f"{case.name}_mirrored",
        bars=tuple((-open_, -low, -high, -close) for open_, high, low, close in case.bars),
        orders=tuple(-quantity for quantity in case.orders),
        fills=tuple(-price for price in case.fills),
    )


CASES = (*LAW, *OTHER_INSTRUMENTS, *SIZES)
ALL_CASES = (*CASES, *(mirrored(case) for case in CASES))


def run_case(case: Case) -> KernelRun:
    """Send a case through the kernel."""
    instrument = get_instrument(case.symbol)
    terms = Terms(
        instrument=instrument,
        stop_offset_ticks=float(instrument.to_ticks(case.stop_points)),
    )
    return KernelRun(terms, bar_records(instrument.to_ticks(case.bars))).send(case.orders)

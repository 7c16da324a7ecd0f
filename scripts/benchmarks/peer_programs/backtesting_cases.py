"""What backtesting.py does with the cases of the conformance suite.

Reads {"cases": [a case as in cases.json, with its "instrument"]}; prints {"version", "outcomes":
[{"fills": [{"bar", "price", "quantity"}], "net_usd"} or {"not_expressible"}]}.

Units are points' worth: a contract of 2 USD a point is a size of 2. Exits are handed over as
prices, worked out from the fill that the case expects of the entry. There is no slippage in ticks.
"""

import json
import sys
import warnings
from importlib.metadata import version

import pandas as pd
from backtesting import Backtest, Strategy

SMALLEST_MARGIN = 1e-4
"""Share of the notional to pay down: so little that it denies nothing."""

N_AHEAD = 1
"""Bars put before a case's own: a strategy is first asked at the second bar."""

FEATURES = {
    "group": "orders that cancel each other",
    "day": "orders for a day",
    "reduce_only": "reduce-only orders",
}
TERMS = {
    "initial_margin_usd": "margin in USD per contract",
    "maintenance_margin_usd": "margin in USD per contract",
    "daily_loss_usd": "a daily loss limit",
    "max_session_trades": "a limit of trades a session",
}


def not_offered(case):
    """Return what the case needs and the peer has not, or None."""
    terms = case["terms"]
    for order in case["orders"]:
        for name, what in FEATURES.items():
            if order[name]:
                return what
    for name, what in TERMS.items():
        if terms[name] is not None:
            return what
    if terms["slippage_ticks"] != 0:
        return "slippage in ticks"
    if terms["path_policy"] != "worst":
        return "a choice of the path within a bar"
    if case["rolls"]:
        return "a change of contract"
    return "a fill at the close of one bar" if case["flatten_last"] else None


def frame_of(case):
    """Return the bars as the peer takes them."""
    rows = [case["bars"][0]] * N_AHEAD + case["bars"]
    index = pd.date_range("2024-01-02", periods=len(rows), freq="5min")
    return pd.DataFrame(rows, index=index, columns=["Open", "High", "Low", "Close"], dtype=float)


def exit_prices(case, order):
    """Return stop and target of an order, from where it should fill; None for one it has not."""
    entry = case["bars"][order["at"] + 1][0] if order["kind"] == "market" else order["stop"]
    entry = order["limit"] if entry is None else entry
    side = 1 if order["quantity"] > 0 else -1
    away = order["stop_loss_points"] or order["trail_points"]
    stop = None if away is None else entry - side * away
    ahead = order["take_profit_points"]
    return stop, None if ahead is None else entry + side * ahead


def strategy_of(case):
    """Return the strategy that hands in the orders of the case at their closes."""
    units = int(case["instrument"]["usd_per_point"])

    class Orders(Strategy):
        def init(self):
            pass

        def next(self):
            row = len(self.data) - 1 - N_AHEAD
            if row in case["flatten_at"]:
                for order in list(self.orders):
                    order.cancel()
                self.position.close()
            for order in case["orders"]:
                if order["trail_points"]:
                    self.trail(order["trail_points"])
                if order["at"] == row:
                    self.hand_in(order)

        def hand_in(self, order):
            stop, target = exit_prices(case, order)
            send = self.buy if order["quantity"] > 0 else self.sell
            send(
                size=abs(order["quantity"]) * units,
                limit=order["limit"],
                stop=order["stop"],
                sl=stop,
                tp=target,
            )

        def trail(self, points):
            for trade in self.trades:
                if trade.is_long:
                    trade.sl = max(trade.sl, self.data.High[-1] - points)
                else:
                    trade.sl = min(trade.sl, self.data.Low[-1] + points)

    return Orders


def outcome_of(case):
    """Return what the peer does with one case."""
    what = not_offered(case)
    if what is not None:
        return {"not_expressible": what}
    instrument = case["instrument"]
    units = instrument["usd_per_point"]
    cash = case["terms"]["initial_usd"]
    test = Backtest(
        frame_of(case),
        strategy_of(case),
        cash=cash,
        spread=0.0,
        commission=lambda size, price: abs(size) / units * instrument["commission_per_side_usd"],
        margin=SMALLEST_MARGIN,
        trade_on_close=False,
        hedging=False,
        exclusive_orders=False,
        finalize_trades=case["terms"]["closes_at_end"],
    )
    try:
        stats = test.run()
    except Exception as error:  # whatever the peer raises is its answer
        return {"not_expressible": f"{type(error).__name__}: {error}"}
    broker = stats["_strategy"]._broker
    return {
        "fills": fills_of(broker, units),
        "net_usd": float(stats["Equity Final [$]"]) - cash,
    }


def fills_of(broker, units):
    """Return entries and exits of all trades in order of time, entries first within a bar."""
    fills = []
    for trade in [*broker.closed_trades, *broker.trades]:
        contracts = round(trade.size / units)
        fills.append((trade.entry_bar, 0, trade.entry_price, contracts))
        if trade.exit_bar is not None:
            fills.append((trade.exit_bar, 1, trade.exit_price, -contracts))
    return [
        {"bar": int(bar) - N_AHEAD, "price": float(price), "quantity": contracts}
        for bar, _, price, contracts in sorted(fills)
    ]


def main():
    """Answer the question on standard input."""
    warnings.simplefilter("ignore")
    cases = json.load(sys.stdin)["cases"]
    answer = {
        "version": version("backtesting"),
        "outcomes": [outcome_of(case) for case in cases],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

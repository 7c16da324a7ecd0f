"""What backtrader does with the cases of the conformance suite.

Reads {"cases": [a case as in cases.json, with its "instrument"]}; prints {"version", "outcomes":
[{"fills": [{"bar", "price", "quantity"}], "nets", "net_usd"} or {"not_expressible"}]}.

Exits are handed over as prices, worked out from the fill that the case expects of the entry. A
session is a day.
"""

import json
import sys
from importlib.metadata import version

import backtrader as bt
import pandas as pd

NO_MARGIN_USD = 1e-6
"""Margin per contract where a case asks for none; the peer takes 0 for shares."""

TERMS = {
    "maintenance_margin_usd": "a margin call",
    "ruin_usd": "liquidation",
    "daily_loss_usd": "a daily loss limit",
    "max_session_trades": "a limit of trades a session",
}
KINDS = {
    "market": bt.Order.Market,
    "limit": bt.Order.Limit,
    "stop": bt.Order.Stop,
    "stop_limit": bt.Order.StopLimit,
}


def not_offered(case):
    """Return what the case needs and the peer has not, or None."""
    terms = case["terms"]
    for name, what in TERMS.items():
        if terms[name] is not None:
            return what
    if any(order["reduce_only"] for order in case["orders"]):
        return "reduce-only orders"
    if terms["path_policy"] != "worst":
        return "a choice of the path within a bar"
    if case["rolls"]:
        return "a change of contract"
    if case["flatten_last"]:
        return "a fill at the close of one bar"
    return "closing at the end" if terms["closes_at_end"] else None


def feed_of(case):
    """Return the bars as the peer takes them, five minutes apart; each session a day later."""
    stamps, stamp = [], pd.Timestamp("2024-01-02 09:00")
    for row in range(len(case["bars"])):
        stamp += pd.Timedelta(days=1) if row in case["session_starts"] else pd.Timedelta(minutes=5)
        stamps.append(stamp)
    frame = pd.DataFrame(
        case["bars"], index=pd.DatetimeIndex(stamps), columns=["open", "high", "low", "close"]
    )
    frame["volume"] = 1.0
    return bt.feeds.PandasData(
        dataname=frame.astype(float), timeframe=bt.TimeFrame.Minutes, compression=5
    )


def slippage_of(case):
    """Return slippage in points."""
    return case["terms"]["slippage_ticks"] * case["instrument"]["tick_size"]


def exit_prices(case, order):
    """Return stop and target of an order, from where it should fill; None for one it has not."""
    side = 1 if order["quantity"] > 0 else -1
    entry = case["bars"][order["at"] + 1][0] if order["kind"] == "market" else order["stop"]
    entry = order["limit"] if entry is None else entry + side * slippage_of(case)
    away, ahead = order["stop_loss_points"], order["take_profit_points"]
    stop = None if away is None else entry - side * away
    return stop, None if ahead is None else entry + side * ahead


def strategy_of(case):
    """Return the strategy that hands in the orders of the case at their closes."""

    class Orders(bt.Strategy):
        def __init__(self):
            self.fills, self.nets, self.groups = [], [], {}

        def next(self):
            row = len(self.data) - 1
            if row in case["flatten_at"]:
                for order in self.broker.get_orders_open():
                    self.cancel(order)
                self.close()
            for order in case["orders"]:
                if order["at"] == row:
                    self.hand_in(order)

        def hand_in(self, order):
            send, leave = (self.buy, self.sell) if order["quantity"] > 0 else (self.sell, self.buy)
            size, (stop, target) = abs(order["quantity"]), exit_prices(case, order)
            trail = order["trail_points"]
            has_stop, has_target = stop is not None or trail is not None, target is not None
            group = order["group"]
            entry = send(
                size=size,
                exectype=KINDS[order["kind"]],
                price=order["limit"] if order["kind"] == "limit" else order["stop"],
                plimit=order["limit"] if order["kind"] == "stop_limit" else None,
                valid=bt.Order.DAY if order["day"] else None,
                oco=self.groups.get(group) if group else None,
                transmit=not (has_stop or has_target),
            )
            self.groups.setdefault(group, entry)
            child = {"size": size, "parent": entry}
            if trail is not None:
                kind = bt.Order.StopTrail
                leave(exectype=kind, trailamount=trail, transmit=not has_target, **child)
            elif has_stop:
                leave(exectype=bt.Order.Stop, price=stop, transmit=not has_target, **child)
            if has_target:
                leave(exectype=bt.Order.Limit, price=target, transmit=True, **child)

        def notify_order(self, order):
            if order.status == order.Completed:
                done = order.executed
                self.fills.append(
                    {
                        "bar": len(self.data) - 1,
                        "price": float(done.price),
                        "quantity": round(done.size),
                    }
                )

        def notify_trade(self, trade):
            if trade.isclosed:
                self.nets.append(float(trade.pnlcomm))

    return Orders


def outcome_of(case):
    """Return what the peer does with one case."""
    what = not_offered(case)
    if what is not None:
        return {"not_expressible": what}
    instrument, cash = case["instrument"], case["terms"]["initial_usd"]
    engine = bt.Cerebro(stdstats=False)
    engine.adddata(feed_of(case))
    engine.addstrategy(strategy_of(case))
    engine.broker.setcash(cash)
    engine.broker.setcommission(
        commission=instrument["commission_per_side_usd"],
        margin=case["terms"]["initial_margin_usd"] or NO_MARGIN_USD,
        mult=instrument["usd_per_point"],
    )
    engine.broker.set_slippage_fixed(
        slippage_of(case), slip_open=True, slip_match=True, slip_limit=True, slip_out=False
    )
    try:
        strategy = engine.run()[0]
    except Exception as error:  # whatever the peer raises is its answer
        return {"not_expressible": f"{type(error).__name__}: {error}"}
    return {
        "fills": strategy.fills,
        "nets": strategy.nets,
        "net_usd": engine.broker.getvalue() - cash,
    }


def main():
    """Answer the question on standard input."""
    cases = json.load(sys.stdin)["cases"]
    answer = {
        "version": version("backtrader"),
        "outcomes": [outcome_of(case) for case in cases],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

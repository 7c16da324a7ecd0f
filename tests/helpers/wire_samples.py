"""One of each event that the simulated gateway tells, with figures that tell fields apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.helpers.fake_broker import ACCOUNT, CONTRACT, NOW
from trading.simulated_gateway import events
from trading.simulated_gateway.order_types import OrderRequest, OrderStatus

BAR = events.WireBar(
    time=datetime(2024, 3, 5, 15, 30, tzinfo=UTC),
    open=18001.25,
    high=18004.5,
    low=17999.75,
    close=18002.0,
    volume=321.0,
    average=18001.875,
    count=45,
)
STOP = OrderRequest(
    order_id=48,
    contract=CONTRACT,
    action="SELL",
    quantity=3,
    kind="STP LMT",
    limit_price=17990.25,
    aux_price=17991.5,
    tif="GTC",
    oca_group="exit 48",
    oca_type=1,
    account=ACCOUNT,
    order_ref="bot/1/stop/1",
    parent_id=47,
    is_outside_rth=True,
)
TRAIL = replace(
    STOP,
    order_id=49,
    kind="TRAIL",
    limit_price=None,
    aux_price=12.5,
    trail_stop_price=17980.75,
    trail_percent=None,
)
IMPACT = events.MarginImpact(
    initial_before=0.0,
    initial_after=5100.5,
    maintenance_before=1.5,
    maintenance_after=4600.0,
    equity_before=100000.0,
    equity_after=99998.14,
    commission=1.86,
)
OPEN_ORDER = events.OpenOrder(
    request=STOP, client_id=3, perm_id=880001, status=OrderStatus.PRE_SUBMITTED, filled=1
)
COMPLETED = events.CompletedOrder(
    request=STOP,
    perm_id=880001,
    status=OrderStatus.CANCELLED,
    filled=1,
    completed_time=NOW,
    completed_status="Cancelled by Trader",
)
EXECUTION = events.Execution(
    request_id=-1,
    order_id=48,
    client_id=3,
    perm_id=880001,
    contract=CONTRACT,
    exec_id="0000e0d5.65e73a01.01.01",
    time=NOW,
    account=ACCOUNT,
    side="SLD",
    shares=2,
    price=17991.25,
    cumulative=3,
    average_price=17991.5,
    order_ref="bot/1/stop/1",
)
DETAILS = events.ContractDetails(
    request_id=11,
    contract=CONTRACT,
    minimum_tick=0.25,
    contract_month="202403",
    long_name="Micro E-Mini Nasdaq-100 Index",
    time_zone="US/Central",
    trading_hours="20240305:1700-20240306:1600",
    liquid_hours="20240306:0830-20240306:1500",
    real_expiry="20240315",
)
HISTORY = events.HistoricalData(
    request_id=12,
    start=NOW - timedelta(hours=1),
    end=NOW,
    bars=(BAR, replace(BAR, time=BAR.time + timedelta(minutes=1), close=18003.0)),
    date_format=1,
    is_daily=False,
)

EVENTS = (
    events.ManagedAccounts(accounts=ACCOUNT),
    events.NextValidId(order_id=47),
    events.ErrorMessage(request_id=48, code=201, text="Order rejected - reason: too poor"),
    events.CurrentTime(time=NOW),
    events.AccountValue(key="NetLiquidation", value="100000.50", currency="USD", account=ACCOUNT),
    events.AccountValue(
        key="NetLiquidation", value="100000.50", currency="USD", account=ACCOUNT, request_id=9
    ),
    events.AccountSummary(
        request_id=10, account=ACCOUNT, tag="BuyingPower", value="1.5", currency="USD"
    ),
    events.PortfolioValue(
        contract=CONTRACT,
        position=-2,
        market_price=18000.25,
        market_value=-72001.0,
        average_cost=36002.5,
        unrealised_usd=4.0,
        realised_usd=-7.44,
        account=ACCOUNT,
    ),
    events.AccountTime(time=NOW),
    events.Position(account=ACCOUNT, contract=CONTRACT, position=-2, average_cost=36002.5),
    OPEN_ORDER,
    replace(OPEN_ORDER, request=TRAIL),
    replace(OPEN_ORDER, request=replace(STOP, is_what_if=True), what_if=IMPACT),
    events.OrderStatusEvent(
        order_id=48,
        client_id=3,
        perm_id=880001,
        parent_id=47,
        status=OrderStatus.SUBMITTED,
        filled=1,
        remaining=2,
        average_price=17991.5,
        last_price=17991.25,
        why_held="trigger",
    ),
    EXECUTION,
    events.CommissionReport(exec_id=EXECUTION.exec_id, commission_usd=1.24, realised_usd=None),
    events.CommissionReport(exec_id=EXECUTION.exec_id, commission_usd=1.24, realised_usd=-20.5),
    COMPLETED,
    DETAILS,
    HISTORY,
    replace(HISTORY, date_format=2),
    replace(HISTORY, is_daily=True),
    events.HistoricalUpdate(request_id=12, bar=BAR, date_format=1),
    events.RealtimeBar(request_id=13, bar=BAR),
    events.TickPrice(request_id=14, kind=4, price=18002.25, size=2),
    events.TickSize(request_id=14, kind=8, size=12345),
    events.TickTime(request_id=14, time=NOW),
    events.TickSetup(request_id=14, minimum_tick=0.25),
    events.TickByTick(request_id=15, time=NOW, price=18002.25, size=2),
    events.ProfitAndLoss(request_id=16, daily_usd=5.5, unrealised_usd=-2.25, realised_usd=7.75),
    events.End(of="open_orders"),
    events.End(of="completed_orders"),
    events.End(of="positions"),
    events.End(of="executions", request_id=17),
    events.End(of="contract_details", request_id=11),
    events.End(of="account", account=ACCOUNT),
    events.End(of="account_multi", request_id=9),
    events.End(of="account_summary", request_id=10),
    events.End(of="tick_snapshot", request_id=14),
)

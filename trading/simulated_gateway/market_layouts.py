"""How TWS tells of contracts, bars and ticks."""

from trading.simulated_gateway import events
from trading.simulated_gateway.fields import Dialect, epoch, row
from trading.simulated_gateway.order_types import OrderType

_FIRST_VERSION_WITH_SIZE_RULES = 164
_VERSION_WITH_SIZE_TICK = 163
_EPOCH_FORMAT = 2
_TIME_OF_LAST = 45
_LIVE = 1
_ALL_OR_LAST = 1


def contract_details(event: events.ContractDetails, dialect: Dialect) -> list[str]:
    """Return contractDetails; its contract lies there in an order of its own."""
    contract, has_size_rules = event.contract, dialect.version >= _FIRST_VERSION_WITH_SIZE_RULES
    kinds = ",".join(kind.value.replace(" ", "") for kind in OrderType)
    return [
        "10",
        *([] if has_size_rules else ["8"]),
        *row(event.request_id, contract.symbol, contract.sec_type, contract.expiry, 0, ""),
        *row(contract.exchange, contract.currency, contract.local_symbol),
        *row(contract.trading_class, contract.trading_class, contract.con_id, event.minimum_tick),
        *([] if has_size_rules else ["1"]),
        *row(contract.multiplier, kinds, contract.exchange, 1, 0, event.long_name),
        *row(contract.exchange, event.contract_month, "", "", "", event.time_zone),
        *row(event.trading_hours, event.liquid_hours, "", 0, 0, 1),
        *row(contract.symbol, "IND", "", event.real_expiry, ""),
        *_size_fields(dialect.version),
    ]


def _size_fields(version: int) -> list[str]:
    """Return the least size, the step of sizes and the step that is advised, by version."""
    if version >= _FIRST_VERSION_WITH_SIZE_RULES:
        return ["1", "1", "1"]
    return ["1"] if version == _VERSION_WITH_SIZE_TICK else []


def historical_data(event: events.HistoricalData, dialect: Dialect) -> list[str]:
    """Return historicalData."""
    head = row(
        17,
        event.request_id,
        dialect.stamp(event.start),
        dialect.stamp(event.end),
        len(event.bars),
    )
    for bar in event.bars:
        day = f"{bar.time:%Y%m%d}" if event.is_daily else None
        head.append(day or _date(bar, event.date_format, dialect))
        head += row(bar.open, bar.high, bar.low, bar.close, bar.volume, bar.average, bar.count)
    return head


def historical_update(event: events.HistoricalUpdate, dialect: Dialect) -> list[str]:
    """Return historicalDataUpdate: close before high, average before volume."""
    bar = event.bar
    return [
        *row(90, event.request_id, bar.count, _date(bar, event.date_format, dialect)),
        *row(bar.open, bar.close, bar.high, bar.low, bar.average, bar.volume),
    ]


def _date(bar: events.WireBar, date_format: int, dialect: Dialect) -> str:
    return str(epoch(bar.time)) if date_format == _EPOCH_FORMAT else dialect.stamp(bar.time)


def realtime_bar(event: events.RealtimeBar, _: Dialect) -> list[str]:
    """Return realtimeBar."""
    bar = event.bar
    return [
        *row(50, 3, event.request_id, epoch(bar.time), bar.open, bar.high, bar.low, bar.close),
        *row(bar.volume, bar.average, bar.count),
    ]


def tick_price(event: events.TickPrice, _: Dialect) -> list[str]:
    """Return tickPrice."""
    return row(1, 6, event.request_id, event.kind, event.price, event.size, 0)


def tick_size(event: events.TickSize, _: Dialect) -> list[str]:
    """Return tickSize."""
    return row(2, 6, event.request_id, event.kind, event.size)


def tick_time(event: events.TickTime, _: Dialect) -> list[str]:
    """Return tickString of the last trade's time."""
    return row(46, 6, event.request_id, _TIME_OF_LAST, epoch(event.time))


def tick_parameters(event: events.TickSetup, _: Dialect) -> list[str]:
    """Return tickReqParams."""
    return row(81, event.request_id, event.minimum_tick, "", 0)


def market_data_type(event: events.TickSetup, _: Dialect) -> list[str]:
    """Return marketDataType: live."""
    return row(58, 1, event.request_id, _LIVE)


def tick_by_tick(event: events.TickByTick, _: Dialect) -> list[str]:
    """Return tickByTick of a trade."""
    trade = (epoch(event.time), event.price, event.size)
    return row(99, event.request_id, _ALL_OR_LAST, *trade, 0, "CME", "")

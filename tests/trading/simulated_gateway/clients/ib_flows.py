"""Every flow through ib_async or ib_insync: LIBRARY PORT CONTROL_PORT, one line of JSON each."""

import asyncio
import sys

from tests.trading.simulated_gateway.clients import market_flows, order_flows, wire_flows
from tests.trading.simulated_gateway.clients.flow_kit import last_lines, tell
from tests.trading.simulated_gateway.clients.ib_client import Client

FLOWS = (*market_flows.FLOWS, *order_flows.FLOWS, *wire_flows.FLOWS)
FLOW_SECONDS = 60.0


async def main(library, port, control_port):
    client = Client(library, port, control_port)
    for flow in FLOWS:
        error = ""
        try:
            await asyncio.wait_for(client.begin(), FLOW_SECONDS)
            await asyncio.wait_for(flow(client), FLOW_SECONDS)
        except (Exception, asyncio.CancelledError):
            error = last_lines()
        tell(flow.__name__, error)
    client.ib.disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

"""Questions for contracts over a line that breaks."""

import asyncio

import pytest

from tests.helpers.ib_links import Link, linked
from utils.errors import TemporaryGatewayError


def test_gateway_contract_asked_for_when_the_line_breaks_is_not_said_to_have_taken_long() -> None:
    async def body(link: Link) -> None:
        link.far.set(ignore_in={9: 1})
        asking = asyncio.ensure_future(link.near.futures("MNQ", "CME"))
        await asyncio.sleep(0.05)
        link.far.do("kick")
        with pytest.raises(TemporaryGatewayError, match="connection ended before the broker"):
            await asking

    linked(body)

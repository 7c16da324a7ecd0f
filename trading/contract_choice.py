"""Which of the contracts that a broker offers is traded, and whether it is what it should be.

The front one by the calendar roll, known beforehand and the same as in trading/contract_sessions.py
and for the simulated gateway; but never another than the one in which there still is a position.
"""

from collections.abc import Sequence
from datetime import date

from config.instruments import Instrument
from data.contracts import Contract, front_contract, parse_contract
from trading.contract_facts import ContractFacts
from trading.contract_sessions import last_session_of
from utils.errors import ConfigError, DataError, FatalGatewayError

N_SHOWN = 6
"""Contracts that an error names."""

N_DATE = len("YYYYMMDD")
"""Newer servers write a time after the day."""


def contract_of(facts: ContractFacts) -> Contract:
    """Return which delivery month a contract is; errors as for `contract_code`."""
    # its year has one digit: which ten years are meant, the expiry knows
    return parse_contract(facts.local_symbol, on=expiry_date(facts))


def contract_code(facts: ContractFacts) -> str:
    """Return a contract's name as bars have it, e.g. "MNQZ24".

    Raises:
        DataError: If its local symbol is no such name, or its expiry no date.
    """
    return contract_of(facts).code


def expiry_date(facts: ContractFacts) -> date:
    """Return the last day on which a contract trades, as the broker has it.

    Raises:
        DataError: If that is no date.
    """
    try:
        return date.fromisoformat(facts.expiry[:N_DATE])  # strptime takes 202412 for a day too
    except ValueError as error:
        raise DataError(
            f"the expiry of {facts.local_symbol} must be like 20241220, was `{facts.expiry}`"
        ) from error


def choose_contract(
    offered: Sequence[ContractFacts], instrument: Instrument, today: date, held: int | None = None
) -> ContractFacts:
    """Return the contract to trade, checked.

    Args:
        offered: What the broker lists of the product.
        instrument: What is to be traded.
        today: The trade date: on a Sunday evening Monday's.
        held: Number of the contract in which there is a position; None when flat.

    Raises:
        FatalGatewayError: If there is no such contract, more than one, or its expiry has passed.
        ConfigError: If it is not what our table of instruments says.
        DataError: If the broker's name or expiry of the held one cannot be read.
    """
    if not offered:
        raise FatalGatewayError(
            f"the broker offers no contract of {instrument.symbol}; check the account's trading "
            "permissions"
        )
    facts = _front(offered, instrument, today) if held is None else _of_number(offered, held)
    check_contract(facts, instrument, today)
    return facts


def check_contract(facts: ContractFacts, instrument: Instrument, today: date) -> None:
    """Refuse a contract that cannot be traded as an instrument, or no more.

    Raises:
        FatalGatewayError: If its expiry has passed.
        ConfigError: If product, exchange, multiplier or tick size is another than the table's, or
            it ends before the day on which we would leave it.
        DataError: As for `contract_code`.
    """
    contract, ends = contract_of(facts), expiry_date(facts)
    if today > ends:
        raise FatalGatewayError(
            f"{contract.code} expired on {ends}, and it is {today}; if there is a position in it, "
            "settle that with the broker"
        )
    expected = {
        "product": (contract.root, instrument.symbol),
        "exchange": (facts.exchange, instrument.ib_exchange or instrument.exchange),
        "multiplier": (facts.multiplier, float(instrument.ib_multiplier or instrument.multiplier)),
        "tick size": (facts.tick_size, instrument.tick_size),
    }
    for what, (told, own) in expected.items():
        if told != own:
            raise ConfigError(
                f"{what} of {contract.code} must be {own}, as config/instrument_table.py has it, "
                f"the broker says {told}; nothing is traded until they agree"
            )
    last = last_session_of(contract).astype(object)
    if ends < last:
        raise ConfigError(
            f"{contract.code} must trade until {last}, when the calendar roll leaves it, the "
            f"broker says {ends}; correct its rule in data/expiry.py"
        )


def _front(offered: Sequence[ContractFacts], instrument: Instrument, today: date) -> ContractFacts:
    """Return the one contract that the calendar has in front on a trade date."""
    front = front_contract(instrument.symbol, today)
    found = {facts.con_id: facts for facts in offered if _is_of(facts, front)}
    if len(found) != 1:
        names = ", ".join(facts.local_symbol for facts in offered[:N_SHOWN])
        raise FatalGatewayError(
            f"the broker must offer one contract {front.code}, in front on {today}, and offers "
            f"{len(found)} among {len(offered)}: {names}; nothing is traded"
        )
    return next(iter(found.values()))


def _of_number(offered: Sequence[ContractFacts], con_id: int) -> ContractFacts:
    """Return the contract of a number."""
    found = next((facts for facts in offered if facts.con_id == con_id), None)
    if found is None:
        raise FatalGatewayError(
            f"there is a position in contract {con_id}, which is none of the {len(offered)} that "
            "the broker offers; it has expired, or is of another product: close it by hand"
        )
    return found


def _is_of(facts: ContractFacts, contract: Contract) -> bool:
    """Return whether a row is of a contract; one whose name means nothing to us is of none."""
    try:
        return contract_of(facts) == contract
    except DataError:
        return False

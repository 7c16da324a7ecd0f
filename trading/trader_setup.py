"""From a connection to a trader that may begin: account, contract, journal, books.

Everything that must be refused is refused here, before the first order. What only the broker's
silence prevents is tried again; nothing of a failed attempt stays.
"""

import os
from dataclasses import dataclass, field
from datetime import date

from config.trader_settings import TraderSettings
from data.calendar import Calendar, calendar_of
from trading.account_guard import check_account, the_only_account
from trading.bar_pipeline import BarPipeline
from trading.broker_line import BrokerLine
from trading.contract_choice import choose_contract, contract_code
from trading.contract_facts import ContractFacts
from trading.journal import Journal
from trading.journal_events import Started
from trading.journal_owner import JournalOwner
from trading.market_desk import first_pipeline
from trading.market_hours import MarketHours
from trading.order_restore import Restored, Traded, restore
from trading.risk_day import trading_day
from trading.trader_terms import TraderTerms
from utils.clock import Clock
from utils.errors import ConfigError, FatalGatewayError, TemporaryGatewayError
from utils.files import canonical_json, sha256_of_bytes
from utils.paths import PROJECT_ROOT
from utils.private_files import OWNER_ONLY_FOLDER
from utils.process_lock import ProcessLock
from utils.provenance import git_revision, versions

JOURNAL = "journal.sqlite"
SIM = "sim"
LOCKS = PROJECT_ROOT / "var" / "trading" / "locks"
"""Of all traders of this checkout, whatever folder each has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that a trader begins with.

    Attributes:
        account: Where it trades; not in the repr.
        facts: Of the contract.
        code: What bars of it are called, e.g. "MNQZ24"; "" where contracts have no names.
        hours: When it trades.
        calendar: The exchange's.
        journal: Open, to write.
        restored: What it said.
        pipeline: Of the model, as the last process left it, or with the stored history.
        was_killed: Whether the last process did not end in good order.
        lock: Keeps a second trader of this account and client id out.
    """

    account: str = field(repr=False)
    facts: ContractFacts
    code: str
    hours: MarketHours
    calendar: Calendar
    journal: Journal
    restored: Restored
    pipeline: BarPipeline
    was_killed: bool
    lock: ProcessLock

    def close(self) -> None:
        """Close the journal, and let the next trader begin."""
        self.journal.close()
        self.lock.release()


async def prepare(
    line: BrokerLine, terms: TraderTerms, settings: TraderSettings, clock: Clock
) -> Prepared:
    """Return what a trader begins with.

    Raises:
        TemporaryGatewayError: If the broker does not answer; try again.
        FuturesGymError: If something is wrong that trying again does not mend.
    """
    if not line.accounts:
        raise TemporaryGatewayError("the broker has not told which accounts the login may trade")
    account = terms.account or the_only_account(line.accounts)
    check_account(terms.mode, account, line.accounts)
    await line.gateway.check_may_order()
    lock = take_lock(terms, account, settings.connection.client_id)
    try:
        return await _with_lock(line, terms, settings, clock, (account, lock))
    except BaseException:
        lock.release()
        raise


def take_lock(terms: TraderTerms, account: str, client_id: int) -> ProcessLock:
    """Return the lock of an account and client id, whatever folder a trader uses.

    Raises:
        ConfigError: If another trader of this machine has it.
    """
    folder = terms.folder if terms.mode == SIM else LOCKS  # each rehearsal has a broker of its own
    folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY_FOLDER)
    name = sha256_of_bytes(f"{terms.mode}/{account}/{client_id}".encode())[:16]
    lock = ProcessLock.take(folder / f"{name}.lock")
    if lock is None:
        raise ConfigError(
            f"a trader of this account with client id {client_id} runs already; end that one first "
            "(two must not trade one account), or give this one another account"
        )
    return lock


async def _with_lock(
    line: BrokerLine,
    terms: TraderTerms,
    settings: TraderSettings,
    clock: Clock,
    who: tuple[str, ProcessLock],
) -> Prepared:
    account, lock = who
    owner = JournalOwner(account=account, mode=terms.mode)
    journal = Journal.open(terms.folder / JOURNAL, clock, owner)
    try:
        return await _with_journal(line, terms, settings, clock, (account, lock, journal))
    except BaseException:
        journal.close()
        raise


async def _with_journal(
    line: BrokerLine,
    terms: TraderTerms,
    settings: TraderSettings,
    clock: Clock,
    who: tuple[str, ProcessLock, Journal],
) -> Prepared:
    account, lock, journal = who
    calendar = calendar_of(terms.symbol)
    today = trading_day(clock.now(), calendar)
    positions = journal.reader.positions(account)
    held = [con_id for con_id, position in positions.items() if position]
    if len(held) > 1:
        raise FatalGatewayError(
            f"the journal has positions in {len(held)} contracts; close all but one by hand and "
            "adopt the rest"
        )
    facts = await pinned(line, terms, today, held[0] if held else None)
    instruments = dict.fromkeys({*positions, facts.con_id}, terms.instrument)
    traded = Traded(
        bot=f"fg{settings.connection.client_id}-{terms.symbol}",
        client_id=settings.connection.client_id,
        account=account,
        con_id=facts.con_id,
        instruments=instruments,
    )
    was_killed = _was_killed(journal)
    _write_start(journal, terms, settings)
    restored = restore(journal.reader, traded, settings.trading.timers, clock.now())
    pipeline = await first_pipeline(terms, settings)
    return Prepared(
        account=account,
        facts=facts,
        code=contract_code(facts) if terms.is_named else "",
        hours=MarketHours.of(facts, terms.symbol, clock.now()),
        calendar=calendar,
        journal=journal,
        restored=restored,
        pipeline=pipeline,
        was_killed=was_killed,
        lock=lock,
    )


async def pinned(
    line: BrokerLine, terms: TraderTerms, today: date, held: int | None
) -> ContractFacts:
    """Return the contract that is to be traded, learnt by its number.

    Raises:
        TemporaryGatewayError: If the broker does not answer.
        FuturesGymError: If it offers none that fits.
    """
    try:
        offered = await line.gateway.futures(*terms.at_broker)
    except FatalGatewayError as error:
        raise FatalGatewayError(f"{terms.symbol} cannot be traded: {error}") from error
    facts = choose_contract(offered, terms.instrument, today, held)
    return await line.gateway.qualify(facts.con_id)


def _was_killed(journal: Journal) -> bool:
    """Return whether the last process began, and did not end in good order."""
    begun, ended = journal.reader.last("Started"), journal.reader.last("Stopped")
    return begun is not None and (ended is None or ended.seq < begun.seq)


def _write_start(journal: Journal, terms: TraderTerms, settings: TraderSettings) -> None:
    content = canonical_json(settings.model_dump(mode="json"))
    journal.append(
        Started(
            settings_hash=sha256_of_bytes(content.encode()),
            model_id=terms.model.identity,
            versions=versions(),
            code_revision=git_revision(),
            process_id=os.getpid(),
        )
    )

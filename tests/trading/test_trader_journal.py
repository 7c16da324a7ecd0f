"""What a whole trader writes down beside orders: what people were told, and the line's steps."""

import json

from tests.helpers.gateways import until
from tests.helpers.live_traders import HOLD, rehearse, scripted_model, some_bars
from trading.journal_reader import JournalReader
from trading.modes import Mode
from trading.trader_setup import JOURNAL

BARS = some_bars(200)


def written(folder, kind, name):
    """Return one field of all events of a kind, oldest first."""
    with JournalReader.open(folder / JOURNAL) as reader:
        asked = "SELECT json FROM raw_event WHERE kind = ? ORDER BY seq"
        return [json.loads(row[0])[name] for row in reader.connection.execute(asked, (kind,))]


def test_journal_has_what_people_were_told_and_what_became_of_the_line(tmp_path):
    async def body(run):
        await run.step()
        run.far.do("kick")
        await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
        await until(lambda: not run.trader.unsettled())

    rehearse(tmp_path, body, BARS, scripted_model(BARS, HOLD))
    told = written(tmp_path, "AlertTold", "code")
    assert (told[0], told[-1]) == ("restarted", "stopped")
    steps = written(tmp_path, "ConnectionStep", "state")
    assert [one for one in steps if one.startswith("Connection")][:3] == [
        "ConnectionUp",
        "ConnectionDown",
        "ConnectionUp",
    ]

"""Exports: what comes out, and whose account does not."""

import csv
import io
import json
from datetime import datetime

import pandas as pd
import pytest

from tests.helpers.journals import ACCOUNT, SESSION, open_journal
from trading.broker_events import AccountsSeen
from trading.journal_events import AlertTold
from trading.journal_export import EXPORTED, FORMATS, as_csv, as_json, as_parquet, exported_table
from utils.errors import ConfigError

MASKED = "DU***67"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Return a reader of a whole session with an account in the text of an alert."""
    with open_journal(tmp_path_factory.mktemp("journal") / "sim.db") as journal:
        with journal.batch():
            for event in SESSION:
                journal.append(event)
            journal.append(AlertTold(code="x", severity="info", text=f"{ACCOUNT}, and DU12"))
            journal.append(AccountsSeen(accounts=("DU12", ACCOUNT)))
            journal.append(AlertTold(code="y", severity="info", text=f"{ACCOUNT}, and DU12"))
        yield journal.reader


@pytest.mark.parametrize("name", EXPORTED)
@pytest.mark.parametrize("kind", FORMATS)
def test_export_of_any_table_in_any_format_names_no_account(reader, name, kind):
    content = FORMATS[kind](exported_table(reader, name, has_accounts=False))
    assert ACCOUNT.encode() not in content
    assert exported_table(reader, name, has_accounts=False).rows


def test_export_of_fills_has_the_correction_and_what_was_paid(reader):
    table = exported_table(reader, "fills", has_accounts=False)
    (row,) = csv.DictReader(io.StringIO(as_csv(table).decode()))
    assert (row["exec_id"], row["price"], row["account"]) == (
        "0000e0d5.65e7.01.02",
        "18000.0",
        MASKED,
    )
    assert (row["time"], row["commission_usd"]) == ("2024-03-05T18:00:00.000000+00:00", "0.62")


def test_export_with_account_has_it(reader):
    table = exported_table(reader, "fills", has_accounts=True)
    assert json.loads(as_json(table))[0]["account"] == ACCOUNT


def test_export_of_events_masks_text_within_them_too(reader):
    table = exported_table(reader, "events", has_accounts=False)
    texts = [json.loads(row["json"]) for row in json.loads(as_json(table))]
    assert texts[-1]["text"] == texts[-3]["text"] == f"{MASKED}, and DU***"
    assert texts[-2] == {"accounts": ["DU***", MASKED]}


def test_export_to_parquet_has_types(reader):
    content = as_parquet(exported_table(reader, "intents", has_accounts=False))
    frame = pd.read_parquet(io.BytesIO(content))
    assert (str(frame["perm_id"].dtype), str(frame["stop_price"].dtype)) == ("Int64", "float64")
    assert (frame["perm_id"].iloc[0], frame["perm_id"].isna().iloc[1]) == (501, True)
    assert frame["created"].iloc[0] == datetime.fromisoformat("2024-03-05T12:00:00-06:00")


def test_export_of_an_unknown_table_lists_all(reader):
    with pytest.raises(ConfigError, match="unknown table `fill`: did you mean `fills`"):
        exported_table(reader, "fill", has_accounts=False)

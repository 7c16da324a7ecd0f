"""A live account as bytes, so that a restart need not live through all of its bars again.

What is known is kept: the kernel's record, and the fills that are in it, those of long ago too, so
that none is booked twice when a broker tells the fills of its day again. Fills of before the
snapshot that are not in it have to be booked by `LiveAccount.rebuilt`.
"""

import json

import numpy as np
import pandas as pd

from config.settings import EnvSettings
from env.kernel.names import Reason
from env.kernel.types import ACCOUNT
from trading.bar_verdicts import LiveBar
from trading.fill_book import LiveFill
from trading.live_account import LiveAccount
from trading.sealed_arrays import as_bytes, sealed, unsealed
from utils.errors import DataError
from utils.files import canonical_json, sha256_of_bytes


def snapshot_of(account: LiveAccount) -> bytes:
    """Return an account as it stands at its last close; a decision made there is part of it."""
    fills = [_as_json(fill) for fill in account.book.told()]
    return sealed(
        _identity(account.settings),
        {
            "record": as_bytes(account.record.tobytes()),
            "opened": np.array([account.bar.opened.as_unit("ns").value]),
            "fills": as_bytes(json.dumps(fills).encode()),
        },
    )


def resumed(settings: EnvSettings, snapshot: bytes, bar: LiveBar) -> LiveAccount:
    """Return the account of a snapshot.

    Args:
        settings: Of the account.
        snapshot: Of `snapshot_of`.
        bar: At whose close it was taken; its row may be another one now.

    Raises:
        ArtifactError: If the snapshot is of other settings, or damaged.
        DataError: If it was taken at another bar.
    """
    arrays = unsealed(snapshot, _identity(settings), "account")
    taken_at = pd.Timestamp(int(arrays["opened"][0]), tz="UTC")
    if taken_at != bar.opened:
        raise DataError(
            f"the snapshot of the account was taken at the bar of {taken_at}, not of {bar.opened}: "
            "hand in that bar, and close the later ones one by one"
        )
    record = np.frombuffer(arrays["record"].tobytes(), ACCOUNT)[0]
    fills = [_of_json(each) for each in json.loads(arrays["fills"].tobytes())]
    account = LiveAccount(settings, bar)
    account.stand_at(record, fills)
    return account


def _identity(settings: EnvSettings) -> str:
    layout = str(ACCOUNT.descr)
    return sha256_of_bytes(canonical_json([settings.model_dump(mode="json"), layout]).encode())


def _as_json(fill: LiveFill) -> dict[str, object]:
    """Return a fill's fields; by hand: `asdict` copies each value of thousands of them."""
    return {
        "exec_id": fill.exec_id,
        "time": fill.time.isoformat(),
        "quantity": fill.quantity,
        "price_ticks": fill.price_ticks,
        "commission_usd": fill.commission_usd,
        "reason": int(fill.reason),
    }


def _of_json(content: dict[str, object]) -> LiveFill:
    own = dict(content)
    own["time"] = pd.Timestamp(str(own["time"]))
    own["reason"] = Reason(int(str(own["reason"])))
    return LiveFill(**own)  # type: ignore[arg-type]

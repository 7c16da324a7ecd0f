"""One store of the suite `forecast_value`, made in a process of its own.

Run as a module it reads one JSON object, the fields of StoreTask, and prints what it made as JSON.
A store that was begun is gone on with.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.forecast_store import ForecastStore
from scripts.benchmarks.forecast_value_market import market_bars
from scripts.benchmarks.forecast_value_task import VALUE_DIR, StoreTask
from scripts.forecast_commands.walking import fill_store


def made_store(task: StoreTask, folder: Path = VALUE_DIR) -> dict[str, Any]:
    """Forecast a market into its store; return the task, how long it took, and how many rows.

    Raises:
        DataError: If bars are missing, or nothing can be learnt from them.
    """
    started = time.perf_counter()
    bars = market_bars(task.preset, task.seed, task.share)
    fill_store(bars, task.settings, task.folder(folder), None, False, True)
    blocks = ForecastStore(task.folder(folder)).blocks()
    return {
        "task": asdict(task),
        "seconds": round(time.perf_counter() - started, 1),
        "n_blocks": len(blocks),
        "n_rows": sum(block.n_rows for block in blocks),
    }


if __name__ == "__main__":
    print(json.dumps(made_store(StoreTask(**json.loads(sys.argv[1])))))

"""The adapter over either client library: the same talk, each in an environment of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.client_talk import LIVE_CODES, PRICE
from tests.helpers.ib_links import simulated_gateway
from trading.simulated_gateway.control import ControlServer
from utils.paths import PROJECT_ROOT

TALK = PROJECT_ROOT / "tests" / "helpers" / "client_talk.py"
INTERPRETERS = {
    "ib_async": Path(sys.executable),
    "ib_insync": PROJECT_ROOT / ".venv-insync" / "bin" / "python",
}
"""Where each library is: `make broker-envs` makes the second environment."""

EXPECTED: dict[str, dict[str, Any]] = {
    "market_order": {
        "fill": ["BOT", 2, PRICE + 0.25],
        "has_perm_id": True,
        "is_recent": True,
        "position": [2, PRICE + 0.25],
    },
    "phantom_cancel": {"kinds": ["ErrorSeen"], "n_fills": 1},
    "fill_while_disconnected": {"n_before": 0, "n_found": 1, "done": ["Filled"]},
    "unanswered_lists": {"failed": [61, 16, 7, 99], "is_connected": True},
    "half_open": {
        "looked_connected": True,
        "is_connected": False,
        "is_in_time": True,
        "n_lost": 1,
    },
    "client_id_in_use": {"said": True, "codes": [326], "clients": [1]},
    "reset": {"error": "TemporaryGatewayError", "n_lost": 1},
    "execution_first": {"is_first": True},
    "unreadable_time": {"quantity": 2, "is_now": True},
    "money": {
        "n_told": 2,
        "is_the_same": True,
        "is_free": True,
        "n_profits": 1,
        "errors": [],
    },
    "listener_fails": {"raised": "the disk is full"},
}


@pytest.fixture(scope="module", params=sorted(INTERPRETERS))
def results(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Have one library talk to a new gateway, and return what came of it."""
    interpreter = INTERPRETERS[request.param]
    if not _has_what_it_needs(interpreter):
        pytest.skip(f"no environment of {request.param}; run `make broker-envs`")
    with simulated_gateway() as far:

        async def listen() -> ControlServer:
            control = ControlServer(far.server)
            await control.start()
            return control

        control = far.call(listen)
        try:
            answer = subprocess.run(
                [str(interpreter), str(TALK), str(far.port), str(control.port)],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            far.call(control.stop)
    assert answer.returncode == 0, answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    assert told.pop("library") == request.param
    return told


def _has_what_it_needs(interpreter: Path) -> bool:
    if not interpreter.is_file():
        return False
    command = [str(interpreter), "-c", "import pydantic, numpy"]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_adapter_over_either_library_does_the_same(name: str, results: dict[str, Any]) -> None:
    assert results[name] == EXPECTED[name]


def test_adapter_is_tried_with_errors_that_either_library_takes_for_a_cancel() -> None:
    assert {10349, 161, 321} <= set(LIVE_CODES)

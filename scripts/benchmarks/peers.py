"""Other people's libraries, measured beside ours: asked in an environment and process of their own.

`make bench-env` installs them apart from .venv, with all that they bring along. Each program in
scripts/benchmarks/peer_programs reads one JSON object and prints one; it imports the peer, numpy
and pandas, and nothing of ours.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from utils.errors import ConfigError
from utils.logger import get_logger
from utils.paths import PROJECT_ROOT

BENCH_PYTHON = PROJECT_ROOT / ".venv-bench" / "bin" / "python"
PROGRAMS_DIR = Path(__file__).parent / "peer_programs"
TIMEOUT_SECONDS = 600.0


class _NoAnswerError(Exception):
    """Its text says why a peer could not be measured."""


def ask_peer(
    program: str,
    question: Mapping[str, Any],
    python: Path = BENCH_PYTHON,
    folder: Path = PROGRAMS_DIR,
) -> dict[str, Any] | None:
    """Return a peer's answer, or None where there is none: a line is then printed without ratio.

    What is missing is logged, in one line.

    Args:
        program: Name of a file in `folder`, without `.py`.
        question: JSON values; the program's own text says which.
        python: The interpreter that has the peers.
        folder: Where the programs are.

    Raises:
        ConfigError: If there is no such program.
    """
    path = folder / f"{program}.py"
    if not path.exists():
        raise ConfigError(f"there is no peer program `{program}` in {folder}")
    try:
        return _answer(_printed(python, path, json.dumps(question)))
    except _NoAnswerError as error:
        get_logger("bench").warning("no figure of the peer `%s`: %s", program, error)
        return None


def _printed(python: Path, path: Path, question: str) -> str:
    """Return what the program prints."""
    if not python.exists():
        raise _NoAnswerError(f"{python} is not there; install the peers with `make bench-env`")
    command = [str(python), str(path)]
    try:
        done = subprocess.run(
            command,
            input=question,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise _NoAnswerError(f"it took more than {TIMEOUT_SECONDS:.0f} s") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise _NoAnswerError(f"{last}; `make bench-env` installs the peers")
    return done.stdout


def _answer(printed: str) -> dict[str, Any]:
    """Return the object on the last line; a peer may print greetings before it."""
    try:
        answer = json.loads(printed.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError) as error:
        raise _NoAnswerError("its last line was not JSON") from error
    if not isinstance(answer, dict):
        raise _NoAnswerError("its last line was not a JSON object")
    return answer

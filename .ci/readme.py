"""Run every shell command of README.md, in order, as a newcomer would paste them.

A trailing comment says what to expect where that is not exit code 0:
`# exits N`, or `# until stopped` for what runs until it is told to end: it is, once it has said
where it listens, or that nobody listens where it would connect.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN_BEFORE = frozenset({"make test"})
"""What .ci/run has just done: `make check` ends with it."""

SERVER_SECONDS = 120
SIGNS_OF_LIFE = ("http://", "nobody listens at")
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(text: str) -> Iterator[str]:
    """Yield the lines of all bash blocks, but for those that were run before."""
    for block in BLOCK.findall(text):
        lines = (line.strip() for line in block.splitlines())
        yield from (line for line in lines if line and line not in RUN_BEFORE)


def expected_code(command: str) -> int:
    """Return the exit code that the command's comment announces."""
    announced = re.search(r"#.*\bexits (\d+)", command)
    return int(announced[1]) if announced else 0


def run(command: str) -> bool:
    """Run one command from the repository root; return whether it did what README says."""
    print(f"readme: {command}", flush=True)
    started = time.perf_counter()
    # the activated environment that README speaks of
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    if command.endswith("# until stopped"):
        is_right = serves(command, path)
    else:
        code = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=os.environ | {"PATH": path}, check=False
        ).returncode
        is_right = code == expected_code(command)
        print(f"readme: exit code {code}", flush=True)
    print(f"readme: {time.perf_counter() - started:.0f} s", flush=True)
    return is_right


def serves(command: str, path: str) -> bool:
    """Start what does not end by itself, wait for its sign of life, and stop it."""
    with subprocess.Popen(
        ["bash", "-c", f"exec timeout {SERVER_SECONDS} {command}"],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout is not None
        is_up = any(sign in line for line in server.stdout for sign in SIGNS_OF_LIFE)
        server.send_signal(signal.SIGTERM)
    return is_up


def main() -> int:
    """Run all commands; stop at the first that does not do what README says."""
    for command in commands((ROOT / "README.md").read_text(encoding="utf-8")):
        if not run(command):
            print(f"readme: FAILED: {command}", flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

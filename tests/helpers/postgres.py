"""A PostgreSQL server of the test's own, on loopback, for as long as a `with` block lasts."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "s3cret/word"
IN_URL = "s3cret%2Fword"
USER = "tester"
INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
START_SECONDS = 30.0


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the URL of an empty database that takes no client without the password.

    PostgreSQL refuses to be run by root, so that root runs it as somebody else; and its folder must
    be that user's, in a place that he can reach, which pytest's own is not.
    """
    if sys.platform == "win32":
        pytest.skip("no PostgreSQL server is started on Windows")
    programs = _programs()
    user = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="pg_") as folder:
        place = Path(folder)
        if user is not None:
            os.chown(place, user.pw_uid, user.pw_gid)
        _initialise(programs, place, user)
        port = _free_port()
        server = _start(programs, place, port, user)
        try:
            yield f"postgresql://{USER}:{IN_URL}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # "fast": clients are not waited for
            server.wait(timeout=START_SECONDS)


def _programs() -> Path:
    on_path = shutil.which("postgres")
    for folder in [*([Path(on_path).resolve().parent] if on_path else []), *INSTALLED]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("no PostgreSQL server is installed (initdb and postgres)")


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom root runs the server as; None for everybody else, who runs it himself."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return names[name]
    pytest.skip("PostgreSQL refuses root, and there is no user `postgres` or `nobody`")


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initialise(programs: Path, place: Path, user: pwd.struct_passwd | None) -> None:
    secret = place / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    command = [programs / "initdb", "-D", place / "data", "-U", USER, "-A", "scram-sha-256"]
    command += ["--pwfile", secret, "--no-sync", "-E", "UTF8", "--locale", "C"]
    subprocess.run(command, check=True, capture_output=True, cwd="/", **_as(user))


def _start(
    programs: Path, place: Path, port: int, user: pwd.struct_passwd | None
) -> subprocess.Popen[bytes]:
    command = [programs / "postgres", "-D", place / "data", "-p", str(port), "-k", place]
    command += ["-h", "127.0.0.1", "-F"]
    log = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **_as(user))
    ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    limit = time.monotonic() + START_SECONDS
    while subprocess.run(ready, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > limit:
            server.kill()
            pytest.fail("the PostgreSQL server did not come up")
        time.sleep(0.05)
    return server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

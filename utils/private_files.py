"""Whether other users of this machine could have changed a file that decides what is traded."""

import os
import stat
from pathlib import Path

OTHERS = stat.S_IWGRP | stat.S_IWOTH
OWNER_ONLY_FOLDER = 0o700
OWNER_ONLY_FILE = 0o600


def why_not_private(path: Path) -> str | None:
    """Return why somebody else can write `path`, a file or a folder, or None if nobody can.

    Its folder matters as much as a file does: who may write there may put another file in its
    place. Nothing is found where the system has no such permissions (Windows), or nothing there.
    """
    if os.name == "nt" or not path.exists():
        return None
    status = path.stat()
    if status.st_mode & OTHERS:
        mode = stat.filemode(status.st_mode)
        return f"others can write `{path}` ({mode}); run `chmod go-w {path}`"
    if status.st_uid not in {os.geteuid(), 0}:
        return f"`{path}` belongs to another user (number {status.st_uid}); use one of your own"
    return None

"""Whether other users of this machine could have changed a file that decides what is traded."""

import os
import stat
from collections.abc import Iterator
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
    if status.st_uid not in _trusted():
        return f"`{path}` belongs to another user (number {status.st_uid}); use one of your own"
    return None


def why_not_private_tree(folder: Path) -> str | None:
    """Return why somebody else can change what lies below `folder`, or put another in its place.

    All folders above it count, and all that a link on the way leads through: who may rename one of
    them chooses what is found. One whose sticky bit is set, as that of /tmp, keeps others from
    that. A link below `folder` leads out of what was looked at, and is refused.
    """
    if os.name == "nt" or not folder.exists():
        return None
    links = [path for path in folder.rglob("*") if path.is_symlink()]
    if links:
        return f"`{links[0]}` is a link; put the file itself there"
    above = [one for one in _folders_above(folder.absolute()) if not _is_sticky(one)]
    found = (why_not_private(path) for path in (*above, folder, *folder.rglob("*")))
    return next((why for why in found if why is not None), None)


def _is_sticky(folder: Path) -> bool:
    """Return whether everybody who writes in a folder can take away their own files alone."""
    status = folder.stat()
    return bool(status.st_mode & stat.S_ISVTX) and status.st_uid in _trusted()


def _folders_above(path: Path) -> Iterator[Path]:
    """Tell all folders in which a name decides where an absolute path leads."""
    for place in (path, *path.parents):
        if place != path:
            yield place
        if place.is_symlink():
            yield from _folders_above(place.parent / place.readlink())


def _trusted() -> set[int]:
    return {os.geteuid(), 0}

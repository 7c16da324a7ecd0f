"""The one place where numba is set up: which functions compile, and where compiled code is kept.

numba's disk cache looks at the file of the function that it caches, not at the files of the
functions which that one calls, so an edited callee would silently give yesterday's numbers. The
cache folder is therefore named after a hash of every source that may hold compiled code: an edit
anywhere starts an empty cache.

Where that folder cannot be written, numba would silently use `__pycache__` beside each source,
which has the same weakness; a temporary folder takes its place.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from utils.jit_cache import name_records_by_their_fields, with_own_names
from utils.logger import get_logger
from utils.paths import NUMBA_DIR, PROJECT_ROOT

COMPILED_SOURCES = ("utils/jit*.py", "data/**/*.py", "env/**/*.py", "models/compiled/*.py")
KEPT_CACHES = 3
"""Caches of other sources that are kept, for a switch of branches and back."""

_Function = TypeVar("_Function", bound=Callable[..., object])


def sources_hash(root: Path = PROJECT_ROOT) -> str:
    """Return a hash (16 hex digits) of all sources that may hold compiled functions."""
    digest = hashlib.sha256()
    for pattern in COMPILED_SOURCES:
        for path in sorted(root.glob(pattern)):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _opened_cache(folder: Path) -> Path:
    """Return `folder`, made and proved writable, or else a new one that goes with the process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # says when it was last used
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"0")
    except OSError as error:
        temporary = Path(tempfile.mkdtemp(prefix="futuresgym_numba_"))
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        get_logger("jit").warning(
            "cannot write the cache of compiled code in `%s` (%s): this run compiles anew, into %s",
            folder,
            error.strerror,
            temporary,
        )
        return temporary
    _prune(folder)
    return folder


def _prune(current: Path) -> None:
    """Remove the caches beside `current`, except those that were used last.

    Another process may use or remove one of them at the same time: numba writes again what it
    misses, and whatever fails here is left to the next start.
    """
    with suppress(OSError):
        others = [path for path in current.parent.glob("[0-9a-f]" * 16) if path != current]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in others[KEPT_CACHES:]:
            shutil.rmtree(path, ignore_errors=True)


CACHE_DIR = _opened_cache(NUMBA_DIR / sources_hash())
os.environ["NUMBA_CACHE_DIR"] = str(CACHE_DIR)

import numba  # noqa: E402 - reads NUMBA_CACHE_DIR when it is imported

# numba makes its settings when it runs, out of sight of a type checker.
numba.config.CACHE_DIR = str(CACHE_DIR)  # type: ignore[attr-defined]
name_records_by_their_fields()


def jit(function: _Function) -> _Function:
    """Compile `function` with numba: cached on disk, floats as IEEE says (no fastmath).

    Integers have 64 bits and wrap around silently, so callers bound them. With NUMBA_DISABLE_JIT=1
    the function stays plain Python and gives the same numbers.
    """
    return _compiled(function, cache=True, _nrt=True)


def is_compiling() -> bool:
    """Return whether functions are compiled: not with NUMBA_DISABLE_JIT=1."""
    return not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def lean_jit(function: _Function) -> _Function:
    """Compile as `jit` does, without counting references: for functions that make no arrays.

    They may take views of the arrays they are given, which would cost some 40 ns each where one
    outlives a branch. What would need counting does not compile: making an array, assigning to a
    slice, returning a view.
    """
    return _compiled(function, cache=True, _nrt=False, no_cfunc_wrapper=True)


def threadable_jit(function: _Function) -> _Function:
    """Compile as `lean_jit` does; while it runs, other threads of Python run too."""
    return _compiled(function, cache=True, _nrt=False, no_cfunc_wrapper=True, nogil=True)


def inner_jit(function: _Function) -> _Function:
    """Compile as `lean_jit` does, for compiled callers alone, whose cache holds it too.

    Compiled, it cannot be called from Python, which spares making and keeping an entry.
    """
    return _compiled(function, _nrt=False, no_cfunc_wrapper=True, no_cpython_wrapper=True)


def entry_of(function: _Function, *arguments: object) -> _Function:
    """Return what a compiled function does for arguments of these types, and of no others.

    A call of it does not tell the types of its arguments apart, which takes numba longer than a
    short function takes to run. Give it nothing else: it does not look.
    """
    if not is_compiling():
        return function
    types = tuple(numba.typeof(argument) for argument in arguments)  # type: ignore[no-untyped-call]
    entry: _Function = cast("Any", function).compile(types)
    return entry


def _compiled(function: _Function, **options: Any) -> _Function:
    """Return `function` compiled with numba's `options`.

    `_nrt`, the counting of references, is always said: unsaid, it would be the caller's.
    """
    compiled = numba.njit(error_model="numpy", **options)(function)
    if options.get("cache") and is_compiling():
        with_own_names(compiled)
    return cast("_Function", compiled)

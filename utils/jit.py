"""The one place where numba is set up: which functions compile, and where compiled code is kept.

numba's disk cache looks at the file of the function that it caches, not at the files of the
functions which that one calls, so an edited callee would silently give yesterday's numbers. The
cache folder is therefore named after a hash of every source that may hold compiled code: an edit
anywhere starts an empty cache.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

from utils.paths import NUMBA_DIR, PROJECT_ROOT

COMPILED_SOURCES = ("utils/jit.py", "data/**/*.py", "env/**/*.py", "backtest/**/*.py")

_Function = TypeVar("_Function", bound=Callable[..., object])


def sources_hash(root: Path = PROJECT_ROOT) -> str:
    """Return a hash (16 hex digits) of all sources that may hold compiled functions."""
    digest = hashlib.sha256()
    for pattern in COMPILED_SOURCES:
        for path in sorted(root.glob(pattern)):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


CACHE_DIR = NUMBA_DIR / sources_hash()
os.environ["NUMBA_CACHE_DIR"] = str(CACHE_DIR)

import numba  # noqa: E402 - reads NUMBA_CACHE_DIR when it is imported

# numba makes its settings when it runs, out of sight of a type checker.
numba.config.CACHE_DIR = str(CACHE_DIR)  # type: ignore[attr-defined]


def jit(function: _Function) -> _Function:
    """Compile `function` with numba: cached on disk, no fastmath, NaN and overflow as IEEE says.

    With NUMBA_DISABLE_JIT=1 the function stays plain Python and gives the same numbers.
    """
    return cast("_Function", numba.njit(cache=True, error_model="numpy")(function))

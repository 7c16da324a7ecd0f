"""How many threads the work may have."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
"""What libraries of numbers (torch and numba too) read when they are loaded: a thread each.

Their sums depend on the number of threads, so processes that are to agree have the same.
"""


def n_processors() -> int:
    """Return how many processors this process may use, as a container or taskset limits it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def one_thread_in_new_processes() -> Iterator[None]:
    """Let processes that are started in the block have one thread; this one's stay as they are."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

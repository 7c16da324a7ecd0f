"""How many threads the work may have."""

import os


def n_processors() -> int:
    """Return how many processors this process may use, as a container or taskset limits it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

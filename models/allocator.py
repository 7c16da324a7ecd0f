"""Memory that torch frees and asks for again at once: kept by the process, not given back.

glibc gives freed blocks of some size back to the system, which then has to clear every page of
them anew: thousands of page faults per batch of a recurrent network. Nothing that is computed
depends on this.
"""

import ctypes
import platform
import sys

MMAP_THRESHOLD = -3
TRIM_THRESHOLD = -1
"""The names of glibc's parameters, as in malloc.h."""

MMAP_THRESHOLDS = (2**30, 2**25)
"""Bytes from which on a block is given back at once: the first is refused by older versions."""

NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, as far as glibc lets it; more than once does no harm.

    Returns:
        Whether there is a glibc that has taken this; anything else is left as it is.
    """
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return False
    set_parameter = ctypes.CDLL(None).mallopt
    is_kept = any(set_parameter(MMAP_THRESHOLD, n_bytes) for n_bytes in MMAP_THRESHOLDS)
    return bool(set_parameter(TRIM_THRESHOLD, NEVER)) and is_kept

"""Keep the memory that arrays leave behind, since the next arrays of a run need it at once.

Otherwise the C library gives much of it back, and the system clears every page that is asked for
again: 6 % of the time of an engine with many short-lived arrays. What a process keeps is at most
`KEPT` bytes.
"""

from __future__ import annotations

import ctypes
import functools

KEPT = 64 << 20  # bytes at the end of the heap that stay
_FROM_HEAP = 32 << 20  # bytes; larger arrays are given back at once: as far as glibc itself goes
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # names of glibc's <malloc.h>


@functools.cache
def keep_freed_memory() -> None:
    """Tell this process's C library, where it is glibc, to give back less and later."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or another system
        return
    mallopt(_M_TRIM_THRESHOLD, KEPT)
    mallopt(_M_TOP_PAD, KEPT)  # or else nothing stays at the end once more than this is freed
    mallopt(_M_MMAP_THRESHOLD, _FROM_HEAP)

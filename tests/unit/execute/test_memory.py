"""Memory that arrays leave behind is there for the next ones."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

ROUNDS, FEW, MANY, WORDS = 40, 4, 16, 1 << 20  # arrays of 8 MiB each, kept up to 64 MiB
PAGES = WORDS * 8 // 4096  # of an array
SCRIPT = f"""
import resource, sys
import numpy as np
from runner.execute.memory import keep_freed_memory

if "keep" in sys.argv:
    keep_freed_memory()
for again in range({ROUNDS}):
    arrays = [np.ones({WORDS}) for _ in range(int(sys.argv[1]))]
    while arrays:
        del arrays[0]  # the last one, at the end of the heap, goes last: all are free at once
    if not again:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_cleared(arrays: int, *words: str) -> int:
    """Return pages the system cleared after the first round, for each array of a round."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(arrays), *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout) // arrays


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_arrays_of_the_next_run_find_their_memory() -> None:
    kept, given_back = pages_cleared(FEW, "keep"), pages_cleared(FEW)
    assert kept < PAGES / 4
    assert given_back > 5 * PAGES  # otherwise there is nothing to keep


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_memory_stays_when_more_is_freed_than_is_kept() -> None:
    kept, given_back = pages_cleared(MANY, "keep"), pages_cleared(MANY)
    assert kept < 0.75 * given_back  # 8 of 16 arrays stay

"""Memory that arrays leave behind is there for the next ones."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

ROUNDS, ARRAYS, WORDS = 40, 4, 1 << 20  # of 8 MiB each
PAGES = ARRAYS * WORDS * 8 // 4096
SCRIPT = f"""
import resource, sys
import numpy as np
from runner.execute.memory import keep_freed_memory

if "keep" in sys.argv:
    keep_freed_memory()
for again in range({ROUNDS}):
    arrays = [np.ones({WORDS}) for _ in range({ARRAYS})]
    del arrays
    if not again:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_cleared(*words: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_arrays_of_the_next_run_find_their_memory() -> None:
    kept, given_back = pages_cleared("keep"), pages_cleared()
    assert kept < PAGES / 4
    assert given_back > 5 * PAGES  # otherwise there is nothing to keep

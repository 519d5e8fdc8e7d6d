"""The model that every side runs, and what each side tells about itself. Standard library only."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

LOOPS_OF_BUSY = 600_000


def outcome(x: float, loops: int) -> float:
    """Return `x` plus the sum of the first numbers, found the long way.

    Each call adds a byte to the file named by PEERS_CALLS, if any, so that calls can be counted
    whoever makes them and whatever becomes of them.
    """
    _count_call()
    return x + add_up(loops)


def add_up(loops: int) -> int:
    """Return the sum of the first numbers, one by one."""
    total = 0
    for number in range(loops):
        total += number
    return total


def _count_call() -> None:
    file = os.environ.get("PEERS_CALLS")
    if file:
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, b".")
        os.close(handle)


def shape(runs: int) -> tuple[int, int]:
    """Return levels of `x` and replicates of each that make so many runs."""
    replicates = 10 if runs % 10 == 0 else 1
    return runs // replicates, replicates


def tell(file: Path, runs: int, total: float) -> None:
    """Write down what was stored, and the CPU seconds of this process and of those it waited for.

    `runs` and `total` are the number and the sum of the outcomes that are stored.
    """
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    file.write_text(json.dumps({"runs": runs, "total": total, "cpu": cpu}))


def end_joblib_workers() -> None:
    """Stop joblib's workers and wait for them: only then does their time count."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)

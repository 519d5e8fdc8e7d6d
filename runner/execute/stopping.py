"""Stop a pool before its work is done, without a word to the user."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from runner.execute.part import PartResult


@contextmanager
def stopping(results: Generator[PartResult, None, None]) -> Iterator[Iterator[PartResult]]:
    """Close a pool's results at the end of the block, whether or not all of them came.

    joblib then warns that some work was in vain, which is what the user asked for.
    """
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*tasks", category=UserWarning)
            results.close()

"""Keep standard output for results: what engines print goes to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


class StoppedError(Exception):
    """Ctrl-C or a termination signal came; carries the command that continues, if there is one."""


@contextmanager
def engines_aside() -> Iterator[None]:
    """Send what engines print, from Python or below, to standard error: results come alone.

    Raises:
        StoppedError: the work was interrupted; the command-line library would end a
            `KeyboardInterrupt` without a word.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    except KeyboardInterrupt as error:
        raise StoppedError(*error.args) from None
    finally:
        os.dup2(kept, 1)
        os.close(kept)

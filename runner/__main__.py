"""Let `python -m runner` and the command `cohortsweep` do the same."""

from __future__ import annotations

import io
import os
import sys

_STREAMS = ("stdin", "stdout", "stderr")
_LAST_STREAM = len(_STREAMS) - 1


def main() -> None:
    """Run the command line and exit with its code."""
    from runner.cli import run_command_line

    _stand_in_for_closed_streams()
    _replace_what_cannot_be_shown(sys.stdout)
    sys.exit(run_command_line(sys.argv[1:]))


def _stand_in_for_closed_streams() -> None:
    """Open standard streams that came closed, or the next files would be taken for them."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _LAST_STREAM:
        os.set_inheritable(number, True)
        if number:
            setattr(sys, _STREAMS[number], os.fdopen(number, "w", encoding="utf-8"))
    os.close(number)


def _replace_what_cannot_be_shown(stream: object) -> None:
    """Let a code page without ± or ─ show something else: it must not end a study."""
    if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
        stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()

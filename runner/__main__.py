"""Let `python -m runner` and the command `cohortsweep` do the same."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from runner.cli import run_command_line

    _replace_what_cannot_be_shown(sys.stdout)
    sys.exit(run_command_line(sys.argv[1:]))


def _replace_what_cannot_be_shown(stream: object) -> None:
    """Let a code page without ± or ─ show something else: it must not end a study."""
    if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
        stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()

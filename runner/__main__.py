"""Let `python -m runner` and the command `cohortsweep` do the same."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from runner.cli import run_command_line

    if isinstance(sys.stdout, io.TextIOWrapper):  # a code page without ± must not end a study
        sys.stdout.reconfigure(errors="replace")
    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()

"""The exit codes of the process, by what they mean; 0 is all well."""

from __future__ import annotations

EXIT_FAILED = 1
"""What was judged, fitted or checked does not hold."""
EXIT_USAGE = 2
"""Nothing has run: the words or the configuration are wrong."""
EXIT_FAILED_RUNS = 3
"""Runs failed, took too long or are missing."""
EXIT_UNDECIDED = 4
"""Asked for with `--strict`: the verdict is neither pass nor fail."""
EXIT_INTERRUPTED = 130
"""Stopped by Ctrl-C or a termination signal."""

"""Be `python -m runner` whose recording process is forked too: `recording.py ADDRESS WORDS`."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from runner.track import process
from tests.forks import run

STARTED = [sys.executable, "-W", "ignore", "-m", "runner.track"]


class ForkedInstead:
    """What the runner needs of the module `subprocess`."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self, address: str) -> None:
        self._address = address

    def run(
        self,
        args: Sequence[str],
        *,
        input: str,  # noqa: A002 - its name in the standard library
        env: Mapping[str, str],
        capture_output: bool,
        text: bool,
        timeout: float | None,
        check: bool,
    ) -> subprocess.CompletedProcess[str]:
        """Fork the recording process; refuse to start anything else."""
        assert (list(args), capture_output, text, check) == (STARTED, True, True, False)
        return run(
            self._address, "runner.track", folder=Path.cwd(), environment=env, given=input,
            timeout=timeout,
        )  # fmt: skip


def main() -> None:
    """Do what the words say."""
    vars(process)["subprocess"] = ForkedInstead(sys.argv.pop(1))
    runpy.run_module("runner", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

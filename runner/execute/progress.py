"""Show on standard error how far the runs are: one line, or plain lines when not a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runner.execute.cut import Part

_PLAIN_EVERY_S = 5.0


def progress_line(parts: list[Part]) -> ProgressLine:
    """Return the progress line for these parts."""
    return ProgressLine(sum(len(part.runs) for part in parts))


class ProgressLine:
    """A `Watcher` for people: done/total, failures, runs per second, time left."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._failed = 0
        self._started = time.monotonic()
        self._told = self._started
        console = Console(stderr=True)
        self._bar = (
            Progress(
                TextColumn("runs"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TextColumn("{task.fields[failed]}", style="red"),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=console,
            )
            if console.is_terminal
            else None
        )

    def __enter__(self) -> ProgressLine:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("runs", total=self._total, rate="", failed="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, done: int, failed: int) -> None:
        """Report runs that have just ended."""
        self._done += done + failed
        self._failed += failed
        elapsed = max(time.monotonic() - self._started, 1e-9)
        rate = self._done / elapsed
        if self._bar is not None:
            text = f"{self._failed} failed" if self._failed else ""
            self._bar.update(self._task, completed=self._done, rate=f"{rate:,.0f}/s", failed=text)
        elif time.monotonic() - self._told > _PLAIN_EVERY_S:
            self._told = time.monotonic()
            left = (self._total - self._done) / rate
            print(
                f"{self._done}/{self._total} runs, {self._failed} failed, {rate:,.0f}/s, "
                f"about {left:,.0f} s left",
                file=sys.stderr,
                flush=True,
            )

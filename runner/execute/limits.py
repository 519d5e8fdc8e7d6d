"""Bound the time of one run, from inside the process that runs it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from runner.contract import RunnerError


class RunTimeout(BaseException):
    """The run has used up `execution.timeout_s`."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `RunTimeout` inside the block when it takes longer than `seconds`; None = no limit.

    Works in the main thread of a process, on systems with interval timers. Code that does not
    return to the interpreter is interrupted when it does.
    """
    if seconds is None:
        yield
        return
    if threading.current_thread() is not threading.main_thread():
        raise RunnerError("execution.timeout_s needs the main thread of a process")

    def expire(signum: int, frame: FrameType | None) -> None:
        raise RunTimeout(f"the run took longer than execution.timeout_s = {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def unhurried() -> Iterator[None]:
    """Hold a time limit back inside the block: what is written is written whole."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})

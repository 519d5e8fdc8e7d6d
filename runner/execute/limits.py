"""Bound the time of one run, from inside the process that runs it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from runner.contract import RunnerError, StoreError

_AGAIN_S = 1.0


class RunTimeout(BaseException):
    """The run has used up `execution.timeout_s`."""


@dataclass(slots=True)
class _Watch:
    """The time limit of the run under way in this process's main thread.

    `is_held` while something is written that must be written whole; `is_up` once time has run out.
    """

    is_running: bool = False
    is_held: bool = False
    is_up: bool = False

    def expire(self, signum: int, frame: FrameType | None) -> None:
        """Interrupt the run, now or as soon as it may be interrupted."""
        self.is_up = True
        self.interrupt()

    def interrupt(self) -> None:
        if self.is_up and self.is_running and not self.is_held:
            raise RunTimeout


_WATCH = _Watch()


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `RunTimeout` inside the block when it takes longer than `seconds`; None = no limit.

    Works in the main thread of a process, on systems with interval timers. Code that does not
    return to the interpreter is interrupted when it does, and again every second if it carries on;
    code that turned the interruption into something else has still run out of time.
    """
    if seconds is None:
        yield
        return
    if threading.current_thread() is not threading.main_thread():
        raise RunnerError("execution.timeout_s needs the main thread of a process")
    text = f"the run took longer than execution.timeout_s = {seconds:g} s"
    try:
        with _alarm(seconds):
            yield
    except StoreError:
        raise
    except (Exception, RunTimeout) as error:
        if _WATCH.is_up:
            raise RunTimeout(text) from error
        raise
    if _WATCH.is_up:
        raise RunTimeout(text)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    previous = signal.signal(signal.SIGALRM, _WATCH.expire)
    _WATCH.is_up, _WATCH.is_held, _WATCH.is_running = False, False, True
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S)
            yield
        finally:
            _WATCH.is_running = False
    finally:  # twice: the first statement above may itself be interrupted
        _WATCH.is_running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def unhurried() -> Iterator[None]:
    """Hold a time limit back inside the block: what is written is written whole.

    A mask of signals would not do: another thread of the process takes the signal, and the main
    thread is interrupted all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        _WATCH.is_held = True
        yield
    finally:
        _WATCH.is_held = False
    _WATCH.interrupt()

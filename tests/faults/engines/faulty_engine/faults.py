"""The ways to misbehave, by name."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from runner.contract import Outcome


class UnpicklableError(Exception):
    """An error that no process can send to another."""

    def __init__(self) -> None:
        super().__init__("cannot be sent")
        self.held = lambda: None

    def __reduce__(self) -> Any:
        raise TypeError("never pickled")


class MuteError(Exception):
    """An error whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class OwnBaseError(BaseException):
    """An error that `except Exception` does not catch."""


def _raise(error: Callable[[], BaseException]) -> Callable[[], None]:
    def fail() -> None:
        raise error()

    return fail


def _recurse() -> None:
    _recurse()


def _swallow(kind: type[BaseException]) -> Callable[[], None]:
    """Sleep on whatever `except kind` catches, thirty seconds in all."""

    def sleep() -> None:
        started = time.monotonic()
        while time.monotonic() - started < 30:
            try:
                while time.monotonic() - started < 30:
                    time.sleep(0.01)
            except kind:
                pass

    return sleep


def _swallow_once() -> None:
    with contextlib.suppress(BaseException):
        time.sleep(30)


def _print() -> None:
    print("on standard output", flush=True)
    os.write(sys.__stdout__.fileno(), b"and below it\n")


def _warn(text: Any) -> Callable[[], Outcome]:
    return lambda: Outcome(metrics={"total": 1.0}, warnings=(text,))


_DOINGS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "raise": _raise(lambda: ValueError("no such customer")),
    "exit": _raise(lambda: SystemExit(0)),
    "interrupt": _raise(KeyboardInterrupt),
    "generator_exit": _raise(GeneratorExit),
    "base": _raise(lambda: OwnBaseError("own base")),
    "memory": _raise(MemoryError),
    "recursion": _recurse,
    "unpicklable": _raise(UnpicklableError),
    "mute": _raise(MuteError),
    "huge": _raise(lambda: ValueError("x" * 3_000_000)),
    "surrogate": _raise(lambda: ValueError("half a pair: \ud800")),
    "os_exit": lambda: os._exit(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "sleep": _swallow_once,
    "swallow": _swallow(Exception),
    "print": _print,
    "no_outcome": lambda: 7,
    "odd_warning": _warn(3),
    "surrogate_warning": _warn("half a pair: \ud800"),
}
FAULTS = tuple(_DOINGS)


def misbehave(fault: str) -> Outcome | None:
    """Do what the name says; return an odd outcome, if that is the fault."""
    found: Outcome | None = _DOINGS[fault]()
    return found

"""A run that takes too long is interrupted, once it may be, and only it."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable

import pytest

from runner.contract import RunnerError, StoreError
from runner.execute.limits import RunTimeout, time_limit, unhurried

SHORT = 0.05
LONG = 60.0


def wait(seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.001)


def swallowing_once() -> None:
    with contextlib.suppress(BaseException):
        wait()


def swallowing_once_and_waiting() -> None:
    swallowing_once()
    wait()


def swallowing_errors() -> None:
    while True:
        with contextlib.suppress(Exception):
            wait()


def turning_it_into_something_else() -> None:
    try:
        wait()
    except BaseException as error:
        raise ValueError("something else") from error


@pytest.mark.parametrize(
    "work",
    [
        wait,
        swallowing_once,
        swallowing_once_and_waiting,
        swallowing_errors,
        turning_it_into_something_else,
    ],
)
def test_it_interrupts_whatever_the_code_does(work: Callable[[], None]) -> None:
    before = signal.getsignal(signal.SIGALRM)
    message = r"the run took longer than execution.timeout_s = 0.05 s"
    with pytest.raises(RunTimeout, match=message), time_limit(SHORT):
        work()
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_run_in_time_is_left_alone() -> None:
    with time_limit(LONG):
        pass
    with time_limit(None):
        wait(SHORT)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("kind", [ValueError, StoreError, KeyboardInterrupt])
def test_other_errors_pass_through(kind: type[BaseException]) -> None:
    with pytest.raises(kind, match="mine"), time_limit(LONG):
        raise kind("mine")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_is_written_is_written_whole_even_with_other_threads_about() -> None:
    is_over = threading.Event()
    threads = [threading.Thread(target=is_over.wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    written = []

    def write() -> None:
        with time_limit(SHORT):
            with unhurried():
                wait(4 * SHORT)
                written.append("whole")
            written.append("more")

    try:
        with pytest.raises(RunTimeout):
            write()
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert written == ["whole"]


def test_a_late_alarm_does_not_reach_the_next_run() -> None:
    with pytest.raises(RunTimeout), time_limit(SHORT):
        wait()
    with unhurried():
        pass
    with time_limit(LONG):
        with unhurried():
            pass
        wait(SHORT)


def test_only_main_threads_can_be_limited() -> None:
    found: list[BaseException] = []

    def work() -> None:
        try:
            with time_limit(SHORT):
                pass
        except RunnerError as error:
            found.append(error)
        with unhurried():
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "needs the main thread" in str(found[0])

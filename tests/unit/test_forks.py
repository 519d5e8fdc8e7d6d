"""What is forked is a process like one that was started: tests of accidents rely on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.forks import ROOT, Forks, run, started

TELL = """
import json, os, signal, sys
print(json.dumps({
    "words": sys.argv[1:], "folder": os.getcwd(), "path": sys.path[0], "given": sys.stdin.read(),
    "environment": dict(os.environ),
    "leads": os.getsid(0) == os.getpid() == os.getpgid(0), "name": __name__,
    "interrupts": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "child": signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL,
    "open": os.listdir("/proc/self/fd"),
    "main": sys.modules["__main__"].__spec__.name, "early": "fractions" in sys.modules,
}))
print("said", file=sys.stderr)
sys.exit(7)
"""
SLEEP = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"
DEEP = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
import sleeper
"""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    found = Forks(["fractions"], {"PYTHONPATH": str(ROOT)})
    yield found
    found.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("tell", TELL), ("sleeper", SLEEP), ("deep", DEEP)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **more}


def test_it_is_what_a_started_process_is(forks: Forks, folder: Path) -> None:
    words = ("one", "two words")
    done = run(
        forks.address, "tell", *words, folder=folder, environment=environment(COLOUR="red"),
        given="so",
    )  # fmt: skip
    usual = subprocess.run(
        [sys.executable, "-m", "tell", *words], cwd=folder, env=environment(COLOUR="red"),
        input="so", capture_output=True, text=True, check=False, start_new_session=True,
    )  # fmt: skip
    expected = usual.stdout.replace('"early": false', '"early": true')
    assert expected != usual.stdout
    assert (done.stdout, done.stderr, done.returncode) == (expected, usual.stderr, 7)


def test_it_hears_signals_and_tells_what_ended_it(forks: Forks, folder: Path) -> None:
    for number, code in ((signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, -2)):
        process = started(forks.address, "sleeper", folder=folder, environment=environment())
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        os.killpg(process.pid, number)
        _, errors = process.communicate(60)
        assert process.returncode == process.poll() == code
        assert ("KeyboardInterrupt" in errors) is (number == signal.SIGINT)


def test_what_it_writes_may_go_to_a_file(forks: Forks, folder: Path) -> None:
    log = folder / "log"
    for _ in range(2):
        process = started(
            forks.address, "tell", folder=folder, environment=environment(), log=log
        )  # fmt: skip
        assert process.communicate(60) == ("", "")
        assert process.returncode == 7
    assert [line for line in log.read_text().splitlines() if line[0] != "{"] == ["said"] * 2


def test_several_run_at_a_time(forks: Forks, folder: Path) -> None:
    sleeping = [
        started(forks.address, "sleeper", folder=folder, environment=environment())
        for _ in range(3)
    ]
    assert run(forks.address, "tell", folder=folder, environment=environment()).returncode == 7
    assert [process.poll() for process in sleeping] == [None] * 3
    for process in sleeping:
        process.end()
    assert [process.returncode for process in sleeping] == [-9] * 3


def test_what_takes_too_long_is_killed(forks: Forks, folder: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(forks.address, "sleeper", folder=folder, environment=environment(), timeout=0.3)


def test_all_end_with_the_process_that_asked(folder: Path) -> None:
    """Also the children of what was forked, and also when that process was killed."""
    asking = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.forks import Forks, started\n"
        "forks = Forks([], {})\n"
        "found = started(forks.address, 'deep', folder=Path.cwd(), environment={})\n"
        "print(found.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with (
        tempfile.TemporaryDirectory() as left_behind,  # a path that a socket may have is short
        subprocess.Popen(
            [sys.executable, "-c", asking], cwd=folder, env=environment(TMPDIR=left_behind),
            stdout=subprocess.PIPE,
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        deep = psutil.Process(int(process.stdout.readline()))
        end = time.monotonic() + 60
        while not deep.children() and time.monotonic() < end:
            time.sleep(0.01)
        left = [deep, *deep.parents()[:1], *deep.children()]
        assert len(left) == 3
        process.kill()
    gone, alive = psutil.wait_procs(left, timeout=60)
    assert (len(gone), alive) == (3, [])

"""Start commands from a process that has imported everything already.

Such a command is a process like any other, with an id, a session, signals, an environment, a
folder and outputs of its own, and it ends when the tests end; but Python's start and the imports,
half of a second or more, are paid once. Tests about starting itself start Python as usual.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).parent / "server.py"
_STEP = 1 << 16


class Forks:
    """A process that has imported some modules, and forks others from itself."""

    def __init__(
        self, modules: Sequence[str], environment: Mapping[str, str], *options: str
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forks-")
        self.address = str(Path(self._folder.name) / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.address)
            listening.listen(64)
            number = listening.fileno()
            self._process = subprocess.Popen(
                [sys.executable, *options, str(SERVER), str(number), *modules],
                cwd=ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                pass_fds=[number], start_new_session=True,
            )  # fmt: skip
        atexit.register(self.close)

    def close(self) -> None:
        """End it, and all that it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


class Forked:
    """A process that was started; to be handled like one of `subprocess.Popen`."""

    def __init__(self, connection: socket.socket, args: Sequence[str], *outputs: IO[bytes]) -> None:
        self.args = list(args)
        self.returncode: int | None = None
        self._connection = connection
        self._outputs = outputs
        self._written = [b"" for _ in outputs]
        self.pid = int(self._line())

    def poll(self) -> int | None:
        """Return the exit code, None while it runs; minus a signal's number if that ended it."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                self._hear(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self.returncode is None:
            try:
                self._hear(timeout)
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end, of those too that write to the same outputs; return what was written.

        Raises:
            subprocess.TimeoutExpired: it, or one of them, still runs.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while open_ones := [stream for stream in self._outputs if not stream.closed]:
            ready, _, _ = select.select(open_ones, [], [], _seconds_until(end))
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            for stream in ready:
                self._read(stream)
        self.wait(_seconds_until(end))
        out, err = (text.decode() for text in self._written)
        return out, err

    def completed(self, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        """Wait for the end and return what it came to.

        Raises:
            subprocess.TimeoutExpired: it took too long and was killed.
        """
        try:
            out, err = self.communicate(timeout)
        except subprocess.TimeoutExpired:
            self.end()
            raise
        return subprocess.CompletedProcess(self.args, self.wait(), out, err)

    def end(self) -> None:
        """Kill it and all of its session, and forget what was written."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()
        for stream in self._outputs:
            stream.close()

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _read(self, stream: IO[bytes]) -> None:
        """Keep what an output holds by now; close it at its end."""
        found = os.read(stream.fileno(), _STEP)
        self._written[self._outputs.index(stream)] += found
        if not found:
            stream.close()

    def _hear(self, timeout: float | None) -> None:
        self._connection.settimeout(timeout)
        self.returncode = os.waitstatus_to_exitcode(int(self._line()))
        self._connection.close()

    def _line(self) -> str:
        """Return a line that the server told; each is sent in one piece."""
        line = b""
        while not line.endswith(b"\n"):
            letter = self._connection.recv(1)
            assert letter, "the process that forks has ended"
            line += letter
        return line.decode()


def _seconds_until(end: float | None) -> float | None:
    return None if end is None else max(0.0, end - time.monotonic())


def _output(log: Path | None) -> tuple[IO[bytes], IO[bytes]]:
    """Return what is read of an output, closed if nothing is, and what is written to."""
    if log is None:
        source, sink = os.pipe()
        return open(source, "rb"), open(sink, "wb")
    nothing = io.BytesIO()
    nothing.close()
    return nothing, log.open("ab")


def started(
    address: str, module: str, *words: str, folder: Path, environment: Mapping[str, str],
    given: str = "", log: Path | None = None,
) -> Forked:  # fmt: skip
    """Start `python -m MODULE WORDS` and return at once.

    `given` is its standard input. Where there is a `log`, what it writes is added to that file.
    """
    wanted = {
        "module": module, "words": words, "folder": str(folder), "environment": dict(environment),
    }  # fmt: skip
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    with contextlib.ExitStack() as held:
        stdin = held.enter_context(tempfile.TemporaryFile())
        stdin.write(given.encode())
        stdin.seek(0)
        (out, to_out), (err, to_err) = _output(log), _output(log)
        numbers = [stdin.fileno(), *(held.enter_context(s).fileno() for s in (to_out, to_err))]
        socket.send_fds(connection, [f"{json.dumps(wanted)}\n".encode()], numbers)
        return Forked(connection, [module, *words], out, err)


def run(
    address: str, module: str, *words: str, folder: Path, environment: Mapping[str, str],
    given: str = "", timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run `python -m MODULE WORDS` to its end.

    Raises:
        subprocess.TimeoutExpired: it took too long and was killed.
    """
    process = started(
        address, module, *words, folder=folder, environment=environment, given=given
    )  # fmt: skip
    return process.completed(timeout)

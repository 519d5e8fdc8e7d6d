"""Import what commands need once, then fork a process per command: `server.py FD MODULE ...`.

Clients connect to the listening socket FD. Each sends one line of JSON with three file descriptors,
standard input, output and error, and is told in lines the process id and, at the end, the exit
status as `os.waitpid` gives it. When standard input is closed, as by the end of the process that
started this one, everything ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

_STEP = 1 << 16


def main(words: list[str]) -> None:
    """Serve until nobody is left; in a forked process, be what was asked for."""
    listening = socket.socket(fileno=int(words[0]))
    for name in words[1:]:
        importlib.import_module(name)
    gc.freeze()
    wanted = serve(listening)
    if wanted is not None:
        become(**wanted)


def serve(listening: socket.socket) -> dict[str, Any] | None:
    """Fork for each request; return the request in the forked process, None at the end."""
    waking, awake = os.pipe()
    os.set_blocking(awake, False)
    signal.set_wakeup_fd(awake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    under_way: dict[int, socket.socket] = {}
    polled = select.poll()
    for source in (0, waking, listening.fileno()):
        polled.register(source, select.POLLIN)
    while True:
        ready = dict(polled.poll())
        if waking in ready:
            os.read(waking, _STEP)
            tell_ended(under_way)
        if listening.fileno() in ready:
            client, _ = listening.accept()
            wanted = forked(client, under_way)
            if wanted is not None:
                for number in (waking, awake):
                    os.close(number)
                for held in (client, listening, *under_way.values()):
                    held.close()
                return wanted
        if 0 in ready:
            kill_all(under_way)
            return None


def forked(client: socket.socket, under_way: dict[int, socket.socket]) -> dict[str, Any] | None:
    """Fork for a client; return its request in the forked process, None in this one."""
    message, descriptors = received(client)
    if not message:  # it has gone away
        client.close()
        return None
    assert threading.active_count() == 1, "a thread would be missing in what is forked"
    with warnings.catch_warnings():  # about the threads that NumPy's libraries see to themselves
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        client.sendall(f"{os.getpid()}\n".encode())  # from now on its group can be killed
    for descriptor in descriptors:
        os.close(descriptor)
    if pid == 0:
        wanted: dict[str, Any] = json.loads(message)
        return wanted
    under_way[pid] = client
    return None


def received(client: socket.socket) -> tuple[bytes, list[int]]:
    """Return a client's request and file descriptors."""
    message, descriptors, _, _ = socket.recv_fds(client, _STEP, 3)
    while message and not message.endswith(b"\n"):
        message += client.recv(_STEP)
    return message, descriptors


def tell_ended(under_way: dict[int, socket.socket]) -> None:
    """Tell clients that wait how their processes ended."""
    while under_way:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with under_way.pop(pid) as client, contextlib.suppress(OSError):
            client.sendall(f"{status}\n".encode())


def kill_all(pids: Iterable[int]) -> None:
    """Kill the processes and their groups."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def become(module: str, words: list[str], folder: str, environment: Mapping[str, str]) -> None:
    """Be `python -m MODULE WORDS` as if it had just been started in the folder."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    given = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[0:1] = [folder, *(path for path in given if path and path not in sys.path)]
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Keep the connection to a dask scheduler: what is asked of workers, and news of what has ended."""

from __future__ import annotations

import contextlib
import logging
import pickle
import queue
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from runner.contract import ConfigError, LostWorkersError, Problem

LOOK_S = 1.0
ADDRESS = "execution.address"
_CONNECT_S = 10
_CLOSE_S = 2


@dataclass(frozen=True, slots=True)
class Link:
    """A connection to a scheduler; futures that have ended come as news, in that order."""

    client: Any
    news: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)

    def workers(self) -> Mapping[str, Any]:
        """Return what the scheduler knows of each worker, by address.

        Raises:
            OSError: the scheduler does not answer.
        """
        found: Mapping[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        return found

    def submit(self, worker: str, function: Callable[..., Any], *words: Any) -> Any:
        """Have one worker call a function; return the future, which will be news when it ends.

        What is sent names nothing but the standard library until the worker unpacks it, so that one
        without our packages says so; it would end at a message that it cannot read.
        """
        packed = pickle.dumps(_Call(function, words))
        key = f"{function.__name__}-{uuid4().hex}"
        future = self.client.submit(pickle.loads, packed, workers=[worker], key=key, pure=False)
        self.tell_when_done(future)
        return future

    def tell_when_done(self, future: Any) -> None:
        """Let a future be news when it ends, or at once if it has."""
        future.add_done_callback(self.news.put)

    def next_ended(self, patience_s: float = LOOK_S) -> Any | None:
        """Return the next future that has ended; None when there is none for a while."""
        try:
            return self.news.get(timeout=patience_s)
        except queue.Empty:
            return None


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that is made by unpickling; what is unpickled is the result."""

    function: Callable[..., Any]
    words: tuple[Any, ...]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.function, self.words


@contextlib.contextmanager
def linked(address: str, patience_s: float) -> Iterator[Link]:
    """Keep a client of the scheduler open, without its own talk of lost connections.

    The scheduler has `patience_s` to answer, at most ten seconds.

    Raises:
        ConfigError: dask is not installed, or no scheduler answers at the address.
        LostWorkersError: the scheduler was there and is gone.
    """
    try:
        from distributed import Client
    except ImportError as error:
        allowed = f"needs the extra `dask` ({error}): pip install 'cohortsweep[dask]'"
        raise ConfigError([Problem("execution.backend", "dask", allowed)]) from error
    with _silenced("distributed", "distributed.client", "tornado.application", "asyncio"):
        try:
            client: Any = Client(  # type: ignore[no-untyped-call]
                address, timeout=min(patience_s, _CONNECT_S), set_as_default=False
            )
        except (OSError, ValueError, RuntimeError, ImportError, TypeError) as error:
            raise ConfigError([_unanswered(address, error)]) from error
        try:
            with _telling_of_loss(address):
                yield Link(client)
        finally:
            with contextlib.suppress(Exception):  # what is lost cannot be closed
                client.close(timeout=_CLOSE_S)


def _unanswered(address: str, error: Exception) -> Problem:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    allowed = (
        f"no dask scheduler answers there ({reason}); start one with `dask scheduler`, give the "
        "address that it shows, or run here with execution=local"
    )
    return Problem(ADDRESS, address, allowed)


@contextlib.contextmanager
def _telling_of_loss(address: str) -> Iterator[None]:
    """Turn what the client raises when its scheduler is gone into an error of ours."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, OSError) and not is_of_dask(error):
            raise
        raise LostWorkersError(f"the dask scheduler at {address} is gone ({error})") from error


def is_of_dask(error: BaseException) -> bool:
    """Tell an error of dask's own, such as a worker that died, from one of the work."""
    return type(error).__module__.partition(".")[0] in ("distributed", "dask")


@contextlib.contextmanager
def _silenced(*names: str) -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)

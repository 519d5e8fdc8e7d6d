"""Open MLflow: create the database once, hold it alone, and say plainly why it cannot be had."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock
from mlflow import MlflowClient, set_tracking_uri

from runner.track.address import database_file
from runner.track.writer import Writer

ARTIFACTS = "mlartifacts"
_LONGEST_REASON = 300
_SERVER_THREADS = 4


@contextmanager
def opened(uri: str) -> Iterator[Writer]:
    """Yield a writer to an MLflow address.

    A database is held by a lock file beside it, so that two studies write one after the other; it
    is created before the first write, by one process. A server is written to by a few requests at
    a time, since it spends most of a request on the database.
    """
    file = database_file(uri)
    set_tracking_uri(uri)  # older versions look for proxied artifacts there
    if file is None:
        yield Writer(MlflowClient(uri), threads=_SERVER_THREADS, artifacts=None)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(f"{file.name}.lock")):
        client = MlflowClient(uri)
        client.get_experiment_by_name("Default")  # creates the tables
        _write_ahead(file)
        _follow_move(file)
        yield Writer(client, threads=1, artifacts=file.parent / ARTIFACTS)


def _write_ahead(file: Path) -> None:
    """Let readers, such as an open `mlflow ui`, read while we write; the file remembers it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _follow_move(file: Path) -> None:
    """Point our experiments to the artifacts beside the database, where both have been moved.

    MLflow writes down absolute addresses and offers no other way to change them.
    """
    now = (file.parent / ARTIFACTS).as_uri()
    with closing(sqlite3.connect(file)) as connection, connection:
        rows = connection.execute("SELECT name, artifact_location FROM experiments").fetchall()
        for name, location in rows:
            ours = f"/{ARTIFACTS}/{quote(name)}"
            new = f"{now}/{quote(name)}"
            if location.endswith(ours) and location != new:
                connection.execute(
                    "UPDATE experiments SET artifact_location = ? WHERE artifact_location = ?",
                    [new, location],
                )
                connection.execute(
                    "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, ?) "
                    "WHERE substr(artifact_uri, 1, ?) = ?",
                    [new, len(location) + 1, len(location) + 1, f"{location}/"],
                )


def reason(uri: str, error: Exception) -> str:
    """Return in a line why MLflow could not be used: the address and the innermost cause."""
    innermost: BaseException = error
    while innermost.__cause__ or innermost.__context__:
        innermost = innermost.__cause__ or innermost.__context__ or innermost
    told = str(error) if type(error).__name__ == "RestException" else str(innermost)
    text = " ".join((told or type(innermost).__name__).split())
    return f"{uri}: {text[:_LONGEST_REASON]}"

"""Say in the study folder who is at work there: a token per command, a mark per part under way.

Workers on other machines share nothing with the command but the file system. The token shows them
that they see the same folder, and that somebody still waits for their work. The mark tells which
run a worker was at when it died.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from runner.contract import UnstoredError
from runner.store import StudyFolder

_MARK_BYTES = 8


class NobodyWaitsError(UnstoredError):
    """The command that asked for this part has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's time with a study folder: the folder and the name of its token."""

    folder: StudyFolder
    name: str

    @property
    def token(self) -> Path:
        """The file that is there, holding the session's name, while the command waits."""
        return self.folder.root / "runs" / f".session-{self.name}.tmp"

    def mark(self, attempt: str) -> Path:
        """The file that tells how far one attempt at a part is."""
        return self.folder.root / "runs" / f".at-{self.name}-{attempt}.tmp"


@contextlib.contextmanager
def session_in(folder: StudyFolder) -> Iterator[Session]:
    """Keep a token in the study folder for the length of the block.

    Raises:
        UnstoredError: the folder cannot be written.
    """
    session = Session(folder=folder, name=uuid4().hex[:16])
    try:
        session.token.write_text(session.name, encoding="utf-8")
    except OSError as error:
        raise UnstoredError(f"cannot write {session.token} ({error.strerror})") from error
    try:
        yield session
    finally:
        with contextlib.suppress(OSError):
            session.token.unlink(missing_ok=True)
            for mark in session.token.parent.glob(f".at-{session.name}-*.tmp"):
                mark.unlink(missing_ok=True)


def unseen(session: Session, files: tuple[str, ...]) -> str:
    """Return why this process cannot work in the session's folder; empty when it can."""
    root = session.folder.root
    try:
        found = session.token.read_text(encoding="utf-8")
    except OSError as error:
        return f"does not see the study folder {root} ({error.strerror})"
    if found != session.name:
        return f"sees another study folder at {root}"
    try:
        with tempfile.TemporaryFile(dir=session.folder.parts):
            pass
    except OSError as error:
        return f"cannot write to the study folder {root} ({error.strerror})"
    missing = [file for file in files if not os.access(file, os.R_OK)]
    return f"cannot read the input file {missing[0]}" if missing else ""


class Mark:
    """Counts the runs of a part that have begun, in a file; the file goes when all went well."""

    def __init__(self, session: Session, attempt: str) -> None:
        self._session = session
        self._file = session.mark(attempt)
        self._begun = 0

    def __enter__(self) -> Mark:
        try:
            self._stream = open(self._file, "wb", buffering=0)
        except OSError as error:
            raise UnstoredError(f"cannot write {self._file} ({error.strerror})") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def advance(self) -> None:
        """Note that the next run begins.

        Raises:
            NobodyWaitsError: the session has ended.
            UnstoredError: the disk is full.
        """
        if not self._session.token.exists():
            raise NobodyWaitsError(f"{self._session.token} is gone: nobody waits for this part")
        try:
            os.pwrite(self._stream.fileno(), self._begun.to_bytes(_MARK_BYTES, "big"), 0)
        except OSError as error:
            raise UnstoredError(f"cannot write {self._file} ({error.strerror})") from error
        self._begun += 1


def run_under_way(session: Session, attempt: str) -> int | None:
    """Return the place in its part of the run an attempt was at, -1 before the first.

    None when the attempt has not begun, or its mark was lost with the machine. The number of runs
    in the part stands for the writing of its files.
    """
    try:
        content = session.mark(attempt).read_bytes()
    except OSError:
        return None
    return int.from_bytes(content, "big") if len(content) == _MARK_BYTES else -1

"""Lay out a study folder, lock it, and write files so that they are whole or absent."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from runner.contract import StoreError, UnstoredError

RUN_ID = "run_id"
MC_INDEX = "mc_index"
METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFolder:
    """Paths inside `outputs/<study>/`."""

    root: Path

    @property
    def ledger_file(self) -> Path:
        """The append-only record of runs."""
        return self.root / "runs" / "ledger.jsonl"

    @property
    def parts(self) -> Path:
        """Folder of part files, one folder per table below it."""
        return self.root / "runs" / "parts"

    def part_file(self, table: str, part: str) -> Path:
        """The file of one table in one part."""
        return self.parts / table / f"{part}.parquet"

    def plan(self, plan_id: str) -> Path:
        """Folder of one plan."""
        return self.root / "plans" / plan_id[:12]

    @property
    def latest(self) -> Path:
        """Link to the newest plan's folder."""
        return self.root / "latest"

    def point_latest(self, plan_id: str) -> None:
        """Make `latest` name this plan.

        Raises:
            StoreError: the folder cannot be written.
        """
        temporary = self.root / f".latest-{os.getpid()}"
        try:
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(Path("plans") / plan_id[:12], target_is_directory=True)
            temporary.replace(self.latest)
        except OSError as error:
            raise StoreError(f"cannot write {self.latest}: {error.strerror}") from error

    @property
    def called(self) -> str:
        """What commands take for this study here: its name, or its path if it lies elsewhere."""
        here = Path.cwd()
        if self.root.parent == here / "outputs":
            return self.root.name
        is_below = self.root.is_relative_to(here)
        return shlex.quote(str(self.root.relative_to(here) if is_below else self.root))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the study for this process.

        Raises:
            StoreError: another process holds it, or parts of it are links.
        """
        refuse_links(self.root)
        lock = FileLock(self.root / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(
                f"another process is running this study in {self.root}; wait for it, or give this "
                "one another name with study.name=..."
            ) from None
        except OSError as error:
            raise StoreError(f"cannot write to {self.root} ({error.strerror})") from error
        try:
            yield
        finally:
            lock.release()


def open_study(outputs: Path, name: str) -> StudyFolder:
    """Return the folder of a study, created if it is new.

    Raises:
        StoreError: the folder cannot be created or written.
    """
    folder = StudyFolder(root=outputs.absolute() / name)
    refuse_links(folder.root)
    try:
        folder.parts.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.root):
            pass
    except OSError as error:
        raise StoreError(
            f"cannot write to {folder.root} ({error.strerror}); choose another place with "
            "paths.outputs=..."
        ) from error
    return folder


_WRITTEN_THROUGH = (
    ".lock", "runs", "runs/ledger.jsonl", "runs/parts", "runs/parts/*", "plans", "plans/*",
    "calibrations", "calibrations/*", "conf", "conf/*", "conf/*/*",
)  # fmt: skip


def refuse_links(root: Path) -> None:
    """Make sure that what is written or deleted in a study folder lies in it.

    A study folder may come from somebody else. The folder itself may be a link, and `latest` is.

    Raises:
        StoreError: a folder or file inside is a link.
    """
    for pattern in _WRITTEN_THROUGH:
        for found in root.glob(pattern):
            if found.is_symlink():
                raise StoreError(
                    f"{found} is a link, and results are written into the study folder alone; "
                    "put the files in its place, or keep all results elsewhere with "
                    "paths.outputs=..."
                )


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a temporary name to write to; on success it is synced and takes the file's place.

    Raises:
        UnstoredError: the disk is full, or the folder cannot be written.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # it may be a link that somebody left there
        yield temporary
        with open(temporary, "rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError as error:
        raise UnstoredError(f"cannot write {file} ({error.strerror or error})") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replacing(file) as temporary:
        temporary.write_text(text, encoding="utf-8")

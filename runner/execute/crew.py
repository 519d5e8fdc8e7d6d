"""Know a cluster's workers: ask each what it is, take those that are alike, tell why not others."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

from runner.execute.alike import differences, facts_of_this_process
from runner.execute.link import Link
from runner.execute.remote import Introduction, introduce
from runner.execute.session import Session

_NO_PACKAGE = "it cannot import cohortsweep's package `{}`: install the same versions there"


@dataclass(slots=True, kw_only=True)
class Member:
    """A worker that has been asked and found alike.

    `process` is its own name for itself; `threads` parts run there at a time, of which the study
    uses `quota`; `is_open` when it takes new work; `sent` are keys of attempts, oldest first.
    """

    address: str
    process: str
    threads: int
    quota: int = 0
    is_open: bool = True
    sent: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a worker is asked: does it see the session and the input files, what is its engine?"""

    session: Session
    engine: str
    files: tuple[str, ...]


class Crew:
    """The workers of a cluster, as far as they are known.

    `members` are those that may work, by address; `refused` has the reason for each that may not.
    """

    def __init__(self, link: Link, question: Question, n_jobs: int) -> None:
        self.link = link
        self._question = question
        self._here = facts_of_this_process(question.engine)
        self._n_jobs = n_jobs
        self._asked: dict[str, Any] = {}
        self._threads: dict[str, int] = {}
        self.members: dict[str, Member] = {}
        self.refused: dict[str, str] = {}

    @property
    def is_asking(self) -> bool:
        """Whether some worker has not answered yet."""
        return bool(self._asked)

    def look(self) -> list[Member]:
        """Ask workers that are new; return members that are gone.

        Raises:
            OSError: the scheduler does not answer.
        """
        found = self.link.workers()
        self._threads = {address: info["nthreads"] for address, info in found.items()}
        gone = [self._forget(address) for address in list(self.members) if address not in found]
        for known in (self._asked, self.refused):
            for address in [address for address in known if address not in found]:
                del known[address]
        for address, info in found.items():
            if address in self.members:
                self.members[address].is_open = info["status"] == "running"
            elif address not in self._asked and address not in self.refused:
                self._ask(address)
        self._share_out()
        return gone

    def replaced(self, address: str) -> Member | None:
        """Forget a member whose address another process has now; return it if it was there."""
        return self._forget(address) if address in self.members else None

    def _forget(self, address: str) -> Member:
        gone = self.members.pop(address)
        self._share_out()
        return gone

    def _ask(self, address: str) -> None:
        question = self._question
        self._asked[address] = self.link.submit(
            address, introduce, question.session, question.engine, question.files
        )

    def answered(self, future: Any) -> bool:
        """Take a worker's answer; False when the future is no answer of this crew's."""
        address = next((a for a, asked in self._asked.items() if asked.key == future.key), None)
        if address is None:
            return False
        del self._asked[address]
        reason = self._reason(address, future)
        if reason:
            self.refused[address] = reason
            print(f"worker {address} is refused: {reason}", file=sys.stderr, flush=True)
        return True

    def _reason(self, address: str, future: Any) -> str:
        if future.status != "finished":
            error = future.exception() if future.status == "error" else None
            if isinstance(error, ModuleNotFoundError):
                return _NO_PACKAGE.format(error.name)
            return f"it gives no answer ({future.status}{f': {error}' if error else ''})"
        told: Introduction = future.result()
        if not told.facts:
            return told.trouble
        unlike = differences(self._here, told.facts)
        if unlike:
            return f"its numbers may differ: {'; '.join(unlike)}"
        if told.trouble:
            return f"it {told.trouble}"
        self.members[address] = Member(
            address=address, process=told.process, threads=self._threads.get(address, 1)
        )
        self._share_out()
        return ""

    def _share_out(self) -> None:
        """Give each member its share of `execution.n_jobs`, those first that came first."""
        left = sum(m.threads for m in self.members.values()) if self._n_jobs < 0 else self._n_jobs
        for member in self.members.values():
            member.quota = min(member.threads, left)
            left -= member.quota

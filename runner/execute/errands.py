"""Give the parts of a plan to the workers of a cluster, and take care of those that are lost."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.contract import LostWorkersError, RunnerError
from runner.execute.crew import Crew, Member
from runner.execute.cut import Part, halves, without_run
from runner.execute.link import is_of_dask
from runner.execute.part import Limits, PartResult
from runner.execute.recovery import given_up
from runner.execute.remote import Task, execute_remotely
from runner.execute.session import Session, run_under_way

_DEPTH = 2
_ANSWER_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """One attempt at a part under way: where, and the future of its result."""

    part: Part
    attempt: str
    address: str
    future: Any


class Errands:
    """The parts that wait, and those that are with a worker.

    Each is sent to one worker by name. While many wait, a worker has a second part at hand, so
    that it need not ask; the scheduler never holds more than that.
    """

    def __init__(self, crew: Crew, session: Session, limits: Limits, retries: int) -> None:
        self._crew, self._session = crew, session
        self._limits, self._retries = limits, retries
        self._waiting: deque[Part] = deque()
        self._sent: dict[str, _Sent] = {}
        self._losses: Counter[str] = Counter()
        self._numbers = itertools.count()

    @property
    def are_left(self) -> bool:
        """Whether parts have not ended."""
        return bool(self._waiting or self._sent)

    @property
    def are_under_way(self) -> bool:
        """Whether some part is with a worker."""
        return bool(self._sent)

    def take(self, parts: list[Part]) -> None:
        """Accept parts, and send as many as there is room for."""
        self._waiting.extend(parts)
        self.send()

    def send(self) -> None:
        """Send waiting parts wherever there is room, one each before anybody gets a second."""
        members = self._crew.members.values()
        for member in members:
            if not member.is_open:
                self._withdraw(member)
        for depth in range(1, _DEPTH + 1):
            if depth > 1 and len(self._waiting) <= sum(m.quota for m in members):
                return
            for member in members:
                while self._waiting and member.is_open and len(member.sent) < depth * member.quota:
                    self._send(member, self._waiting.popleft())

    def _send(self, member: Member, part: Part) -> None:
        attempt = f"{next(self._numbers)}"
        task = Task(
            session=self._session, process=member.process, attempt=attempt,
            limits=self._limits, part=part,
        )  # fmt: skip
        future = self._crew.link.submit(member.address, execute_remotely, task)
        self._sent[future.key] = _Sent(
            part=part, attempt=attempt, address=member.address, future=future
        )
        member.sent.append(future.key)

    def _withdraw(self, member: Member) -> None:
        """Take back from a worker that has paused what it has not begun."""
        for key in list(member.sent):
            sent = self._sent[key]
            if sent.future.done() or run_under_way(self._session, sent.attempt) is not None:
                continue
            self._drop(sent)
            self._waiting.appendleft(sent.part)

    def ended(self, future: Any) -> Iterator[PartResult]:
        """Yield what came of one future.

        Raises:
            LostWorkersError: the scheduler is gone and has taken the future along.
            StoreError: the worker could not write to the study folder.
        """
        sent = self._sent.get(future.key)
        if sent is None or sent.future is not future:
            return  # taken back, or given up with its worker
        if future.status == "finished":
            yield from self._finished(sent)
        elif future.status == "error":
            error = future.exception(timeout=_ANSWER_S)
            if not is_of_dask(error):
                raise _told(error, sent.address)
            self._drop(sent)
            yield from self._again(sent, may_have_begun=True)
        else:
            raise LostWorkersError(
                "the dask scheduler has forgotten its work: it has ended or was started anew"
            )

    def _finished(self, sent: _Sent) -> Iterator[PartResult]:
        try:
            result = sent.future.result(timeout=_ANSWER_S)
        except TimeoutError:  # its worker was lost right after; the next look will tell
            self._crew.link.tell_when_done(sent.future)
            return
        if result is None:
            member = self._crew.replaced(sent.address)
            if member is not None:
                yield from self.lost(member)
            return
        self._drop(sent)
        yield result

    def lost(self, member: Member) -> Iterator[PartResult]:
        """Send what a lost worker had elsewhere; yield the failure of a run that is to blame."""
        for place, key in enumerate(list(member.sent)):
            sent = self._sent[key]
            self._drop(sent, member)
            yield from self._again(sent, may_have_begun=place < member.threads)

    def _drop(self, sent: _Sent, member: Member | None = None) -> None:
        del self._sent[sent.future.key]
        member = member or self._crew.members.get(sent.address)
        if member is not None and sent.future.key in member.sent:
            member.sent.remove(sent.future.key)
        with contextlib.suppress(Exception):  # a courtesy to the scheduler
            sent.future.release()

    def _again(self, sent: _Sent, *, may_have_begun: bool) -> Iterator[PartResult]:
        """Put a lost part back, without the run that was under way once too often."""
        part, place = sent.part, run_under_way(self._session, sent.attempt)
        with contextlib.suppress(OSError):
            self._session.mark(sent.attempt).unlink(missing_ok=True)
        if place is not None and 0 <= place < len(part.runs):
            yield from self._blamed(part, place)
        elif place is not None or may_have_begun:
            yield from self._doubted(part)
        else:
            self._waiting.appendleft(part)

    def _blamed(self, part: Part, place: int) -> Iterator[PartResult]:
        run_id = part.runs[place].run_id
        self._losses[run_id] += 1
        if self._losses[run_id] <= self._retries:
            self._waiting.appendleft(part)
            return
        rest, guilty = without_run(part, place)
        yield given_up(guilty, self._losses[run_id])
        if rest is not None:
            self._waiting.appendleft(rest)

    def _doubted(self, part: Part) -> Iterator[PartResult]:
        """Halve a part that was lost too often with nobody knowing at which run."""
        self._losses[part.part_id] += 1
        losses = self._losses[part.part_id]
        if losses <= self._retries:
            self._waiting.appendleft(part)
        elif len(part.runs) == 1:
            yield given_up(part, losses)
        else:
            for half in halves(part):
                self._losses[half.part_id] = self._retries
                self._waiting.appendleft(half)


def _told(error: BaseException, address: str) -> BaseException:
    if isinstance(error, RunnerError):
        return error
    return RunnerError(f"worker {address} cannot execute parts: {type(error).__name__}: {error}")

"""Bring MLflow in line with a study folder: write what is new, replace what has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlparse
from urllib.request import url2pathname

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

from runner.track.batches import batches
from runner.track.parent import JUDGED
from runner.track.projection import projection
from runner.track.record import GRID_INDEX, KIND, PLAN_ID, SYNCED_HASH, Record
from runner.track.reply import Recorded

T = TypeVar("T")

_PARENT = "mlflow.parentRunId"
_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where runs go: the experiment, and when its newest run is said to have started."""

    experiment_id: str
    start_ms: int
    parent_id: str = ""


class Writer:
    """The only writer to an MLflow address.

    `artifacts` is the folder for artifacts of new experiments, None to leave that to the server;
    `threads` is how many cells are written at a time.
    """

    def __init__(self, client: MlflowClient, *, threads: int, artifacts: Path | None) -> None:
        self._client = client
        self._threads = threads
        self._artifacts = artifacts

    def record(self, place: Path) -> Recorded:
        """Record what a folder holds; what already stands there and is right is left alone."""
        wished = projection(place)
        wanted = wished.parent
        experiment_id = self._experiment(wished.study, wished.question)
        parent, removed = self._parent(experiment_id, wanted, place)
        target = _Place(
            experiment_id=experiment_id,
            start_ms=parent.info.start_time,
            parent_id=parent.info.run_id,
        )
        present, outdated = self._present(target, wanted.tags[PLAN_ID], wished.child_kind)
        written, kept = self._write_cells(wished.children(), target, present)
        outdated += [run for index, run in present.items() if index not in kept]
        for run in outdated:
            self._client.delete_run(run.info.run_id)
        self._fill_parent(parent, wanted)
        return Recorded(
            plan_id=wanted.tags[PLAN_ID], folder=str(place), experiment=wished.study,
            experiment_id=experiment_id, run_id=parent.info.run_id, written=written,
            unchanged=len(kept), removed=removed + len(outdated),
        )  # fmt: skip

    def _experiment(self, name: str, question: str) -> str:
        """Return the id of the study's experiment, created or brought back where necessary."""
        found = self._client.get_experiment_by_name(name)
        if found is None:
            return self._new_experiment(name, question)
        if found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _new_experiment(self, name: str, question: str) -> str:
        location = None if self._artifacts is None else (self._artifacts / name).as_uri()
        tags = {"mlflow.note.content": question} if question else {}
        try:
            return str(self._client.create_experiment(name, location, tags))
        except MlflowException:
            found = self._client.get_experiment_by_name(name)  # another process was faster
            if found is None:
                raise
            return str(found.experiment_id)

    def _parent(self, experiment_id: str, wanted: Record, place: Path) -> tuple[Run, int]:
        """Return the plan's run, created if need be, and how many others of it were deleted."""
        found = self._search(experiment_id, wanted.tags[PLAN_ID], wanted.tags[KIND])
        outdated = [run for run in found if _clashes(run, wanted)]
        found = [run for run in found if run not in outdated]
        if not found:
            written_ms = int((place / "run_summary.json").stat().st_mtime * 1000)
            at = _Place(experiment_id=experiment_id, start_ms=written_ms)
            found = [self._create(at, wanted, start_ms=written_ms)]
        first, *doubles = sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))
        outdated += doubles
        for run in outdated:
            self._client.delete_run(run.info.run_id)
        return first, len(outdated)

    def _fill_parent(self, parent: Run, wanted: Record) -> None:
        """Bring the plan's run up to date in place; its hash is written last."""
        content = wanted.content_hash
        run_id = parent.info.run_id
        if parent.data.tags.get(SYNCED_HASH) == content and self._has_artifacts(parent):
            return
        for name, file in wanted.files.items():
            folder = str(Path(name).parent)
            self._client.log_artifact(run_id, str(file), None if folder == "." else folder)
        for name, text in wanted.texts.items():
            self._client.log_text(run_id, text, name)
        for key in set(parent.data.tags) - set(wanted.tags):
            if key.startswith(JUDGED):
                self._client.delete_tag(run_id, key)
        self._end(parent, wanted)
        self._log(run_id, wanted, 0, content)

    def _has_artifacts(self, run: Run) -> bool:
        """Tell whether a run's artifacts are where they should be; servers keep their own."""
        return self._artifacts is None or artifact_folder(run.info.artifact_uri).is_dir()

    def _present(self, target: _Place, plan_id: str, kind: str) -> tuple[dict[str, Run], list[Run]]:
        """Return the plan's cells in MLflow by grid index, and those that are doubles or lost."""
        present: dict[str, Run] = {}
        outdated = []
        for run in self._search(target.experiment_id, plan_id, kind):
            index = run.data.tags.get(GRID_INDEX, "")
            is_ours = run.data.tags.get(_PARENT) == target.parent_id
            if is_ours and SYNCED_HASH in run.data.tags and index not in present:
                present[index] = run
            else:
                outdated.append(run)
        return present, outdated

    def _search(self, experiment_id: str, plan_id: str, kind: str) -> list[Run]:
        wanted = f"tags.{PLAN_ID} = '{plan_id}' and tags.{KIND} = '{kind}'"
        found: list[Run] = []
        token = None
        while True:
            page = self._client.search_runs(
                [experiment_id], wanted, max_results=_PAGE, page_token=token
            )
            found += page
            token = page.token
            if not token:
                return found

    def _write_cells(
        self, cells: Iterable[Record], target: _Place, present: dict[str, Run]
    ) -> tuple[int, set[str]]:
        """Write the cells that are missing or other; return how many, and those left alone."""
        kept: set[str] = set()

        def missing() -> Iterator[tuple[int, Record, str]]:
            for index, record in enumerate(cells):
                content, key = record.content_hash, record.tags[GRID_INDEX]
                known = present.get(key)
                if known is not None and known.data.tags[SYNCED_HASH] == content:
                    kept.add(key)
                else:
                    yield index, record, content

        def write(item: tuple[int, Record, str]) -> None:
            index, record, content = item
            start_ms = target.start_ms - 1 - index  # newest first is then plan order
            run = self._create(target, record, start_ms=start_ms)
            self._log(run.info.run_id, record, start_ms, content)

        return _for_each(write, missing(), self._threads), kept

    def _create(self, target: _Place, record: Record, *, start_ms: int) -> Run:
        """Return a new run that says what it is, without a hash: it is not complete."""
        own = {key: record.tags[key] for key in (KIND, PLAN_ID, GRID_INDEX) if key in record.tags}
        if target.parent_id:
            own[_PARENT] = target.parent_id
        run = self._client.create_run(
            target.experiment_id, start_time=start_ms, tags=own, run_name=record.name
        )
        self._end(run, record)
        return run

    def _end(self, run: Run, record: Record) -> None:
        """Say how the run ended, and make its duration what it took to compute."""
        ended_ms = run.info.start_time + int(record.seconds * 1000)
        self._client.set_terminated(run.info.run_id, record.status, ended_ms)

    def _log(self, run_id: str, record: Record, time_ms: int, content: str) -> None:
        """Write all of a record; its hash comes with the last call and makes it complete."""
        tags = [RunTag(key, text) for key, text in record.tags.items()]
        tags.append(RunTag(SYNCED_HASH, content))
        params = [Param(key, text) for key, text in record.params.items()]
        for call in batches(list(_metrics(record, time_ms)), params, tags):
            self._client.log_batch(run_id, *call)


def artifact_folder(uri: str) -> Path:
    """Return the folder of a local artifact address."""
    return Path(url2pathname(urlparse(uri).path))


def _clashes(run: Run, wanted: Record) -> bool:
    """Tell whether a run has a parameter with another value; MLflow lets none be changed."""
    known = run.data.params
    return any(known.get(key, value) != value for key, value in wanted.params.items())


def _metrics(record: Record, time_ms: int) -> Iterator[Metric]:
    for key, value in record.values.items():
        yield Metric(key, value, time_ms, 0)
    for key, series in record.series.items():
        points = zip(series.steps.tolist(), series.values.tolist(), strict=True)
        yield from (Metric(key, value, time_ms, step) for step, value in points)


def _for_each(work: Callable[[T], None], items: Iterable[T], threads: int) -> int:
    """Do the work for each item, a few at a time; return how many; stop at the first error."""
    count = 0
    with ThreadPoolExecutor(threads) as pool:
        under_way: set[Future[None]] = set()
        for item in items:
            under_way.add(pool.submit(work, item))
            count += 1
            if len(under_way) > threads:
                ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
        for future in under_way:
            future.result()
    return count

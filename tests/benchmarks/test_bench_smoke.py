"""The benchmark runs, at a size where its figures mean nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.benchmarks.figures import Figure, Section, as_page, as_text
from tests.benchmarks.process import ROOT, Bench, prepared
from tests.benchmarks.sections import SECTIONS, Size
from tests.forks import run, servers

TINY = Size(
    cells=2,
    replicates=2,
    hydra_jobs=(1, 2),
    launchers=("basic",),
    workers=1,
    repeats=1,
    busy_runs=4,
    busy_loops=10,
    memory_runs=(10, 20),
    engine_runs=(1, 10),
    engine_seconds=0.001,
    commands=1,
    recorded=(2, 2),
)


class ForkedBench(Bench):
    """A bench whose jobs are forked with what they import."""

    def completed(
        self, module: str, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return run(servers.commands(), module, *words, folder=ROOT, environment=environment)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    ready = prepared(tmp_path_factory.mktemp("bench"))
    return ForkedBench(ready.folder, ready.environment)


@pytest.mark.parametrize("measure", SECTIONS, ids=lambda measure: measure.__name__)
def test_every_section_measures_something(
    measure: Callable[[Bench, Size], Section], bench: Bench
) -> None:
    section = measure(bench, TINY)
    page, text = as_page([section]), as_text(section)
    assert section.figures
    for figure in section.figures:
        assert figure.value == figure.value  # no NaN
        assert figure.what in page
        assert figure.what in text


def test_a_target_is_met_or_missed_in_its_own_direction() -> None:
    assert Figure(what="time", value=2.0, unit="s", target=2.0).verdict == "met"
    assert Figure(what="time", value=2.1, unit="s", target=2.0).verdict == "missed"
    assert Figure(what="rate", value=2.1, unit="/s", target=2.0, most=False).verdict == "met"
    assert Figure(what="rate", value=1.9, unit="/s", target=2.0, most=False).verdict == "missed"
    assert Figure(what="neither", value=1.0, unit="").verdict == ""


def test_the_page_names_machine_target_and_remark(tmp_path: Path) -> None:
    figure = Figure(what="per run", value=0.29, unit="ms", target=2.0, note="small")
    page = as_page([Section(title="Overhead", how="How.", figures=[figure])])
    assert "| per run | 0.29 ms | at most 2 | met | small |" in page
    assert "numpy" in page

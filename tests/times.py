"""Tell which tests cost most: `make test-times`, or `python -m pytest -p tests.times PATH`.

A test costs the CPU seconds of its process and of all processes below it, not wall seconds, which
say more about what else the machine does. A fixture of a module or more is charged to the set-up
of the test that came first.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest

MARKS = ("<!-- times: begin -->", "<!-- times: end -->")
PROPERTY = "cpu_seconds"
N_TESTS = 30
N_FILES = 20

Seconds: TypeAlias = Mapping[str, Mapping[str, float]]
"""CPU seconds by test and phase: setup, call, teardown."""


class Clock:
    """Tells the CPU seconds since it was last read, those that reading takes left out."""

    def __init__(self) -> None:
        self._since = 0.0

    def read(self) -> float:
        """Return the seconds since the last reading."""
        own = _own_seconds()
        now = own + _living_seconds()
        spent, self._since = max(0.0, now - self._since), now + _own_seconds() - own
        return spent


def _own_seconds() -> float:
    """Return the CPU seconds of this process and of the processes below it that have ended."""
    return sum(os.times()[:4])


def _living_seconds() -> float:
    found = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            found += sum(child.cpu_times()[:4])
        except psutil.Error:  # it has just ended
            continue
    return found


CLOCK = Clock()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--times-page", type=Path, help="page whose tables of times are replaced")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Iterator[None]:
    CLOCK.read()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    report.user_properties.append((PROPERTY, CLOCK.read()))
    return report


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # with several processes, the one that gathers
        config.pluginmanager.register(Gathered(config.getoption("--times-page")))


class Gathered:
    """The times of all tests, told at the end."""

    def __init__(self, page: Path | None) -> None:
        self._page = page
        self._seconds: dict[str, dict[str, float]] = defaultdict(dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        spent = dict(report.user_properties)[PROPERTY]
        assert isinstance(spent, float)
        self._seconds[report.nodeid][str(report.when)] = spent

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        figures = "\n".join(tables(self._seconds))
        terminalreporter.write_line(f"\n{figures}")
        if self._page is not None:
            replace_figures(self._page, figures)


def tables(seconds: Seconds) -> list[str]:
    """Return the dearest files and the dearest tests as Markdown."""
    tests = {name: sum(phases.values()) for name, phases in seconds.items()}
    files: dict[str, list[str]] = defaultdict(list)
    for name in tests:
        files[name.partition("::")[0]].append(name)
    by_file = {file: sum(tests[name] for name in names) for file, names in files.items()}
    return [
        f"{len(tests):,} tests, {sum(tests.values()):,.0f} CPU seconds.",
        "",
        *_table(("file", "tests", "CPU seconds"), (
            (file, str(len(files[file])), f"{by_file[file]:.1f}")
            for file in _dearest(by_file, N_FILES)
        )),
        "",
        *_table(("test", "CPU seconds", "of them set-up"), (
            (name.replace("|", "\\|"), f"{tests[name]:.1f}", f"{seconds[name].get('setup', 0):.1f}")
            for name in _dearest(tests, N_TESTS)
        )),
    ]  # fmt: skip


def _dearest(seconds: Mapping[str, float], most: int) -> list[str]:
    return sorted(seconds, key=lambda name: (-seconds[name], name))[:most]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for cells in (head, ("---",) * len(head), *((f"`{name}`", *rest) for name, *rest in rows)):
        yield f"| {' | '.join(cells)} |"


def replace_figures(page: Path, figures: str) -> None:
    """Put the figures between the page's marks."""
    head, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    tail = rest.partition(MARKS[1])[2]
    page.write_text(f"{head}{MARKS[0]}\n{figures}\n{MARKS[1]}{tail}", encoding="utf-8")

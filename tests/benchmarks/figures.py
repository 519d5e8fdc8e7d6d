"""Hold measured figures beside their targets, as text and as a page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "numpy", "pandas", "pyarrow", "scipy", "joblib", "omegaconf", "hydra-core",
    "hydra-joblib-launcher",
)  # fmt: skip
ABOUT = """\
# Benchmarks

Written by `make bench`; do not edit. CPU seconds are user plus system time of a process and of \
its workers, imports included where a whole command or study is meant. Figures are medians of \
repeats. A shared machine moves them by tens of per cent: compare ratios, which come from one \
and the same run of the benchmark.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number; `target` is a bound from above (`most`), or else from below."""

    what: str
    value: float
    unit: str
    target: float | None = None
    most: bool = True
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.target is None:
            return ""
        is_met = self.value <= self.target if self.most else self.value >= self.target
        return "met" if is_met else "missed"

    @property
    def aim(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        return f"{'at most' if self.most else 'at least'} {shown(self.target)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Figures that belong together, and how they were found."""

    title: str
    how: str
    figures: Sequence[Figure]


def shown(value: float) -> str:
    """Return a number with three digits, thousands apart."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def as_text(section: Section) -> str:
    """Return a section as lines for the terminal."""
    rows = [_cells(figure) for figure in section.figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"  {row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:{widths[2]}}"
        f"  {row[3]:{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    ]
    return "\n".join([section.title, *lines, ""])


def as_page(sections: Iterable[Section]) -> str:
    """Return all sections as a Markdown page."""
    lines = [ABOUT, "| machine | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in machine().items()]
    for section in sections:
        lines += section_lines(section)
    return "\n".join(lines) + "\n"


def section_lines(section: Section, level: int = 2) -> list[str]:
    """Return the lines of a section of a Markdown page."""
    lines = ["", f"{'#' * level} {section.title}", "", section.how, ""]
    lines += ["| what | measured | target | | remark |", "|---|---:|---|---|---|"]
    return lines + [f"| {' | '.join(_cells(figure))} |" for figure in section.figures]


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    value = f"{shown(figure.value)} {figure.unit}".strip()
    return figure.what, value, figure.aim, figure.verdict, figure.note


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": platform.system(),
        "load at the end (1, 5, 15 min)": load,
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

"""Measure how fast the runner is and write docs/benchmarks.md: `make bench`.

`python -m tests.benchmarks.bench planning commands` prints those sections and writes nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.figures import as_page, as_text
from tests.benchmarks.process import ROOT, prepared
from tests.benchmarks.sections import SECTIONS, Size
from tests.benchmarks.sections_of_page import with_blocks_of

PAGE = ROOT / "docs" / "benchmarks.md"


def main(names: Sequence[str]) -> None:
    """Measure the named sections, or all, and print each as it is known."""
    by_name = {section.__name__: section for section in SECTIONS}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise SystemExit(f"no section {', '.join(unknown)}; choose from {', '.join(by_name)}")
    found = []
    with tempfile.TemporaryDirectory(prefix="cohortsweep-bench-") as folder:
        bench = prepared(Path(folder))
        for name in names or by_name:
            found.append(by_name[name](bench, Size()))
            print(as_text(found[-1]), flush=True)
    if not names:
        kept = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        PAGE.write_text(with_blocks_of(as_page(found), kept), encoding="utf-8")
        print(f"written to {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])

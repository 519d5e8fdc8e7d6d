"""Print the digest of an engine's example: `python -m runner.conformance.elsewhere MODULE NAME`."""

from __future__ import annotations

import importlib
import sys

from threadpoolctl import threadpool_limits

from runner.conformance.digest import run_digest
from runner.conformance.running import example_params, run_engine


def main(module: str, attribute: str) -> None:
    """Run the example of the manifest `module.attribute` and print its digest."""
    spec = getattr(importlib.import_module(module), attribute)
    with threadpool_limits(limits=1):
        ran = run_engine(spec, example_params(spec), spec.example.horizons[1])
    sys.stdout.write(run_digest(ran) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

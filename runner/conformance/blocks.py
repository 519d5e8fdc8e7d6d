"""Find results that depend on how many entities an engine holds at once.

An engine that works in batches keeps the batch size in a module constant `BLOCK`, read at each
run; the suite sets it to other values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from runner.conformance.digest import differing
from runner.conformance.running import engine_modules, example_params, run_engine
from runner.contract import EngineSpec

_SIZES = (1, 7, 16)
_CONSTANT = "BLOCK"


def has_blocks(spec: EngineSpec) -> bool:
    """Tell whether the engine works in batches."""
    return any(isinstance(vars(m).get(_CONSTANT), int) for m in engine_modules(spec))


def block_faults(spec: EngineSpec) -> list[str]:
    """Return what changes with the batch size."""
    params, horizon = example_params(spec), spec.example.horizons[1]
    base, faults = run_engine(spec, params, horizon), []
    for size in _SIZES:
        with _block_size(spec, size):
            other = run_engine(spec, params, horizon)
        faults += [f"{what} differs at {_CONSTANT} = {size}" for what in differing(base, other)]
    return faults


@contextlib.contextmanager
def _block_size(spec: EngineSpec, size: int) -> Iterator[None]:
    holders = [m for m in engine_modules(spec) if isinstance(vars(m).get(_CONSTANT), int)]
    before = [vars(module)[_CONSTANT] for module in holders]
    for module in holders:
        setattr(module, _CONSTANT, size)
    try:
        yield
    finally:
        for module, value in zip(holders, before, strict=True):
            setattr(module, _CONSTANT, value)

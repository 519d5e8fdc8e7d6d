"""The misbehaving engine is installed in these tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.faults.support import ENGINES


@pytest.fixture(scope="package", autouse=True)
def faulty_engine() -> Iterator[None]:
    sys.path.insert(0, str(ENGINES))
    yield
    sys.path.remove(str(ENGINES))

"""Fixtures for the tests of acceptance."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.accept.support import install_kiosk


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    return install_kiosk(tmp_path, monkeypatch)

"""Every engine passes the same suite; a new folder needs no new test."""

from __future__ import annotations

import importlib

import pytest

from runner.conformance import EngineConformance
from runner.contract import EngineSpec
from runner.registry import engine_names, load_engine

TEMPLATE = "_template"


def manifest_of(name: str) -> EngineSpec:
    if name == TEMPLATE:
        found = importlib.import_module("engines._template").ENGINE
        assert isinstance(found, EngineSpec)
        return found
    return load_engine(name)


class TestEngines(EngineConformance):
    @pytest.fixture(params=[*engine_names(), TEMPLATE])
    def spec(self, request: pytest.FixtureRequest) -> EngineSpec:
        return manifest_of(request.param)

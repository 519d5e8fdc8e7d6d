"""Engines by folder and by entry point."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import pytest
from rich.console import Console

from runner.registry import RegistryError, config_dirs, engine_names, load_engine
from runner.report.engines import print_engines


def package(site: Path, name: str, code: str) -> None:
    """Put a module with an entry point on a path that is searched."""
    (site / f"{name}_module.py").write_text(code)
    info = site / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[cohortsweep.engines]\n{name} = {name}_module:ENGINE\n"
    )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_folders_are_engines_and_the_template_is_not() -> None:
    assert {"taps", "linear_null"} <= set(engine_names())
    assert "_template" not in engine_names()
    assert "tests" not in engine_names()
    assert load_engine("taps").name == "taps"


def test_an_installed_engine_is_found(brittle: str) -> None:
    assert brittle in engine_names()
    spec = load_engine(brittle)
    assert spec.config_dir in config_dirs()


def test_an_unknown_engine_is_told() -> None:
    with pytest.raises(RegistryError, match=r"unknown engine 'tapz'; did you mean taps\?"):
        load_engine("tapz")
    with pytest.raises(RegistryError, match=r"unknown engine 'zzz'; known: .*taps"):
        load_engine("zzz")


@pytest.mark.parametrize("name", ["../taps", "taps.params", "os", "", "taps/"])
def test_names_are_looked_up_never_imported(name: str) -> None:
    with pytest.raises(RegistryError, match="unknown engine"):
        load_engine(name)


def test_what_stands_behind_a_name_must_be_its_engine(site: Path) -> None:
    package(site, "hollow", "ENGINE = 3\n")
    package(site, "borrowed", "from engines.taps import ENGINE\n")
    for name in ("hollow", "borrowed"):
        with pytest.raises(RegistryError, match=f"must define ENGINE, .* named '{name}'"):
            load_engine(name)


def test_a_package_that_cannot_be_loaded_is_named_and_stops_nobody_else(site: Path) -> None:
    package(site, "torn", "import no_such_module\n")
    package(site, "silent", "\n")
    with pytest.raises(RegistryError, match=r"engine 'torn' cannot be loaded from torn_module:EN"):
        load_engine("torn")
    with pytest.raises(RegistryError, match="AttributeError"):
        load_engine("silent")
    assert {"torn", "silent", "taps"} <= set(engine_names())
    assert isinstance(config_dirs(), list)
    assert load_engine("taps").name == "taps"
    told = io.StringIO()
    print_engines(Console(file=told, width=200), engine_names())
    assert "taps" in told.getvalue()
    assert "note: engine 'torn' cannot be loaded from torn_module" in told.getvalue()


def test_the_error_survives_pickling() -> None:
    with pytest.raises(RegistryError) as caught:
        load_engine("zzz")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301

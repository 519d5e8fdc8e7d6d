"""docs/add-an-engine.md does what it says: its files are written and its commands run, in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "add-an-engine.md"
BLOCK = re.compile(
    r"^<!-- (?P<job>file|run|install)(: (?P<path>\S+))? -->\n```\w*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COPIED = ("runner", "engines", "conf", "sweeps", "tests", "conftest.py", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    job: str
    path: str
    text: str


def steps_of(page: Path) -> list[Step]:
    return [
        Step(job=found["job"], path=found["path"] or "", text=found["text"])
        for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the repository, in which an engine can be added; MLflow has other tests."""
    project = tmp_path / "checkout"
    project.mkdir()
    unwanted = shutil.ignore_patterns("__pycache__", ".*_cache", "benchmarks")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project / name, ignore=unwanted)
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, project / name)
    tracking = project / "conf" / "tracking"
    shutil.copy(tracking / "none.yaml", tracking / "local.yaml")
    return project


def run_commands(text: str, project: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Run shell commands as a user in the checkout does, with `site` in place of site-packages."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    python_path = os.pathsep.join([str(project), *(line.strip() for line in _installed(site))])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=project, capture_output=True, text=True,
        env={**os.environ, "PATH": path, "PYTHONPATH": python_path}, check=False,
    )  # fmt: skip


def _installed(site: Path) -> list[str]:
    return [str(site), *(p for link in site.glob("*.pth") for p in link.read_text().splitlines())]


def install(package: Path, site: Path) -> None:
    """Do what an editable install does: a path to the sources, and metadata with entry points."""
    about = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    info = site / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
    )
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in about["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("".join(lines))
    (site / f"{about['name']}.pth").write_text(f"{package}\n")


def test_the_page_can_be_followed(checkout: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    outputs = []
    for step in steps_of(PAGE):
        if step.job == "file":
            target = checkout / step.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(step.text, encoding="utf-8")
        elif step.job == "install":
            install(checkout / step.path, site)
        else:
            done = run_commands(step.text, checkout, site)
            assert done.returncode == 0, f"{step.text}\n{done.stdout}\n{done.stderr}"
            outputs.append(done.stdout)
    told = "\n".join(outputs)
    assert "engine coupon 1.0.0: Weekly coupons" in told
    assert "study coupon: 24 of 24 runs done (24 new)" in told
    assert "study packaged: 8 of 8 runs done (8 new)" in told
    assert not (checkout / "engines" / "coupon").exists()


def test_every_fenced_block_is_a_file_or_is_run() -> None:
    fences = PAGE.read_text(encoding="utf-8").count("\n```") // 2
    assert len(steps_of(PAGE)) == fences


def test_the_template_passes_when_copied_and_renamed(checkout: Path, tmp_path: Path) -> None:
    done = run_commands(
        """
        cp -r engines/_template engines/kiosk
        mv engines/kiosk/conf_engine.yaml conf/engine/kiosk.yaml
        sed -i 's/name="template"/name="kiosk"/' engines/kiosk/__init__.py
        sed -i 's/engine: template/engine: kiosk/' conf/engine/kiosk.yaml
        python -m pytest tests/conformance engines/kiosk -k kiosk
        python -m runner run engine=kiosk params.order_rate=0.2,0.4 design.replicates=2
        """,
        checkout,
        tmp_path / "none",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "study kiosk: 4 of 4 runs done (4 new)" in done.stdout

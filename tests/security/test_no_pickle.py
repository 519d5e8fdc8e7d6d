"""Nothing in a study folder is unpickled: reading somebody's results runs none of their code."""

from __future__ import annotations

import ast
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands import Command

ROOT = Path(__file__).resolve().parents[2]
_UNPICKLE = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "jsonpickle"}
_READERS = {"read_pickle", "load_model", "unsafe_load", "full_load"}
_OWN_BYTES = {
    "runner/conformance/manifest.py",
    "runner/conformance/purity.py",
    "runner/execute/link.py",  # calls to workers of a cluster, whom the scheduler commands anyway
}

READ = """
import sys
seen = []
sys.addaudithook(lambda event, args: seen.append(args) if event == "pickle.find_class" else None)
from runner.cli import run_command_line
import runner
for words in (["status"], ["compare"], ["report"], ["verify", "--sample", "100%"], ["resume"]):
    code = run_command_line([words[0], "pickled", *words[1:]])
    assert code in (0, 1), (words, code)
results = runner.load_study("pickled")
results.metrics, results.runs, results.summary, results.comparisons, results.table("entities")
assert not seen, seen
import pickle, collections
pickle.loads(pickle.dumps(collections.OrderedDict()))
assert seen  # the hook does see what is unpickled
"""


@pytest.fixture
def finished(command: Command) -> Path:
    ran = command(
        "run", "engine=linear_null", "study.name=pickled", "params.entities=5", "horizon=2",
        "design.arms={b: {params.effect: 1}}", "design.replicates=3", "collect=all",
        "execution=sequential", "--json",
    )  # fmt: skip
    assert ran.code == 0
    return ran.folder


def test_no_command_unpickles_anything(finished: Path, here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class Payload:
    """Leaves a file if it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._file,))


@pytest.mark.parametrize("kind", [b"arrow.py_extension_type", b"pandas"])
def test_payloads_in_parquet_files_stay_bytes(
    kind: bytes, finished: Path, command: Command, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    file = finished / "metrics.parquet"
    table = pq.read_table(file)
    bytes_of_code = pickle.dumps(Payload(ran))
    note = {b"ARROW:extension:name": kind, b"ARROW:extension:metadata": bytes_of_code}
    fields = [field.with_metadata(note) for field in table.schema]
    metadata = {b"ARROW:extension:metadata": bytes_of_code}
    pq.write_table(table.cast(pa.schema(fields, metadata=metadata)), file)
    assert command("report", "pickled").code == 0
    assert command("compare", "pickled").code == 0
    assert not ran.exists()
    pickle.loads(bytes_of_code)  # noqa: S301 - the payload works, or this test shows nothing
    assert ran.exists()


def test_no_module_unpickles() -> None:
    found = set()
    for file in [*(ROOT / "runner").rglob("*.py"), *(ROOT / "engines").glob("*/*.py")]:
        place = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None) or ""
                if {module.split(".")[0], *(n.split(".")[0] for n in names)} & _UNPICKLE:
                    found.add(place)
            if isinstance(node, ast.Attribute) and node.attr in _READERS:
                found.add(place)
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), place
                assert node.value.value is False, place
    assert found == _OWN_BYTES

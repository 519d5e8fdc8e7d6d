"""Configuration holds values: nothing in a YAML file or an override makes code run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from runner.registry import engine_names
from tests.commands import Command
from tests.security.conftest import Attack

ROOT = Path(__file__).resolve().parents[2]
EVIL = 'from pathlib import Path\nPath(__file__).with_name("ran").touch()\n'


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that can be imported, and leaves a file `ran` beside it if it is."""
    package = tmp_path / "importable" / "evilpkg"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(EVIL)
    (package / "theirs.yaml").write_text("x: 1\n")
    monkeypatch.syspath_prepend(str(package.parent))
    return package / "ran"


@pytest.mark.parametrize(
    "tag", ["python/object/apply:os.system", "python/name:os.system", "python/module:evilpkg"]
)
def test_yaml_tags_build_no_objects(tag: str, attack: Attack, evil: Path) -> None:
    ran = attack(f"study: {{question: !!{tag} [x]}}\n")
    assert ran.code == 2
    assert "could not determine a constructor for the tag" in ran.err
    assert not evil.exists()


@pytest.mark.parametrize(
    "text",
    [
        "params: {_target_: evilpkg.call}",
        "params: {archetypes: {a: {_target_: evilpkg.call}}}",
        "design: {arms: {b: {_target_: evilpkg.call}}}",
        "study: {name: {_target_: evilpkg.call}}",
    ],
)
def test_targets_are_refused(text: str, attack: Attack, evil: Path) -> None:
    ran = attack(f"{text}\n")
    assert ran.code == 2
    assert "_target_: is refused: configuration holds values, never code" in ran.err
    assert not evil.exists()


@pytest.mark.parametrize(
    "word",
    [
        "hydra.run.dir=elsewhere", "hydra.searchpath=[pkg://evilpkg]", "hydra/launcher=basic",
        "+hydra.callbacks.x._target_=evilpkg.call", "params._target_=evilpkg.call",
    ],
)  # fmt: skip
def test_words_cannot_set_hydra(word: str, command: Command, evil: Path) -> None:
    ran = command("plan", "engine=linear_null", word)
    assert ran.code == 2
    assert "hydra.* and _target_ cannot be set here" in ran.err
    assert not evil.exists()


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("# @package _global_\nhydra: {run: {dir: elsewhere}}\n", "hydra: is refused"),
        ("# @package _global_\n'\\x68ydra': {run: {}}\n", ""),
        ('# @package _global_\n"\\x68ydra": {run: {}}\n', "hydra: is refused"),
        ("# @package hydra\ncallbacks: {x: {_target_: evilpkg.call}}\n", "hydra: is refused"),
        ("defaults: [/hydra/launcher: basic]\n", "groups of hydra cannot be chosen"),
        ("defaults: [override hydra/launcher: basic]\n", "groups of hydra cannot be chosen"),
    ],
)
def test_files_cannot_set_hydra(
    head: str, told: str, attack: Attack, evil: Path, here: Path
) -> None:
    ran = attack("", "engine=linear_null", head=head)
    assert ran.code == 2
    assert told in ran.err
    assert not evil.exists()
    assert not (here / "elsewhere").exists()


@pytest.mark.parametrize("name", ["cohortsweep_root", "Cohortsweep_Root"])
def test_no_file_replaces_the_root(name: str, mine: Path, command: Command, evil: Path) -> None:
    text = "defaults: [_self_, {engine: linear_null}]\nhydra: {searchpath: ['pkg://evilpkg']}\n"
    (mine / f"{name}.yaml").write_text(text)
    ran = command("plan", "--config-dir", str(mine), "engine=linear_null")
    assert ran.code == 2
    assert "this name is taken; rename the file" in ran.err
    assert not evil.exists()


@pytest.mark.parametrize("name", ["evilpkg", "evilpkg:ENGINE", "os", "../evilpkg", "_template"])
def test_engines_come_from_the_registry_only(name: str, attack: Attack, evil: Path) -> None:
    ran = attack(f"engine: {name!r}\n", head="# @package _global_\n")
    assert ran.code == 2
    assert name not in engine_names()
    assert "unknown engine" in ran.err
    assert not evil.exists()


@pytest.mark.parametrize(
    "text",
    [
        "${oc.env:SECRET}", "a ${oc.env:SECRET,none} b", "${now:%Y}", "${hydra:runtime.cwd}",
        "${oc.decode:'1'}", "${oc.${study.name}:SECRET}", "${oc.create:{a: 1}}", "${study[${x:}]}",
        "${oc.env:MLFLOW_TRACKING_URI}",
    ],
)  # fmt: skip
def test_references_read_no_secrets(
    text: str, attack: Attack, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://hunter2")
    ran = attack(f'study: {{name: env, question: "{text}"}}\n')
    assert ran.code == 2
    assert "may not decide what a study is" in ran.err
    assert "hunter2" not in ran.err + ran.out
    assert not (here / "outputs").exists()


def test_a_choice_depends_on_no_secret(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    ran = attack("", head="# @package _global_\ndefaults: [override /engine: '${oc.env:SECRET}']\n")
    assert ran.code == 2
    assert "hunter2" not in ran.err + ran.out


def test_references_in_sheets_read_no_secrets(
    command: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "7")
    header = "variable_id,scope,path,type,unit,min,max,step,default,treatment,notes\n"
    row = "b,,baseline,float,,,,,${oc.env:SECRET},fixed,\n"
    (here / "plan.csv").write_text(header + row)
    ran = command("plan", "engine=linear_null", "design.variables_csv=[plan.csv]")
    assert ran.code == 2
    assert not (here / "outputs").exists()


def test_plain_references_still_work(attack: Attack) -> None:
    ran = attack("params: {baseline: 7, threshold: '${params.baseline}'}\n", "--json")
    assert ran.code == 0
    assert "  threshold: 7" in (ran.folder / "study.yaml").read_text()


_RUN_CODE = {"eval", "exec", "compile", "__import__"}
_RUN_TEXT = {"system", "popen", "import_module", "locate", "instantiate", "get_class", "get_method"}
_KNOWN = {
    ("runner/registry.py", "import_module"),  # names of folders in engines/
    ("runner/conformance/elsewhere.py", "import_module"),  # for engine authors' tests
}


def test_only_the_registry_imports_by_name() -> None:
    found = set()
    for file in [*(ROOT / "runner").rglob("*.py"), *(ROOT / "engines").glob("*/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", None)
            dotted = getattr(node.func, "attr", None)
            is_shell = any(k.arg == "shell" for k in node.keywords)
            called = name if name in _RUN_CODE | _RUN_TEXT else dotted
            if name in _RUN_CODE or called in _RUN_TEXT or is_shell:
                found.add((file.relative_to(ROOT).as_posix(), called))
    assert found == _KNOWN

"""Find what YAML reads otherwise than it is written: 012 as 10, 1:30 as 90, `no:` as false."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from runner.config.sources import STUDY_GROUP
from runner.contract import Problem, shown

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_OCTAL = re.compile(r"[-+]?0[0-7_]+\Z")
_SUSPECT = re.compile(rb"(?<![\w.])0[0-7_]|\d:[0-5]?\d|(?i:\b(?:yes|no|on|off|true|false)\b\s*:)")
_HEAD = re.compile(r"#\s*@")
_HEAD_WORDS = 2  # @package and where to


def file_problems(file: Path, group: str) -> list[Problem]:
    """Return what is misread in a chosen file of a group; what is not YAML is told elsewhere."""
    try:
        content = file.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    if content.startswith(codecs.BOM_UTF8):
        allowed = "begins with a byte-order mark, which hides its first line; save it without one"
        return [Problem(str(file), "", allowed)]
    if wrong := _head_problems(file, text, group):
        return wrong
    if not _SUSPECT.search(content):
        return []
    try:
        return [_problem(file, node, told) for node, told in _misread(_composed(text))]
    except (yaml.YAMLError, RecursionError):
        return []


def _head_problems(file: Path, text: str, group: str) -> list[Problem]:
    """Return what is wrong with the first lines, by which a file says where its keys belong."""
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    head = list(itertools.takewhile(lambda entry: _HEAD.match(entry[1]), lines))
    for number, line in head:
        if len(line.lstrip("#").split()) != _HEAD_WORDS:
            allowed = "must be a line such as '# @package _global_' and nothing else"
            return [Problem(f"{file}:{number}", line, allowed)]
    body = next((line for _, line in lines if not line.startswith("#")), "")
    if group != STUDY_GROUP:
        return []
    if body.startswith("- "):
        return [Problem(str(file), "", "must map keys to values; it is a list")]
    if not any(line.lstrip("#").split()[0] == "@package" for _, line in head):
        allowed = "must begin with the line '# @package _global_': its keys are those of a study"
        return [Problem(str(file), "", allowed)]
    return []


def _composed(text: str) -> Any:
    return yaml.compose(text, Loader=_LOADER)


def _misread(root: Any) -> Iterator[tuple[Any, str]]:
    """Yield the nodes that YAML reads otherwise, each once, with what it makes of them."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.tag == f"{_TAG}bool":
                    yield key, "would be read as a truth value; put a name in quotes"
                waiting += [key, value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif told := _number_told(node):
            yield node, told


def _number_told(node: Any) -> str:
    text = node.value
    if node.tag not in (f"{_TAG}int", f"{_TAG}float"):
        return ""
    if ":" in text:
        read = yaml.safe_load(text)
        return f"would be read as {read}, 60 to each colon; write the number, or quote the text"
    if _OCTAL.match(text) and int(text, 8) != int(text):
        plain = int(text)
        return f"would be read as {int(text, 8)}, a number with base 8; write {plain} or '{text}'"
    return ""


def _problem(file: Path, node: Any, told: str) -> Problem:
    return Problem(f"{file}:{node.start_mark.line + 1}", shown(node.value), told)

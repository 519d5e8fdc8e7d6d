"""Look at a user's configuration files before Hydra loads any of them.

Hydra would follow a `defaults` list out of the configuration folder, let a file of a certain name
replace the root of the composition (and with it name Python packages to import), and expand YAML
aliases however far they multiply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from runner.config.interpolation import is_reference
from runner.contract import Problem

MOST_NODES = 1_000_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HYDRA_PACKAGE = re.compile(rb"^\s*#\s*@package\s+(_global_\.)?hydra\b", re.MULTILINE)
_SUSPECT = (b"defaults", b"hydra", b"\\")  # a name may be spelled with escapes


def guard_problems(folder: Path, root_name: str) -> list[Problem]:
    """Return what forbids composing from a user's configuration folder.

    `root_name` is the name of the root of the composition, which no file may take. Settings of
    Hydra are refused in groups, where a study would seem to obey them; a file beside the groups may
    belong to another program.
    """
    found = []
    for file in sorted(folder.rglob("*.yaml")):
        if file.parent == folder and file.stem.casefold() == root_name.casefold():
            found.append(Problem(str(file), "", "this name is taken; rename the file"))
        try:
            content = file.read_bytes()
        except OSError:  # told when the file is loaded, if it is
            continue
        in_group = file.parent != folder
        found += [Problem(str(file), "", wrong) for wrong in _content_problems(content, in_group)]
    return found


def _content_problems(content: bytes, in_group: bool) -> list[str]:
    """Return what is wrong with a file; what is not YAML is told by whoever loads it."""
    try:
        if b"&" in content and b"*" in content and (wrong := _expansion(content)):
            return [wrong]
        if not any(word in content for word in _SUSPECT):
            return []
        if in_group and _HYDRA_PACKAGE.search(content):
            return [_HYDRA]
        return _top_problems(content, in_group)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return []


_HYDRA = "hydra: is refused: configuration holds values of the study and settings of its own"


def _top_problems(content: bytes, in_group: bool) -> list[str]:
    document = yaml.load(content, Loader=_LOADER)  # noqa: S506 - a safe loader
    if not isinstance(document, dict):
        return []
    wrong = [_HYDRA] if in_group and "hydra" in document else []
    for text in _entry_texts(document.get("defaults")):
        if not _stays_inside(text):
            wrong.append(
                f"defaults: {text}: must name groups and files of the configuration folders, "
                "without .. and functions"
            )
        elif in_group and "hydra" in re.split(r"[\s/@]+", text):
            wrong.append(f"defaults: {text}: groups of hydra cannot be chosen")
    return wrong


def _entry_texts(defaults: Any) -> Iterator[str]:
    """Yield the texts of a defaults list: of keys, and of the options they choose."""
    if isinstance(defaults, str):
        yield defaults
    elif isinstance(defaults, list):
        for item in defaults:
            yield from _entry_texts(item)
    elif isinstance(defaults, dict):
        for key, item in defaults.items():
            yield from _entry_texts([str(key), item])


def _stays_inside(text: str) -> bool:
    path = text.rpartition(" ")[2].partition("@")[0]
    is_inside = ".." not in re.split(r"[/\\]", path) and not path.startswith(("//", "\\"))
    return is_inside and is_reference(text) and ":" not in text


def _expansion(content: bytes) -> str:
    """Return what is wrong when aliases multiply beyond bounds or contain themselves."""
    sizes: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(content, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                return f"alias *{event.anchor} stands inside what it stands for"
            _count(opened, sizes[event.anchor])
        elif isinstance(event, yaml.CollectionStartEvent):
            sizes.pop(event.anchor or "", None)
            opened.append((event.anchor, 1))
        elif isinstance(event, yaml.ScalarEvent):
            size = 1 + len(event.value)
            _count(opened, size)
            if event.anchor:
                sizes[event.anchor] = size
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = opened.pop()
            _count(opened, size)
            if anchor:
                sizes[anchor] = size
        if opened[-1][1] > MOST_NODES:
            return f"its aliases stand for more than {MOST_NODES:,} values and letters"
    return ""


def _count(opened: list[tuple[str | None, int]], size: int) -> None:
    anchor, so_far = opened[-1]
    opened[-1] = (anchor, so_far + size)

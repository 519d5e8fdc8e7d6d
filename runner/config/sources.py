"""Find where configuration lives, and which groups and options it offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runner.contract import FrozenMapping

STUDY_GROUP = "sweeps"
ENGINE_GROUP = "engine"
TARGETS_GROUP = "targets"
NO_OPTION = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Configuration folders, the user's first, and the groups found in them.

    `groups` maps a group (`mix/linear_null`) to its options (`balanced`, `heavy`), sorted.
    """

    roots: tuple[Path, ...]
    groups: FrozenMapping[tuple[str, ...]]

    def group_for(self, key: str, engine: str) -> str | None:
        """Return the group a key names for this engine: its own (`mix/<engine>`) first."""
        for candidate in (f"{key}/{engine}", key):
            if candidate in self.groups:
                return candidate
        return None

    def is_group_elsewhere(self, key: str) -> bool:
        """Tell whether a key names a group of engines (`mix`), be it of others only."""
        return any(group.startswith(f"{key}/") for group in self.groups)


def find_sources(config_dir: Path | None, engine_dirs: Iterable[Path] = ()) -> Sources:
    """Return the folders of the user, of cohortsweep and of engine packages, with their groups."""
    own = [config_dir.resolve()] if config_dir is not None else []
    roots = (*own, assets() / "conf", assets(), *engine_dirs)
    found: dict[str, set[str]] = {}
    for root in roots:
        for group, option in _options(root, only=(STUDY_GROUP,) if root == assets() else None):
            found.setdefault(group, set()).add(option)
    return Sources(
        roots=roots, groups=FrozenMapping({g: tuple(sorted(found[g])) for g in sorted(found)})
    )


def assets() -> Path:
    """Return the folder that holds `conf/` and `sweeps/`: the checkout, or the package's copy."""
    package = Path(__file__).parents[1]
    packed = package / "assets"
    return packed if packed.is_dir() else package.parent


def _options(root: Path, only: tuple[str, ...] | None) -> list[tuple[str, str]]:
    names = only or tuple(p.name for p in root.iterdir() if p.is_dir()) if root.is_dir() else ()
    files = [f for name in names for f in (root / name).rglob("*.yaml")]
    return [(f.relative_to(root).parent.as_posix(), f.stem) for f in files]

"""Find the calibrations of a study folder, and which of them were not finished."""

from __future__ import annotations

from pathlib import Path

from runner.store.integrity import SUMS

FOLDER, DOCUMENT = "calibrations", "calibration.json"


def calibrations_in(root: Path) -> list[Path]:
    """Return the folders of all calibrations that were begun in a study, by name."""
    return sorted(file.parent for file in root.glob(f"{FOLDER}/*/{DOCUMENT}"))


def is_finished(place: Path) -> bool:
    """Tell whether a calibration's folder holds its outcome."""
    return (place / SUMS).is_file()


def unfinished_calibration(outputs: Path, named: str) -> Path | None:
    """Return the newest unfinished calibration of a study, by its name, path, or `latest`."""
    roots = list(outputs.glob("*")) if named == "latest" else [Path(named), outputs / named]
    pending = [p for root in roots for p in calibrations_in(root) if not is_finished(p)]
    return max(pending, key=lambda p: (p / DOCUMENT).stat().st_mtime, default=None)

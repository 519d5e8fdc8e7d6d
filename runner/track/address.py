"""Tell at which MLflow address a study is recorded."""

from __future__ import annotations

from pathlib import Path

from runner.config import Study

DATABASE = "mlflow.db"
_SQLITE = "sqlite:///"


def tracking_uri(study: Study) -> str:
    """Return the address: as configured, or the database beside the studies."""
    if study.tracking.uri is not None:
        return absolute_uri(study.tracking.uri, study.launch_dir)
    return f"{_SQLITE}{study.outputs.resolve() / DATABASE}"


def absolute_uri(uri: str, base: Path) -> str:
    """Return an address whose file, if it names one, does not depend on the working directory."""
    file = database_file(uri)
    return uri if file is None else f"{_SQLITE}{(base / file).resolve()}"


def database_file(uri: str) -> Path | None:
    """Return the file of a SQLite address, None for servers."""
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None

"""Import what the process imports that writes to MLflow, and what MLflow does on first use."""

from __future__ import annotations

import importlib

from sqlalchemy.orm import configure_mappers

ON_THE_WAY = (
    "alembic.command", "mlflow.artifacts", "mlflow.store.artifact.local_artifact_repo",
    "mlflow.store.tracking.rest_store", "mlflow.store.tracking.sqlalchemy_store",
)  # fmt: skip

for name in ("runner.track.client", *ON_THE_WAY):
    importlib.import_module(name)
configure_mappers()

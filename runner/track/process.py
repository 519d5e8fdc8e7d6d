"""Start the process that writes to MLflow, and stop it when it takes too long."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from runner.track.reply import Reply, Request, read_reply

_QUICK_TO_GIVE_UP = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
_LONGEST_REASON = 300


def record_in_process(request: Request, timeout_s: float | None) -> Reply:
    """Record plans from a process of its own and return what came of it; nothing is raised.

    MLflow changes much of a process (environment, loggers, warning filters, caches of open
    databases) and may hang; a process of its own keeps all of that away from the study.
    """
    environment = {**os.environ, **_QUICK_TO_GIVE_UP, "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "runner.track"],
            input=json.dumps(request.as_json()), env=environment, capture_output=True, text=True,
            timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        allowed = f"it was not done within tracking.timeout_s={timeout_s:g}"
        return Reply(recorded=(), error=f"{request.uri}: {allowed}")
    except OSError as error:
        return Reply(recorded=(), error=f"no process could be started ({error.strerror})")
    try:
        return read_reply(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        return Reply(recorded=(), error=_last_words(done))


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    last = lines[-1][:_LONGEST_REASON] if lines else "no reason given"
    return f"the recording process ended with code {done.returncode} ({last})"

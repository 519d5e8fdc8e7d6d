"""Be the one process that writes to MLflow: a request on standard input, a reply on output."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from runner.contract import RunnerError
from runner.track.reply import Recorded, Reply, Request, read_request


def main() -> None:
    """Record what is asked for and print the reply; whatever else prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    reply = record(read_request(json.load(sys.stdin)))
    json.dump(asdict(reply), answers)
    answers.flush()
    os._exit(0)  # without waiting for threads and connections of a server that hangs


def record(request: Request) -> Reply:
    """Record one plan after the other; stop at the first that cannot be recorded."""
    from runner.track.client import opened, reason

    recorded: list[Recorded] = []
    try:
        with opened(request.uri) as writer:
            recorded.extend(writer.record(place) for place in request.places)
    except (RunnerError, OSError) as error:
        return Reply(recorded=tuple(recorded), error=str(error))
    except Exception as error:
        return Reply(recorded=tuple(recorded), error=reason(request.uri, error))
    return Reply(recorded=tuple(recorded))


if __name__ == "__main__":
    main()

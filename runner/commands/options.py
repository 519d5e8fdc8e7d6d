"""The arguments and options of the commands, with the help that `--help` shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        help="Hydra overrides: sweeps=NAME, engine=NAME, key=value, key=1,2,3 (an axis), "
        "key=interval(1,2) (a random variable), ~key (remove)",
        show_default=False,
    ),
]
Study = Annotated[str, typer.Argument(help="A study's name, a plan id, a path, or latest.")]
StudyOrPlan = Annotated[
    str, typer.Argument(help="A study (all its plans), a plan id, a path, or latest.")
]
Settings = Annotated[
    list[str] | None,
    typer.Argument(
        help="Where to go on, such as execution=local or execution.n_jobs=4", show_default=False
    ),
]
RunId = Annotated[str, typer.Argument(help="A run's id, or the beginning of it.")]
EngineName = Annotated[str | None, typer.Argument(help="Show this engine in full.")]

ConfigDir = Annotated[
    Path | None,
    typer.Option("--config-dir", help="Your own configuration folder; its files shadow ours."),
]
Outputs = Annotated[Path, typer.Option("--outputs", help="Folder of all studies.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 4 unless the verdict is pass (or with more).")
]
Multirun = Annotated[
    bool, typer.Option("--multirun", "-m", help="Accepted for Hydra's sake; sweeps need no flag.")
]

Save = Annotated[
    Path | None,
    typer.Option("--save", help="Configuration folder for the result; else --config-dir's."),
]
OnlyFailed = Annotated[
    bool, typer.Option("--failed", help="Only failed runs, not those that took too long.")
]
ErrorType = Annotated[
    str | None, typer.Option("--error", help="Only runs with this type of error.")
]
Tables = Annotated[str, typer.Option("--tables", help="Tables by comma, or all.")]
Export = Annotated[Path | None, typer.Option("--export", help="Folder to write the tables to.")]
FileFormat = Annotated[
    str, typer.Option("--format", help="parquet, csv, or an exporter of the engine.")
]
Sample = Annotated[
    str, typer.Option("--sample", help="Share of the runs to compute again, such as 5%.")
]
Metrics = Annotated[
    list[str] | None, typer.Option("--metric", help="Only this metric; may be repeated.")
]
Arms = Annotated[list[str] | None, typer.Option("--arm", help="Only this arm; may be repeated.")]
Width = Annotated[
    float | None,
    typer.Option("--width", help="Show the replicates that make intervals this wide in full."),
]
Uri = Annotated[
    str | None, typer.Option("--uri", help="Another MLflow: http://HOST:PORT or sqlite:///FILE.")
]
Resolve = Annotated[bool, typer.Option("--resolve", help="Replace ${...} by values.")]
Package = Annotated[
    str | None, typer.Option("-p", "--package", help="Show only what stands at this key.")
]

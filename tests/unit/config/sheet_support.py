"""Write sheets and compose studies from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.config import Study, compose_study, request_from_mapping
from runner.contract import ConfigError

HEADER = "variable_id,scope,path,type,unit,min,max,step,default,treatment,notes"

GROWTH = (
    "pub_growth,public_tap,public_tap.budget_growth_pct_mom,numeric,percent,0,12,4,8,low_to_high,"
)
MONTHLY_CAC = (
    "pub_cac,public_tap,public_tap.cac_base_eur,numeric,EUR,20,80,5,50,random,"
    "dist=normal; per_month=true"
)
CAC_SD = "pub_cac_sd,public_tap,public_tap.cac_sd_eur,numeric,EUR,0,50,5,10,fixed,"
GPU = (
    "prv_gpu,private_tap,private_tap.gpu_class,discrete,enum,,,,rtx_4090,low_to_high,"
    "values=rtx_3090|rtx_4090|l4"
)
EXAMPLE = (GROWTH, MONTHLY_CAC, CAC_SD, GPU)
"""The four rows of the specification's example."""

CAC = "pub_cac,public_tap,public_tap.cac_base_eur,numeric,EUR,20,80,5,50,random,"
"""A random row that is right; tests spoil one field of it."""


def changed(row: str, **fields: str) -> str:
    """Return a row with some fields replaced."""
    values = dict(zip(HEADER.split(","), row.split(",", 10), strict=True))
    return ",".join({**values, **fields}.values())


def write_sheet(*rows: str, name: str = "plan.csv") -> str:
    """Write a sheet into the working directory; return its name."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return name


def composed(*names: str, engine: str = "taps", **more: Any) -> Study:
    """Return the study of an engine with these sheets."""
    design = {"variables_csv": list(names), **more.pop("design", {})}
    return compose_study(request_from_mapping({"engine": engine, "design": design, **more}))


def faults(*names: str, **more: Any) -> list[str]:
    """Return the lines of the error that refuses a study with these sheets."""
    try:
        composed(*names, **more)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def faults_of(*rows: str, name: str = "plan.csv", **more: Any) -> list[str]:
    """Return what is wrong with a sheet of these rows; the first row is on line 2."""
    return faults(write_sheet(*rows, name=name), **more)

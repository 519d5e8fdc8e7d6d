"""What engines and the stages of a study share, and all that an engine may import.

A simulator becomes part of every study once it declares itself in these words: its parameters
with units and bounds, its tables and metrics, its checks, and a pure `simulate`. A game economist
who writes `params.public_tap.cac_base_eur: 40` meets the declaration made here.
"""

from runner.contract.build import build_params, leaf_values, plain_params, rule_problems
from runner.contract.columns import ColumnData, column_data, table_data
from runner.contract.distributions import (
    Distribution,
    DistributionName,
    as_distribution_name,
    lattice,
    normal_cdf,
    quantise,
)
from runner.contract.engine import (
    NOT_APPLICABLE,
    Check,
    EngineSpec,
    Example,
    ExportTables,
    Horizon,
    Metric,
    MetricValue,
    Null,
    Outcome,
    Trajectory,
)
from runner.contract.errors import (
    ConfigError,
    EngineError,
    FailedRunsError,
    LostWorkersError,
    PlanError,
    Problem,
    ProblemsError,
    RunnerError,
    SimulationError,
    StoreError,
    UnstoredError,
    counted,
    nearest,
    shown,
)
from runner.contract.fields import (
    BLOCK_FIELDS,
    REQUIRED,
    FieldInfo,
    ParamGroup,
    field_specs,
    group,
    groups,
    param,
)
from runner.contract.frozen import FrozenMapping
from runner.contract.hashing import TableHasher
from runner.contract.ids import pattern_faults, spell
from runner.contract.leaves import NUMERIC, Leaf, bounds_text, coerce, leaves, replace_leaves
from runner.contract.randomness import Draws, Entities, Floats, Steps
from runner.contract.shares import Share, assign, complete_shares
from runner.contract.tables import (
    NUMBER_KINDS,
    WHOLE_KINDS,
    Column,
    ColumnKind,
    Growth,
    Role,
    TableSchema,
    TableSink,
)
from runner.contract.visible import visible

__all__ = [
    "BLOCK_FIELDS",
    "NOT_APPLICABLE",
    "NUMBER_KINDS",
    "NUMERIC",
    "REQUIRED",
    "WHOLE_KINDS",
    "Check",
    "Column",
    "ColumnData",
    "ColumnKind",
    "ConfigError",
    "Distribution",
    "DistributionName",
    "Draws",
    "EngineError",
    "EngineSpec",
    "Entities",
    "Example",
    "ExportTables",
    "FailedRunsError",
    "FieldInfo",
    "Floats",
    "FrozenMapping",
    "Growth",
    "Horizon",
    "Leaf",
    "LostWorkersError",
    "Metric",
    "MetricValue",
    "Null",
    "Outcome",
    "ParamGroup",
    "PlanError",
    "Problem",
    "ProblemsError",
    "Role",
    "RunnerError",
    "Share",
    "SimulationError",
    "Steps",
    "StoreError",
    "TableHasher",
    "TableSchema",
    "TableSink",
    "Trajectory",
    "UnstoredError",
    "as_distribution_name",
    "assign",
    "bounds_text",
    "build_params",
    "coerce",
    "column_data",
    "complete_shares",
    "counted",
    "field_specs",
    "group",
    "groups",
    "lattice",
    "leaf_values",
    "leaves",
    "nearest",
    "normal_cdf",
    "param",
    "pattern_faults",
    "plain_params",
    "quantise",
    "replace_leaves",
    "rule_problems",
    "shown",
    "spell",
    "table_data",
    "visible",
]

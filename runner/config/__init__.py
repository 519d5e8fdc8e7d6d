"""From Hydra configuration to one validated, frozen `Study`; nothing runs before it is whole.

Here, and in the command line, hydra and omegaconf are at home; nothing else imports them. A
growth analyst's `params.public_tap.cac_base_eur=40,50,60` becomes an axis with three levels.
"""

from runner.config.cells import CellTree, cell_tree
from runner.config.comparisons import Comparison
from runner.config.compose import compose_study, composed_tree, execution_from
from runner.config.replicates import with_replicates
from runner.config.request import StudyRequest, request_from_mapping
from runner.config.study import Arm, Axis, Execution, Study, Variable

__all__ = [
    "Arm",
    "Axis",
    "CellTree",
    "Comparison",
    "Execution",
    "Study",
    "StudyRequest",
    "Variable",
    "cell_tree",
    "compose_study",
    "composed_tree",
    "execution_from",
    "request_from_mapping",
    "with_replicates",
]

"""Compare arms and summarise cells, with honest uncertainty.

"CAC 40 EUR earns 18,400 EUR, give or take 900, and 350 more than the control, give or take 40" is
what a planner takes from a study. Arms that met the same people and the same luck differ by less
luck, hence the smaller second number.
"""

from runner.compare.arms import Comparisons, compare_arms
from runner.compare.by_cell import cell_labels, sameness_notes, summarise_cells
from runner.compare.enough import next_replicates, precision_note
from runner.compare.notes import watched_metrics
from runner.compare.plain import plain_rows
from runner.compare.targets import judge_band, replicates_for_width

__all__ = [
    "Comparisons",
    "cell_labels",
    "compare_arms",
    "judge_band",
    "next_replicates",
    "plain_rows",
    "precision_note",
    "replicates_for_width",
    "sameness_notes",
    "summarise_cells",
    "watched_metrics",
]

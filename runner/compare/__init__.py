"""Summarise what the replicates of each cell say, with honest uncertainty.

"CAC 40 EUR earns 18,400 EUR, give or take 900" is what a planner takes from a study; the give or
take is the interval made here.
"""

from runner.compare.by_cell import cell_labels, sameness_notes, summarise_cells

__all__ = ["cell_labels", "sameness_notes", "summarise_cells"]

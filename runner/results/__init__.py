"""What a study came to: counts, verdict, hash, and its tables for notebooks.

`run_study(...)` and `load_study(...)` return the same `StudyResults`: a game economist plots
`results.metrics` in a notebook from the run of this morning as from that of last month.
"""

from runner.results.gather import gather_results
from runner.results.stored import stored_results
from runner.results.study_results import StudyResults
from runner.results.summary import write_summary

__all__ = ["StudyResults", "gather_results", "stored_results", "write_summary"]

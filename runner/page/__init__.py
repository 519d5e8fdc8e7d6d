"""Make `report.html`, the page of a finished study that a decision maker reads in a minute.

"Does a shorter tutorial keep more players at day 7?" The page begins with the verdict and one
sentence per comparison; what the sentence rests on follows below. It is made from the plan folder
alone, so it can be made again at any time, and holds everything it shows in one file.
"""

from runner.page.stage import REPORT, report_study

__all__ = ["REPORT", "report_study"]

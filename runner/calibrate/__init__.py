"""From observed targets to parameters with uncertainty, usable at once as configuration.

A growth analyst knows from last year's books how many customers were active each month. Which
acquisition cost and which churn rate give these numbers, how sure is that, and what do the books
not tell at all? `calibrate engine=taps targets=active_customers` answers the three questions.

How the data pass through the modules:

    Study --targets--> Points   what was observed, one number each
    Study --space----> Space    the declared variables as a box of coordinates
    values --bench---> Trial    runs by plan, pool and store; observed there; scored by distance
    search -> race -> polish    propose values, give the close ones more replicates, go downhill;
                                `apart` finds what can be moved together on the way
    Trial, Points ---> Local    slopes and covariance around the best trial
    all of it -------> Calibrated --record, fragment, plots--> the calibration's folder
"""

from runner.calibrate.brief import Brief
from runner.calibrate.result import Calibrated
from runner.calibrate.stage import calibrate_study, read_brief, resume_calibration

__all__ = ["Brief", "Calibrated", "calibrate_study", "read_brief", "resume_calibration"]

"""The simulators that ship with cohortsweep, one folder each."""

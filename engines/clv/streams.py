"""Name every stream of random draws."""

from engines.clv import drift_null, generate, parameter_samples, resample, simulate, validate

STREAMS = (
    *resample.STREAMS,
    *generate.STREAMS,
    *parameter_samples.STREAMS,
    *simulate.STREAMS,
    *validate.STREAMS,
    *drift_null.STREAMS,
)

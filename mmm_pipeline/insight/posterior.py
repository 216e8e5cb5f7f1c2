"""The library's model of a fit, built once and kept while it is being asked."""

from functools import lru_cache

from pymc_marketing.mmm import MMM

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.model.fit import rebuild_model


@lru_cache(maxsize=1)
def restore_model(fit: ConvergedFit) -> MMM:
    """Give back the model of a fit, with everything that follows from its draws.

    Kept for the fit asked last, because compiling costs seconds and every result asks.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    MMM
        Do not change it: it is shared.
    """
    return rebuild_model(fit.trace)

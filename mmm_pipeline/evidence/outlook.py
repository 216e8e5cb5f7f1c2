"""What may be observed in periods that a fit has not seen."""

import xarray as xr

from mmm_pipeline.evidence.fit import draw_observations
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import MAX_NUMBERS
from mmm_pipeline.model.forecast import predict_mean


def draw_outlook(
    fit: ConvergedFit,
    features: xr.Dataset,
    dates: xr.DataArray,
    *,
    most: int | None = None,
    seed: int | None = None,
) -> xr.DataArray:
    """Draw what may be observed on some dates, noise included.

    Equal fits, dates, and seeds give equal noise, whatever the features hold, so that two
    outlooks differ by what they were given, and by nothing else.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    features : xarray.Dataset
        Of dates that begin with those of the fit, see `predict_mean`.
    dates : xarray.DataArray, dims ``(date,)``
        Which of them are asked for.
    most : int, optional
        About how many draws are wanted at most; all of the fit's, if not given. Of a large panel,
        evenly spaced draws only, see `MAX_NUMBERS`.
    seed : int, optional
        Of the noise; the spec's, if not given.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units.
    """
    n_draws = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    step = -(-features["exposure"].size * n_draws // MAX_NUMBERS)
    step = max(step, -(-n_draws // (most or n_draws)))
    trace = fit.trace.isel({"draw": slice(None, None, step)}, missing_dims="ignore")
    return draw_observations(fit, predict_mean(trace, features).sel(date=dates), seed)

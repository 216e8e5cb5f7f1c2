"""What may be observed in periods that a fit has not seen."""

from collections.abc import Iterator, Sequence

import xarray as xr

from mmm_pipeline.evidence.fit import draw_observations
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import MAX_NUMBERS
from mmm_pipeline.model.forecast import predict_means


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
    return next(draw_outlooks(fit, [features], [dates], most=most, seed=seed))


def draw_outlooks(
    fit: ConvergedFit,
    futures: Sequence[xr.Dataset],
    dates: Sequence[xr.DataArray],
    *,
    most: int | None = None,
    seed: int | None = None,
) -> Iterator[xr.DataArray]:
    """Draw what may be observed in several futures, one after the other.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    futures : sequence of xarray.Dataset
        Features, see `draw_outlook`.
    dates : sequence of xarray.DataArray, dims ``(date,)``
        Which dates of each are asked for.
    most, seed : int, optional
        See `draw_outlook`.

    Yields
    ------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        As `draw_outlook`.
    """
    n_draws = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    largest = max(features["exposure"].size for features in futures)
    step = max(-(-largest * n_draws // MAX_NUMBERS), -(-n_draws // (most or n_draws)))
    trace = fit.trace.isel({"draw": slice(None, None, step)}, missing_dims="ignore")
    for mean, asked in zip(predict_means(trace, futures), dates, strict=True):
        yield draw_observations(fit, mean.sel(date=asked), seed)

"""The mean that a model fits, and whether what it leaves follows itself."""

import math
from functools import lru_cache

import xarray as xr

from mmm_pipeline.gate.completeness import (
    SAMPLE_DIMS,
    Named,
    build_without_experiments,
    name_content,
    name_model,
)
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.trace import read_spec

MAX_NUMBERS, MOST_DRAWS, FEWEST_DRAWS = 20_000_000, 200, 20
"""Numbers that are computed, and the draws, evenly spaced, that this leaves."""


def compute_fitted(trace: xr.DataTree) -> xr.Dataset:
    """Compute the fitted mean, and what media bring to it, in some draws.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit, converged or not; finite.

    Returns
    -------
    xarray.Dataset
        On the model's scale, dims ``(chain, draw, date, ...)``: ``mu``, ``channel_contribution``.
        At most `MOST_DRAWS` draws, evenly spaced.
    """
    return _compute(name_content(trace))


@lru_cache(maxsize=1)
def _compute(named: Named) -> xr.Dataset:
    """Compute it once for the fit asked last: it is asked more than once."""
    trace = named.trace
    posterior, inputs = trace["/posterior"].to_dataset(), trace["/inputs"].to_dataset()
    n_draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    room = MAX_NUMBERS // (2 * inputs["exposure"].size)
    step = -(-n_draws // max(FEWEST_DRAWS, min(MOST_DRAWS, room)))
    some = posterior.isel(draw=slice(None, None, step))
    names = ["mu", "channel_contribution"]
    return compute_variables(build_without_experiments(name_model(trace)).model, some, names)


def compute_residual(trace: xr.DataTree, fitted: xr.Dataset) -> xr.DataArray:
    """Compute what the fitted mean leaves of the target.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    fitted : xarray.Dataset
        Of the same, from `compute_fitted`.

    Returns
    -------
    xarray.DataArray, dims ``(date, ...)``
        On the model's scale, of the mean over the draws.
    """
    inputs = trace["/inputs"].to_dataset()
    link = read_link(read_spec(trace), inputs)
    residual: xr.DataArray = link.to_model(inputs["target"]) - fitted["mu"].mean(SAMPLE_DIMS)
    return residual


def measure_autocorrelation(residual: xr.DataArray) -> float | None:
    """Measure how much what is left of a period tells of what is left of the next.

    Parameters
    ----------
    residual : xarray.DataArray, dims ``(date, ...)``
        From `compute_residual`.

    Returns
    -------
    float or None
        Autocorrelation at lag 1, of a panel the mean over its cells, -1 to 1; None where nothing
        is left at all. To six digits: machines differ in the last ones.
    """
    found = float(autocorrelate(residual).mean())
    return round(found, 6) if math.isfinite(found) else None


def autocorrelate(series: xr.DataArray) -> xr.DataArray:
    """Compute the autocorrelation at lag 1.

    Parameters
    ----------
    series : xarray.DataArray, dims ``(date, ...)``
        In the order of time.

    Returns
    -------
    xarray.DataArray, dims ``(...)``
        -1 to 1; NaN where the series never moves.

    References
    ----------
    Box, Jenkins, Reinsel and Ljung (2015), equation 2.1.13.

    Examples
    --------
    >>> float(autocorrelate(xr.DataArray([1.0, -1.0, 1.0, -1.0], dims="date")))
    -0.75
    """
    centered = series - series.mean("date")
    squares = (centered**2).sum("date")
    products = (centered * centered.shift(date=1)).sum("date")
    ratio: xr.DataArray = products / squares.where(squares > 0)
    return ratio

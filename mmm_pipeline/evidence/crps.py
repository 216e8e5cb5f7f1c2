"""How well a predicted distribution foretells a number: the continuous ranked probability score."""

import numpy as np
import xarray as xr

from mmm_pipeline.insight.summary import SAMPLE_DIMS

LEVELS = (50, 80, 95)
"""Probabilities of the intervals of a forecast, per cent; tails are equal."""


def compute_crps(draws: xr.DataArray, observed: xr.DataArray) -> xr.DataArray:
    """Score predictive draws against what was observed; smaller is better.

    Parameters
    ----------
    draws : xarray.DataArray, dims ``(chain, draw, ...)``
        Of a new observation, noise included.
    observed : xarray.DataArray, dims ``(...)``
        In the same unit.

    Returns
    -------
    xarray.DataArray, dims ``(...)``
        Not negative up to Monte Carlo error, in the unit of both. Of a point forecast it would be
        the absolute error.

    Notes
    -----
    ``E|X - y| - E|X - X'| / 2`` with ``X, X'`` independent draws: Gneiting and Raftery (2007),
    "Strictly proper scoring rules, prediction, and estimation", equation 21. With S draws in
    ascending order the second part is ``sum_i (2 i - S - 1) x_i / (S (S - 1))``, without bias.

    Examples
    --------
    >>> draws = xr.DataArray([[0.0, 2.0]], dims=("chain", "draw"))
    >>> float(compute_crps(draws, xr.DataArray(1.0)))
    0.0
    """
    stacked = draws.stack(sample=SAMPLE_DIMS, create_index=False).transpose("sample", ...)
    values = np.sort(stacked.to_numpy(), axis=0)
    size = len(values)
    weights = (2 * np.arange(1, size + 1) - size - 1) / (size * (size - 1))
    spread = np.tensordot(weights, values, axes=1)
    error = np.abs(values - observed.transpose(*stacked.dims[1:]).to_numpy()).mean(axis=0)
    score: xr.DataArray = observed.transpose(*stacked.dims[1:]).copy(data=error - spread)
    return score.rename("crps")

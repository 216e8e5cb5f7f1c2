"""Draws, and the table that sums them up. Draws survive to the end."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

LOWER, UPPER = 0.05, 0.95
"""Bounds of every interval that is reported: 90 % of the draws, equal tails."""
SAMPLE_DIMS = ("chain", "draw")
"""Dims of draws; ``sample`` where they are counted through, chain after chain."""
OVERLAP = "overlap"
"""Component, where terms multiply: what channels are credited with more than once, taken off."""
LEAST_CONFIDENCE = 0.3
"""Confidence in a channel of which next to nothing is known."""


@dataclass(frozen=True)
class Summary:
    """A result: what a reader looks at, and the draws behind it.

    Attributes
    ----------
    table : pandas.DataFrame
        Means and intervals; ``attrs["fit_id"]`` says of which fit.
    draws : xarray.Dataset
        What the table sums up, or its totals where the whole would be large.
    """

    table: pd.DataFrame
    draws: xr.Dataset


def summarize(draws: xr.DataArray, name: str) -> xr.Dataset:
    """Reduce draws to their mean and the bounds of their 90 % interval.

    Parameters
    ----------
    draws : xarray.DataArray, dims ``(chain, draw, ...)`` or ``(sample, ...)``
        Any quantity, unit kept.
    name : str
        Stem of the names of the results.

    Returns
    -------
    xarray.Dataset
        ``name``, ``name_lower`` (5 %), ``name_upper`` (95 %); equal-tailed.

    Examples
    --------
    >>> draws = xr.DataArray(np.arange(101.0)[None, :], dims=("chain", "draw"))
    >>> {key: float(value) for key, value in summarize(draws, "roas").items()}
    {'roas': 50.0, 'roas_lower': 5.0, 'roas_upper': 95.0}
    """
    dims = list_sample_dims(draws)
    mean = draws.mean(dims)
    if not mean.size:  # Of nothing, such as channels that nobody buys, NumPy has no quantiles.
        return xr.Dataset({name: mean, f"{name}_lower": mean, f"{name}_upper": mean})
    bounds = draws.quantile([LOWER, UPPER], dim=dims, skipna=False)
    return xr.Dataset(
        {
            name: mean,
            f"{name}_lower": bounds.sel(quantile=LOWER, drop=True),
            f"{name}_upper": bounds.sel(quantile=UPPER, drop=True),
        }
    )


def invert(summary: xr.Dataset, name: str, inverse: str) -> xr.Dataset:
    """Turn a return into what a target unit costs.

    Parameters
    ----------
    summary : xarray.Dataset
        From `summarize`: target units per money.
    name : str
        Stem of the names of its variables.
    inverse : str
        Stem of the names of the results.

    Returns
    -------
    xarray.Dataset
        Money per target unit; the bounds change places. NaN where the return, or its bound, is not
        above 0: then nothing is known of a cost.

    Notes
    -----
    The inverse of the posterior mean, and not the mean of the inverses, which is larger (Jensen's
    inequality), and without bound where a return may be near 0. So cost times contribution is
    spend in every row, and a cost lies below what a target may cost exactly where the mean return
    lies above what money must bring.

    Examples
    --------
    >>> summary = xr.Dataset({"roas": 0.5, "roas_lower": 0.0, "roas_upper": 2.0})
    >>> {key: float(value) for key, value in invert(summary, "roas", "cost").items()}
    {'cost': 2.0, 'cost_lower': 0.5, 'cost_upper': nan}
    """
    pairs = {"": "", "_lower": "_upper", "_upper": "_lower"}
    costs = {
        f"{inverse}{bound}": 1 / summary[f"{name}{other}"].where(summary[f"{name}{other}"] > 0)
        for bound, other in pairs.items()
    }
    return xr.Dataset({key: cost.where(np.isfinite(cost)) for key, cost in costs.items()})


def share_above(draws: xr.DataArray, threshold: float) -> xr.DataArray:
    """Compute the posterior probability that a quantity exceeds a threshold.

    Parameters
    ----------
    draws : xarray.DataArray, dims ``(chain, draw, ...)`` or ``(sample, ...)``
        Any quantity.
    threshold : float
        In its unit.

    Returns
    -------
    xarray.DataArray
        Probability, 0 to 1.
    """
    return (draws > threshold).mean(list_sample_dims(draws)).astype(np.float64)


def list_sample_dims(draws: xr.DataArray) -> list[str]:
    """List the dims that draws are counted along.

    Parameters
    ----------
    draws : xarray.DataArray
        Any quantity.

    Returns
    -------
    list of str
        ``chain`` and ``draw``, or ``sample``.
    """
    return [dim for dim in (*SAMPLE_DIMS, "sample") if dim in draws.dims]


def measure_confidence(contribution: xr.DataArray) -> xr.DataArray:
    """Measure how well it is known what a channel brought.

    Parameters
    ----------
    contribution : xarray.DataArray, dims ``(chain, draw, channel)`` or ``(sample, channel)``
        Target units.

    Returns
    -------
    xarray.DataArray, dims ``(channel,)``
        ``1 - sd / |mean|``, between `LEAST_CONFIDENCE` and 1.
    """
    dims = list_sample_dims(contribution)
    mean, spread = contribution.mean(dims), contribution.std(dims)
    known: xr.DataArray = (1 - spread / abs(mean).where(mean != 0)).fillna(0.0)
    return known.clip(LEAST_CONFIDENCE, 1.0)


def space_evenly(n_samples: int, n_draws: int | None) -> slice:
    """Choose evenly spaced draws.

    Parameters
    ----------
    n_samples : int
        How many there are.
    n_draws : int or None
        About how many are to be left; all, if None.

    Returns
    -------
    slice
    """
    return slice(None, None, max(1, n_samples // (n_draws or n_samples)))

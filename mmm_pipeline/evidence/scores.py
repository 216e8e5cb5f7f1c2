"""How good a forecast was, given as draws or as a normal distribution."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm

from mmm_pipeline.evidence.crps import LEVELS, compute_crps
from mmm_pipeline.insight.summary import SAMPLE_DIMS


def score_draws(draws: xr.DataArray, observed: xr.DataArray) -> xr.Dataset:
    """Score a forecast that is given as draws.

    Parameters
    ----------
    draws : xarray.DataArray, dims ``(chain, draw, ...)``
        New observations as they are expected, target units; at least two.
    observed : xarray.DataArray, dims ``(...)``
        What came.

    Returns
    -------
    xarray.Dataset, dims ``(...)``
        ``predicted`` (the median), ``lower_50, upper_50, lower_80, ...`` and ``crps``, all in
        target units.

    Examples
    --------
    >>> draws = xr.DataArray([[0.0, 4.0]], dims=("chain", "draw"))
    >>> float(score_draws(draws, xr.DataArray(1.0))["crps"])
    0.0
    """
    quantiles = draws.quantile([0.5, *_tails()], dim=SAMPLE_DIMS)
    return _name(quantiles).assign(crps=compute_crps(draws, observed))


def score_normal(mean: xr.DataArray, sd: xr.DataArray, observed: xr.DataArray) -> xr.Dataset:
    """Score a forecast that is a normal distribution.

    Parameters
    ----------
    mean, sd : xarray.DataArray, dims ``(...)``
        Target units.
    observed : xarray.DataArray, dims ``(...)``
        What came.

    Returns
    -------
    xarray.Dataset
        As from `score_draws`.

    Notes
    -----
    With ``z = (y - mean) / sd``, ``CRPS = sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))``.

    References
    ----------
    Gneiting and Raftery (2007), section 4.2.
    """
    z = ((observed - mean) / sd.where(sd > 0)).fillna(0.0)
    ratio = z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - np.pi**-0.5
    crps = (sd * ratio).where(sd > 0, abs(observed - mean))
    steps = xr.DataArray(norm.ppf([0.5, *_tails()]), dims="quantile")
    return _name(mean + sd * steps).assign(crps=crps)


def summarize_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Sum up the scores of every method over the folds that can be compared.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.backtest.tabulate_fold`, of all folds. One that the model could
        not predict counts for nobody.

    Returns
    -------
    pandas.DataFrame
        A row per method: ``method, n_folds, n`` (forecasts), ``mape`` (mean absolute error as a
        share of the target, NaN where that is 0 somewhere), ``wmape`` (sum of the errors as a
        share of the sum of the target), ``mase`` (mean of the errors, each divided by the error
        that repeating the past made in the periods known), ``crps`` (target units), and
        ``coverage_50``, ``coverage_80``, ``coverage_95``, shares of the forecasts whose interval
        held what came.

    References
    ----------
    Hyndman and Koehler (2006), "Another look at measures of forecast accuracy" (MASE).
    """
    failed = table.loc[table["predicted"].isna(), "fold"].unique()
    compared = table[~table["fold"].isin(failed)]
    rows = [
        {"method": method, "n_folds": rows["fold"].nunique(), **_measure(rows)}
        for method, rows in compared.groupby("method", sort=False)
    ]
    coverage = [f"coverage_{level}" for level in LEVELS]
    columns = ["method", "n_folds", "n", "mape", "wmape", "mase", "crps", *coverage]
    return pd.DataFrame(rows, columns=columns)


def _measure(rows: pd.DataFrame) -> Mapping[str, float]:
    """Measure the forecasts of one method."""
    observed, error = rows["observed"], (rows["observed"] - rows["predicted"]).abs()
    inside = {
        f"coverage_{level}": observed.between(rows[f"lower_{level}"], rows[f"upper_{level}"]).mean()
        for level in LEVELS
    }
    return {
        "n": len(rows),
        "mape": (error / observed.abs()).mean() if (observed != 0).all() else float("nan"),
        "wmape": error.sum() / observed.abs().sum(),
        "mase": (error / rows["usual_error"]).mean(),
        "crps": rows["crps"].mean(),
        **inside,
    }


def _tails() -> list[float]:
    """List the quantiles that bound the intervals."""
    return [0.5 + side * level / 200 for level in LEVELS for side in (-1, 1)]


def _name(quantiles: xr.DataArray) -> xr.Dataset:
    """Name quantiles: the median, and the bounds of every interval."""
    names = ["predicted"]
    names += [f"{side}_{level}" for level in LEVELS for side in ("lower", "upper")]
    return xr.Dataset(
        {name: quantiles.isel(quantile=place, drop=True) for place, name in enumerate(names)}
    )

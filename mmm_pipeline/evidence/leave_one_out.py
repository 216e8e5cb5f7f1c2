"""How well each period would have been foretold from all the others."""

import math
import warnings

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm, t

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.summary import SAMPLE_DIMS
from mmm_pipeline.model.link import read_link

MAX_DISTANCE = 1.36
"""Kolmogorov's statistic that chance exceeds once in 20 times."""


def summarize_leave_one_out(fit: ConvergedFit) -> pd.DataFrame:
    """Leave out each observation in turn, by weighing the draws instead of fitting anew.

    Experiments stay in: what is left out is an observation of the target.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        A row per date and cell: ``date``, the panel's dims, ``elpd``, the expected log density of
        the observation, per target unit; ``pareto_k``, how far one may trust it; ``is_influential``
        where that is above ``good_k``; and ``pit``, the probability of less than was observed, 0 to
        1, evenly spread where predictions are calibrated. Attributes: ``elpd``, its standard error
        ``se``, ``p_loo``, the effective number of parameters, and ``good_k``.

    Notes
    -----
    Pareto-smoothed importance sampling (Vehtari, Gelman and Gabry 2017; Vehtari, Simpson, Gelman,
    Yao and Gabry 2024, whose threshold ``min(1 - 1 / log10(S), 0.7)`` is taken). The density is of
    the target in its own units, so that models of other links and scales compare: see
    `compute_log_density`.
    """
    density, below = compute_log_density(fit)
    columns = leave_out(density, below, fit.posterior.sel(draw=density["draw"]))
    order = [str(dim) for dim in fit.features["target"].dims]
    table = columns.to_dataframe(dim_order=order).reset_index()
    table.attrs |= {"fit_id": fit.fit_id, **columns.attrs}
    return table


def leave_out(density: xr.DataArray, below: xr.DataArray, posterior: xr.Dataset) -> xr.Dataset:
    """Leave out each observation in turn.

    Parameters
    ----------
    density : xarray.DataArray, dims ``(chain, draw, ...)``
        Logarithm of every observation's density.
    below : xarray.DataArray, dims ``(chain, draw, ...)``
        Probability of less than was observed, 0 to 1.
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``: how well they mix tells how far to smooth.

    Returns
    -------
    xarray.Dataset
        ``elpd, pareto_k, is_influential, pit``, dims ``(...)``, and the attributes of
        `summarize_leave_one_out`.
    """
    groups = {"posterior": posterior, "log_likelihood": density.to_dataset(name="target")}
    with warnings.catch_warnings():  # It is said of each observation, with its date.
        warnings.filterwarnings("ignore", "Estimated shape parameter")
        loo = az.loo(xr.DataTree.from_dict(groups), var_name="target", pointwise=True)
    pit = (np.exp(loo.log_weights) * below).sum(SAMPLE_DIMS).clip(max=1.0)  # Rounding.
    columns = {
        "elpd": loo.elpd_i,
        "pareto_k": loo.pareto_k,
        "is_influential": loo.pareto_k > loo.good_k,
        "pit": pit,
    }
    totals = {"elpd": loo.elpd, "se": loo.se, "p_loo": loo.p, "good_k": loo.good_k}
    attributes = {name: float(value) for name, value in totals.items()}
    return xr.Dataset(columns).reset_coords(drop=True).assign_attrs(attributes)


def compute_log_density(fit: ConvergedFit) -> tuple[xr.DataArray, xr.DataArray]:
    """Compute the density of every observation in closed form, in every draw.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    density : xarray.DataArray, dims ``(chain, draw, date, ...)``
        Logarithm of the density, per target unit.
    below : xarray.DataArray, dims ``(chain, draw, date, ...)``
        Probability of less than was observed, 0 to 1.

    Notes
    -----
    On the model's scale the observation ``z(y)`` is normal or Student's t about the model's mean.
    The density of ``y`` is that of ``z`` times ``dz/dy``: 1 / scale where terms add up, 1 / (y +
    offset) where they multiply.
    """
    link, target = read_link(fit.spec, fit.features), fit.features["target"]
    mean = compute_terms(fit)["mu"].transpose(*SAMPLE_DIMS, *target.dims)
    sigma = fit.posterior["y_sigma"].sel(draw=mean["draw"])
    residual = ((link.to_model(target) - mean) / sigma).transpose(*mean.dims)
    step = target + link.offset if link.is_log else link.scale.broadcast_like(target)
    if fit.spec.likelihood == "student_t":
        freedom = fit.posterior["y_nu"].sel(draw=mean["draw"])
        freedom = freedom.broadcast_like(residual).transpose(*residual.dims)
        values = t.logpdf(residual, freedom), t.cdf(residual, freedom)
    else:
        values = norm.logpdf(residual), norm.cdf(residual)
    density, below = (residual.copy(data=one) for one in values)
    scaled: xr.DataArray = density - np.log(sigma) - np.log(step)
    return scaled.transpose(*mean.dims), below


def find_influential(table: pd.DataFrame) -> tuple[str, ...]:
    """Say which observations the model bends to.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_leave_one_out`.

    Returns
    -------
    tuple of str
        A sentence for each, with its date and cell.
    """
    cells = [c for c in table.columns if c not in COLUMNS]
    return tuple(
        f"{' / '.join([f'{row["date"]:%Y-%m-%d}', *(str(row[one]) for one in cells)])} moves the "
        f"fit by itself: Pareto k is {row['pareto_k']:.2f} (at most {table.attrs['good_k']:.2f})"
        for row in table[table["is_influential"]].to_dict("records")
    )


COLUMNS = frozenset({"date", "elpd", "pareto_k", "is_influential", "pit"})
"""Columns of the table; any other is a dim of the panel."""


def find_uncalibrated(table: pd.DataFrame) -> tuple[str, ...]:
    """Say whether the predictions are as sure as they should be.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_leave_one_out`.

    Returns
    -------
    tuple of str
        One sentence, or none.
    """
    found = measure_calibration(table["pit"])
    if found <= MAX_DISTANCE:
        return ()
    middle = float(table["pit"].between(0.25, 0.75).mean())
    what = "less sure than it could be" if middle > 0.5 else "surer than it should be"
    lean = float(table["pit"].mean()) - 0.5
    if abs(lean) > abs(middle - 0.5):
        what = "too low" if lean > 0 else "too high"
    words = (
        f"Of a period that it has not seen the model is {what}: the distance from even "
        f"probabilities is {found:.2f} (at most {MAX_DISTANCE})"
    )
    return (words,)


def measure_calibration(pit: pd.Series) -> float:
    """Measure how far probabilities are from being evenly spread.

    Parameters
    ----------
    pit : pandas.Series
        0 to 1.

    Returns
    -------
    float
        Largest distance of their cumulated share from a straight line, times the square root of
        their number: Kolmogorov's statistic.

    Examples
    --------
    >>> round(measure_calibration(pd.Series(np.linspace(0.005, 0.995, 100))), 3)
    0.05
    """
    values = np.sort(pit.to_numpy())
    steps = np.arange(len(values) + 1) / len(values)
    distance = max(np.max(steps[1:] - values), np.max(values - steps[:-1]))
    return float(distance) * math.sqrt(len(values))

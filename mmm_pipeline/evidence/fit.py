"""How well a model describes the history it was fitted to."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.crps import LEVELS, compute_crps
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import compute_fitted_mean
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS, UPPER
from mmm_pipeline.model.link import read_link


def summarize_fit(fit: ConvergedFit) -> pd.DataFrame:
    """Set the fitted mean and its predictive intervals beside what was observed.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``date``, the panel's dims, ``observed, fitted, lower, upper, residual, crps``, and
        ``lower_50, upper_50`` and so on for `LEVELS`, in target units. Intervals are those of a new
        observation, noise included, drawn with the spec's seed, equal-tailed; ``lower, upper`` is
        the 5-95 % one. ``crps`` is the period's score, see `compute_crps`.
    """
    fitted = compute_fitted_mean(fit)
    predicted = draw_observations(fit, fitted)
    tails = {f"_{band}": (0.5 - band / 200, 0.5 + band / 200) for band in LEVELS}
    tails = {"": (LOWER, UPPER), **tails}
    levels = sorted({level for ends in tails.values() for level in ends})
    bounds = predicted.quantile(levels, dim=SAMPLE_DIMS)
    columns = xr.Dataset(
        {"observed": fit.features["target"], "fitted": fitted.mean(SAMPLE_DIMS)}
        | {
            f"{side}{suffix}": bounds.sel(quantile=level, drop=True)
            for suffix, ends in tails.items()
            for side, level in zip(("lower", "upper"), ends, strict=True)
        }
        | {"crps": compute_crps(predicted, fit.features["target"])}
    )
    order = [str(dim) for dim in fit.features["target"].dims]
    table = columns.to_dataframe(dim_order=order).reset_index()
    table["residual"] = table["observed"] - table["fitted"]
    table.attrs["fit_id"] = fit.fit_id
    return table


def draw_observations(
    fit: ConvergedFit, mean: xr.DataArray, seed: int | None = None
) -> xr.DataArray:
    """Draw what may be observed around a mean, noise included.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    mean : xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units, a value for every draw of the fit, or for some of them.
    seed : int, optional
        Of the noise; the spec's, if not given.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units.
    """
    link = read_link(fit.spec, fit.features)
    rng = np.random.default_rng(fit.spec.sampling.seed if seed is None else seed)
    return link.to_target(link.to_model(mean) + _draw_noise(fit, mean, rng))


def draw_predicted(fit: ConvergedFit) -> xr.DataArray:
    """Draw what would have been observed, had the window happened again.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units, noise included; the same at every call.
    """
    return draw_observations(fit, compute_fitted_mean(fit)).rename("predicted")


def _draw_noise(fit: ConvergedFit, fitted: xr.DataArray, rng: np.random.Generator) -> xr.DataArray:
    """Draw what nothing explains, on the model's scale."""
    noise = xr.zeros_like(fitted).copy(data=rng.standard_normal(fitted.shape))
    if fit.spec.likelihood == "student_t":
        freedom = fit.posterior["y_nu"].sel(draw=fitted["draw"])
        freedom = freedom.broadcast_like(fitted).transpose(*fitted.dims)
        noise = noise / (rng.chisquare(freedom) / freedom) ** 0.5
    scaled: xr.DataArray = noise * fit.posterior["y_sigma"]
    return scaled.transpose(*fitted.dims)

"""How well a model describes the history it was fitted to."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import compute_fitted_mean
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS, UPPER


def summarize_fit(fit: ConvergedFit) -> pd.DataFrame:
    """Set the fitted mean and its predictive interval beside what was observed.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``date``, the panel's dims, ``observed, fitted, lower, upper, residual`` in target units;
        the interval is the 5-95 % one of a new observation, noise included, drawn with the spec's
        seed.
    """
    fitted = compute_fitted_mean(fit)
    noise_scale = fit.posterior["y_sigma"] * fit.features["target_scale"]
    rng = np.random.default_rng(fit.spec.sampling.seed)
    predicted = fitted + noise_scale * xr.zeros_like(fitted).copy(
        data=rng.standard_normal(fitted.shape)
    )
    bounds = predicted.quantile([LOWER, UPPER], dim=SAMPLE_DIMS)
    columns = xr.Dataset(
        {
            "observed": fit.features["target"],
            "fitted": fitted.mean(SAMPLE_DIMS),
            "lower": bounds.sel(quantile=LOWER, drop=True),
            "upper": bounds.sel(quantile=UPPER, drop=True),
        }
    )
    order = [str(dim) for dim in fit.features["target"].dims]
    table = columns.to_dataframe(dim_order=order).reset_index()
    table["residual"] = table["observed"] - table["fitted"]
    table.attrs["fit_id"] = fit.fit_id
    return table

"""How a channel's response bends with its exposure."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.recent import mean_recent, read_price
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.insight.summary import LOWER, UPPER

REACH = 1.5
"""How far beyond the largest exposure of a period the curves go."""
N_POINTS = 76
"""Points of a curve: steps of 2 % of the largest exposure."""
CURVE_DRAWS = 1000
"""Draws that the curves of a panel are summed up from."""


def summarize_response_curves(fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate each channel's response to a constant exposure per period.

    Constant, so that carry-over has settled: with weights that add up to 1 the adstocked exposure
    is the exposure itself. Where terms multiply, it is what the channel adds to today's target.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``channel, exposure, spend, response, lower, upper``: exposure per period in its own unit,
        what that costs at today's price (NaN for what is not bought), and target units per period
        with their 5-95 % interval, from nothing to `REACH` times the largest of the window;
        ``is_observed`` where the exposure is no larger than that; ``exposure_now``, the mean of
        the last 52 weeks, and ``spend_now``. Cells of a panel are added up, each at the same
        share of its own largest exposure.
    """
    features, cells = fit.features, list(fit.spec.data.panel)
    grid = xr.DataArray(np.linspace(0, REACH, N_POINTS), dims="x")
    response = read_response(fit)
    if cells:
        response = response.thin(CURVE_DRAWS)
    curve = response.bend(grid * response.weigh_now(features))
    if response.is_log:
        curve = response.strip(features, together=False) * np.expm1(curve)
    curve = curve.sum(cells)
    bounds = curve.quantile([LOWER, UPPER], dim="sample")
    exposure = grid * features["channel_scale"]
    is_bought = features["is_bought"]
    table = xr.Dataset(
        {
            "exposure": exposure.sum(cells),
            "spend": (exposure * read_price(features)).sum(cells).where(is_bought),
            "response": curve.mean("sample"),
            "lower": bounds.sel(quantile=LOWER, drop=True),
            "upper": bounds.sel(quantile=UPPER, drop=True),
            "is_observed": grid <= 1 + np.finfo(float).eps,
            "exposure_now": mean_recent(features, "exposure").sum(cells),
            "spend_now": mean_recent(features, "spend").sum(cells).where(is_bought),
        }
    )
    rows = table.to_dataframe(dim_order=["channel", "x"]).reset_index().drop(columns="x")
    rows.attrs["fit_id"] = fit.fit_id
    return rows

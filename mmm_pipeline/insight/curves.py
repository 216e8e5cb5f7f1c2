"""How a channel's response bends with its spend."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.recent import mean_recent_spend
from mmm_pipeline.insight.summary import LOWER, UPPER

REACH = 1.5
"""How far beyond the largest spend of a period the curves go."""
N_POINTS = 76
"""Points of a curve: steps of 2 % of the largest spend."""


def summarize_response_curves(fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate each channel's response to a constant spend per period.

    Constant spend, so that carry-over has settled: with weights that add up to 1 the adstocked
    spend is the spend itself.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``channel, spend, response, lower, upper``: currency per period, and target units per
        period with their 5-95 % interval, from no spend to `REACH` times the largest of the
        window; ``is_observed`` where the spend is no larger than that; ``spend_now``, the mean of
        the last 52 weeks.
    """
    scale = fit.features["channel_scale"]
    mmm = restore_model(fit)
    curve = mmm.saturation.sample_curve(
        mmm.idata["/posterior"].to_dataset(),
        max_value=REACH,
        num_points=N_POINTS,
        progressbar=False,
    )
    curve = curve * fit.features["target_scale"]
    samples = [dim for dim in curve.dims if dim not in {"x", "channel"}]
    bounds = curve.quantile([LOWER, UPPER], dim=samples)
    table = xr.Dataset(
        {
            "spend": curve["x"] * scale,
            "response": curve.mean(samples),
            "lower": bounds.sel(quantile=LOWER, drop=True),
            "upper": bounds.sel(quantile=UPPER, drop=True),
            "is_observed": (curve["x"] <= 1 + np.finfo(float).eps) & (scale > 0),
            "spend_now": mean_recent_spend(fit.features),
        }
    ).to_dataframe()
    table = table.reset_index().sort_values(["channel", "spend"], kind="stable")
    order = {name: place for place, name in enumerate(scale["channel"].to_numpy())}
    table = table.sort_values("channel", key=lambda names: names.map(order), kind="stable")
    columns = ["channel", "spend", "response", "lower", "upper", "is_observed", "spend_now"]
    table = table[columns].reset_index(drop=True)
    table.attrs["fit_id"] = fit.fit_id
    return table

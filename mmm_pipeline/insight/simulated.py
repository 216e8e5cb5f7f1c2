"""What a tenth more spend would have brought over the window that was, draw by draw."""

import numpy as np
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.marginal import PANEL_DRAWS
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.recent import average_recent
from mmm_pipeline.insight.response import MediaResponse, read_response
from mmm_pipeline.insight.summary import SAMPLE_DIMS
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.trend import DRIFT

MORE = 0.1
"""Share by which the spend of every period is raised."""
MOST_NUMBERS = 20_000_000
"""Numbers that a channel's dated draws may take; beyond, evenly spaced draws are used."""


def simulate_more_spend(fit: ConvergedFit) -> xr.DataArray:
    """Simulate the window once more, each channel in turn with a tenth more spend in every period.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.DataArray, dims ``(sample, channel)``
        Of the channels that are bought: target units of all periods and cells that the money
        beyond what was spent would have brought within the window, per unit of it; NaN where
        nothing was spent. Of a panel about `PANEL_DRAWS` draws.

    Notes
    -----
    ``(y(1.1 x) - y(x)) / (0.1 sum x)`` with the curves, the carry-over and the timing that there
    were, at the prices of the time, people being reached as often. So it is the return of the next
    tenth where and when money was spent, `roas` that of all of it, and `marginal_roas` that of the
    next unit spread evenly today. Where terms multiply, ``y`` is the observed target, as for a
    contribution.
    """
    features, cells = fit.features, list(fit.spec.data.panel)
    n_draws = MOST_NUMBERS // features["target"].size
    if cells:
        n_draws = min(n_draws, PANEL_DRAWS)
    response = read_response(fit)
    step = max(1, -(-response.height.sizes["sample"] // max(1, n_draws)))
    response, drift = response.take(slice(None, None, step)), _read_drift(fit)
    if drift is not None:
        drift = drift.isel(sample=slice(None, None, step))
    spend = features["spend"].sum(["date", *cells])
    rises = [response.height.sel(channel=[]).sum(cells)]  # There may be no channel to raise.
    for channel in fit.spec.bought_media:
        rise = _raise_channel(response.choose([channel]), features, drift)
        rises.append(rise.sum(["date", *cells]))
    money = MORE * spend.sel(channel=fit.spec.bought_media)
    returns: xr.DataArray = xr.concat(rises, "channel") / money.where(money > 0)
    return returns.transpose("sample", "channel")


def _raise_channel(
    response: MediaResponse, features: xr.Dataset, drift: xr.DataArray | None
) -> xr.DataArray:
    """Compute what one channel adds to each period of each cell."""
    carried = response.carry(response.weigh_past(features))
    rise = response.bend((1 + MORE) * carried) - response.bend(carried)
    if drift is not None:
        rise = rise * drift
    if response.is_log:
        rise = (features["target"] + response.offset) * np.expm1(rise)
    return rise


def _read_drift(fit: ConvergedFit) -> xr.DataArray | None:
    """Read how much better than today media worked at each time; None where it does not vary."""
    model = restore_model(fit).model
    if DRIFT not in model.named_vars:
        return None
    draws = compute_variables(model, fit.posterior, [DRIFT])[DRIFT]
    draws = draws.stack(sample=SAMPLE_DIMS, create_index=False).drop_vars(SAMPLE_DIMS)  # xarray's
    return draws / average_recent(draws, fit.features)

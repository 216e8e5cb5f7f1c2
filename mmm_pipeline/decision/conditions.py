"""What nobody plans: what controls will be in a window, and what that adds."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.ahead import continue_features, list_planned_media, overwrite
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.grain import extend_calendar
from mmm_pipeline.insight.response import LAG, MediaResponse
from mmm_pipeline.insight.summary import SAMPLE_DIMS
from mmm_pipeline.model.forecast import predict_variables
from mmm_pipeline.spec import Scenario, resolve_amount


def state_controls(
    features: xr.Dataset, scenario: Scenario, dates: pd.DatetimeIndex
) -> dict[str, xr.DataArray]:
    """Say what controls will be, where a scenario states it.

    Parameters
    ----------
    features : xarray.Dataset
        From `continue_features`, of dates that the window's are among.
    scenario : Scenario
        Its `controls`, in their own units; of a panel, the same in every cell.
    dates : pandas.DatetimeIndex
        Of the window.

    Returns
    -------
    dict of str to xarray.DataArray
        For `overwrite`; empty where nothing is stated.

    Examples
    --------
    >>> dates = pd.date_range("2026-01-05", periods=2, freq="7D")
    >>> stated = Scenario(periods=2, controls={"price": "+10%"})
    >>> coords = {"date": dates, "control": ["price"]}
    >>> before = xr.DataArray([[1.0], [-1.0]], coords=coords, dims=("date", "control"))
    >>> scales = {"control_scale": 2.0, "control_center": 20.0}
    >>> known = {name: ("control", [value]) for name, value in scales.items()}
    >>> found = state_controls(xr.Dataset({"control_scaled": before, **known}), stated, dates)
    >>> (2.0 * found["control_scaled"] + 20.0).values.round(9).ravel().tolist()
    [24.2, 19.8]
    """
    if not scenario.controls:
        return {}
    some = features[["control_scaled", "control_scale", "control_center"]]
    some = some.sel(control=list(scenario.controls))
    scale, center = some["control_scale"], some["control_center"]
    before = some["control_scaled"].sel(date=dates) * scale + center
    before = before.transpose("date", ..., "control")
    values = np.empty(before.shape)
    for n, course in enumerate(scenario.controls.values()):
        past = before.isel(control=n).to_numpy()
        if isinstance(course, str):
            values[..., n] = past * resolve_amount(course, 1.0)
        else:
            values[..., n] = np.reshape(course, (-1, *[1] * (past.ndim - 1)))
    return {"control_scaled": (before.copy(data=values) - center) / scale}


def lay_out(fit: ConvergedFit, scenario: Scenario, schedule: xr.Dataset) -> xr.Dataset:
    """Lay a plan and what it meets out in time.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    scenario : Scenario
        What it says of controls counts.
    schedule : xarray.Dataset
        From `mmm_pipeline.decision.window.Window.schedule`; its last dates are the window's.

    Returns
    -------
    xarray.Dataset
        Features of the fit's dates and the schedule's. What is neither planned nor stated is as
        the year before, see `continue_features`.
    """
    dates = pd.DatetimeIndex(schedule["date"].to_numpy())
    features = continue_features(fit, dates)
    stated = state_controls(features, scenario, dates[-scenario.periods :])
    return overwrite(features, list_planned_media(fit, schedule) | stated)


def compute_base(
    fit: ConvergedFit,
    response: MediaResponse,
    scenario: Scenario,
    dates: pd.DatetimeIndex,
    drawn: slice,
) -> xr.DataArray:
    """Compute what a window's target would be without media, where terms multiply.

    The mean of the last 52 weeks without media; and without the controls that the scenario states,
    which act as they are stated, date by date.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    response : MediaResponse
        Of the bought media, with the draws that are measured with.
    scenario : Scenario
        Its `controls` and `periods`.
    dates : pandas.DatetimeIndex
        From the end of the data to the end of the window.
    drawn : slice
        Which draws of the fit those are.

    Returns
    -------
    xarray.DataArray, dims ``(sample, ...)``, and ``date`` where controls are stated
        Target units per period, the link's offset in. Of the window's dates, and as many after it
        as what it brings goes on.
    """
    features = fit.features.sel(channel=response.height["channel"])
    if not scenario.controls:
        return response.strip(features, together=True)
    n_after = response.weights.sizes[LAG] - 1
    whole = extend_calendar(
        pd.Timestamp(features["date"].to_numpy()[-1]), features.attrs["grain"], len(dates) + n_after
    )
    terms = _compute_control_terms(fit, scenario, whole, dates[-scenario.periods :])
    past, ahead = (
        terms.isel(sample=drawn, date=places)
        for places in (slice(None, -len(whole)), slice(-scenario.periods - n_after, None))
    )
    base: xr.DataArray = response.strip(features, together=True, also=past) * np.exp(ahead)
    return base


def _compute_control_terms(
    fit: ConvergedFit, scenario: Scenario, ahead: pd.DatetimeIndex, window: pd.DatetimeIndex
) -> xr.DataArray:
    """Compute what stated controls add, on the dates of the fit and ahead: logarithms."""
    features = continue_features(fit, ahead)
    stated = overwrite(features, state_controls(features, scenario, window))
    name = "control_contribution"
    added = next(predict_variables(fit.trace, [stated], [name]))[name]
    some = added.sel(control=list(scenario.controls)).sum("control")
    stacked = some.stack(sample=SAMPLE_DIMS, create_index=False)  # noqa: PD013  # xarray's.
    return stacked.drop_vars(SAMPLE_DIMS)

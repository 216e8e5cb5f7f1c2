"""Features of the periods that follow the data: what is assumed of them, and what is known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import StaleFitError, shorten
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.calendar import mark_events
from mmm_pipeline.ingest.grain import PERIODS_PER_YEAR
from mmm_pipeline.insight.recent import average_recent
from mmm_pipeline.model.scales import hold_scales

EXPOSURE = ("exposure", "frequency")
"""What of a channel acts."""


def continue_features(fit: ConvergedFit, dates: pd.DatetimeIndex) -> xr.Dataset:
    """Continue a fit's features beyond its data.

    Media and controls are assumed to be as in the same period of the year before, or, where the
    data do not go back a year, at their mean. Events are on when the calendar has them.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    dates : pandas.DatetimeIndex
        First days of the periods that follow its data.

    Returns
    -------
    xarray.Dataset
        As the fit's own, on its scales, with more dates; the target is not known on these.
    """
    features = fit.features
    dated = features[[name for name, one in features.data_vars.items() if "date" in one.dims]]
    ahead = _repeat_year(dated, dates, PERIODS_PER_YEAR[features.attrs["grain"]])
    ahead["target"] = xr.full_like(ahead["target"], np.nan)
    whole = features.drop_dims("date").assign(xr.concat([dated, ahead], "date").data_vars)
    if not fit.spec.events:
        return whole
    is_on = mark_events(fit.spec, pd.DatetimeIndex(whole["date"].to_numpy()))
    events = xr.DataArray(
        np.stack(list(is_on.values())), coords={"control": list(is_on), "date": whole["date"]}
    )
    return overwrite(whole, {"control_scaled": events.sel(date=dates)})


def list_planned_media(fit: ConvergedFit, schedule: xr.Dataset) -> dict[str, xr.DataArray]:
    """Say what acts if a plan is kept to; people are reached as often as of late.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    schedule : xarray.Dataset
        ``exposure (date, ..., channel)`` of the bought media.

    Returns
    -------
    dict of str to xarray.DataArray
        For `overwrite`.
    """
    planned = {"exposure": schedule["exposure"]}
    if "frequency" not in fit.features:
        return planned
    past = fit.features[list(EXPOSURE)].sel(channel=schedule["channel"])
    contacts = average_recent(past["exposure"], fit.features)
    reached = average_recent(past["exposure"] / past["frequency"], fit.features)
    often = (contacts / reached.where(reached > 0)).fillna(1.0)
    return planned | {"frequency": often.broadcast_like(schedule["exposure"])}


def align_actual(fit: ConvergedFit, actual: xr.Dataset, dates: pd.DatetimeIndex) -> xr.Dataset:
    """Put what came on a fit's scales, from the end of its data on.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    actual : xarray.Dataset
        Features of all the data there are now.
    dates : pandas.DatetimeIndex
        First days of the periods that follow the fit's data.

    Returns
    -------
    xarray.Dataset
        On those of the dates that have come.

    Raises
    ------
    StaleFitError
        If what came has other cells than the fit, or lacks periods right after its data.
    """
    for dim in fit.features["target"].dims[1:]:
        if not np.array_equal(actual[dim].to_numpy(), fit.features[dim].to_numpy()):
            message = f"The data must have the {dim}s that fit {fit.fit_id} has; they do not."
            raise StaleFitError(message)
    came = dates[dates <= actual["date"].to_numpy()[-1]]
    if missing := [f"{day:%Y-%m-%d}" for day in came if day not in actual["date"].to_numpy()]:
        message = (
            f"The data must hold every period after those of fit {fit.fit_id}; they lack "
            f"{shorten(missing)}."
        )
        raise StaleFitError(message)
    return hold_scales(actual, fit.features, at_any_cost=True).sel(date=came)


def list_actual_media(fit: ConvergedFit, actual: xr.Dataset) -> dict[str, xr.DataArray]:
    """Say what the bought media really showed.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    actual : xarray.Dataset
        From `align_actual`.

    Returns
    -------
    dict of str to xarray.DataArray
        For `overwrite`.
    """
    return _list_media(actual, fit.spec.bought_media)


def list_actual_conditions(fit: ConvergedFit, actual: xr.Dataset) -> dict[str, xr.DataArray]:
    """Say what nobody planned really was: controls, and media that are not bought.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    actual : xarray.Dataset
        From `align_actual`.

    Returns
    -------
    dict of str to xarray.DataArray
        For `overwrite`; empty where all that the model has is planned, or known by the calendar.
    """
    given = [name for name in fit.spec.media if name not in fit.spec.bought_media]
    conditions = _list_media(actual, given) if given else {}
    if fit.spec.controls:
        scaled = actual["control_scaled"].sel(control=list(fit.spec.controls))
        conditions["control_scaled"] = scaled
    return conditions


def overwrite(features: xr.Dataset, values: Mapping[str, xr.DataArray]) -> xr.Dataset:
    """Put other values into features, on the labels that the values have.

    Parameters
    ----------
    features : xarray.Dataset
        Not changed.
    values : mapping of str to xarray.DataArray
        By name of the variable; dims that a value lacks are filled with the same.

    Returns
    -------
    xarray.Dataset
    """
    held = features.copy(deep=True)
    for name, value in values.items():
        place = {dim: value[dim].to_numpy() for dim in value.dims if dim in value.coords}
        taken = held[name].sel(place)
        held[name].loc[place] = value.broadcast_like(taken).transpose(*taken.dims).to_numpy()
    return held


def _list_media(actual: xr.Dataset, channels: list[str]) -> dict[str, xr.DataArray]:
    """Take what acts of some channels."""
    return {name: actual[name].sel(channel=channels) for name in EXPOSURE if name in actual}


def _repeat_year(dated: xr.Dataset, dates: pd.DatetimeIndex, per_year: int) -> xr.Dataset:
    """Repeat the last year, or the mean of a shorter past."""
    n_dates = dated.sizes["date"]
    if n_dates < per_year:
        return dated.mean("date").expand_dims(date=dates)
    places = n_dates - per_year + np.arange(len(dates)) % per_year
    return dated.isel(date=places).assign_coords(date=dates)

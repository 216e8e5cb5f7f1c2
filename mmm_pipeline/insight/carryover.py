"""How long each channel acts, and what earlier exposure still brings, draw by draw."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.response import LAG, MediaResponse, read_response
from mmm_pipeline.insight.summary import summarize
from mmm_pipeline.model.features import stack

HALF = 0.5


def summarize_carryover_curves(fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate which part of an exposure's effect comes in which period.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``channel, form, lag, weight, weight_lower, weight_upper, cumulative, cumulative_lower,
        cumulative_upper``: the share of the carried exposure that falls into the period so many
        periods after the exposure, 0 its own, and the share up to then; 5-95 % intervals.
    """
    response = read_response(fit)
    weights = response.weights.transpose("sample", "channel", LAG)
    parts = [summarize(weights, "weight"), summarize(weights.cumsum(LAG), "cumulative")]
    lags = {LAG: np.arange(weights.sizes[LAG])}
    whole = xr.merge([part.assign_coords(lags) for part in parts])
    table = whole.to_dataframe(dim_order=["channel", LAG]).reset_index()
    table = table.set_index("channel").loc[list(fit.spec.media)].reset_index()
    forms = {name: media.carryover.form for name, media in fit.spec.media.items()}
    table.insert(1, "form", table["channel"].map(forms))
    table.attrs["fit_id"] = fit.fit_id
    return table


def measure_half_life(response: MediaResponse, forms: Mapping[str, str]) -> xr.DataArray:
    """Measure after how many periods half of what an exposure brings has come.

    Parameters
    ----------
    response : MediaResponse
        Carry-over and curves.
    forms : mapping of str to str
        Form of each channel's carry-over.

    Returns
    -------
    xarray.DataArray, dims ``(sample, channel)``
        In periods. 0 where nothing lasts.

    Notes
    -----
    Of a geometric carry-over ``ln 0.5 / ln alpha``, as a prior on it is stated; ``alpha`` is the
    ratio of two weights that follow each other. Of any other form the time at which the weights
    add up to a half, what a lag brings coming evenly over its period.
    """
    halves = {}
    for channel, form in forms.items():
        weights = response.weights.sel(channel=channel)
        halves[channel] = _halve(form, weights) if weights.sizes[LAG] > 1 else _nothing(weights)
    return stack(halves, "channel").transpose("sample", "channel")


def measure_carried_over(response: MediaResponse, exposure: xr.DataArray) -> xr.DataArray:
    """Measure which share of a channel's effect in a period earlier exposure still brings.

    A curve bends what is carried over as a whole, so there is no telling apart what either part
    would have brought alone. What is carried is shared out in the ratio in which it came together:
    the share is the weight of all lags above 0 in the carried exposure.

    Parameters
    ----------
    response : MediaResponse
        Carry-over and curves.
    exposure : xarray.DataArray, dims ``(date, ..., channel)``, and ``sample`` where it varies
        In its own unit, weighed by what a contact counted; see `MediaResponse.weigh_past`.

    Returns
    -------
    xarray.DataArray, dims ``(date, sample, ..., channel)``
        0 to 1; 0 where nothing acts.

    Notes
    -----
    ``sum_{l >= 1} w_l x_{t-l} / sum_{l >= 0} w_l x_{t-l}``, with ``w`` the weights and ``x`` the
    exposure.
    """
    carried = response.carry(exposure)
    at_once = response.weights.isel({LAG: 0}) * exposure / response.scale
    share = 1 - at_once / carried.where(carried > 0)
    return share.clip(0.0, 1.0).fillna(0.0)


def _halve(form: str, weights: xr.DataArray) -> xr.DataArray:
    """Find the half-life of one channel."""
    if form == "none":
        return _nothing(weights)
    if form == "geometric":
        ratio = weights.isel({LAG: 1}) / weights.isel({LAG: 0})
        periods: xr.DataArray = np.log(HALF) / np.log(ratio)
        return periods
    cumulative = weights.cumsum(LAG)
    place = (cumulative >= HALF).argmax(LAG)
    here = weights.isel({LAG: place})
    return place + 1 - (cumulative.isel({LAG: place}) - HALF) / here


def _nothing(weights: xr.DataArray) -> xr.DataArray:
    """Say of every draw that nothing lasts."""
    return xr.zeros_like(weights.isel({LAG: 0}, drop=True))

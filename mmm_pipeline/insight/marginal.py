"""What the next unit of money brings, and up to where it comes back, draw by draw."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contacts import take_parameters
from mmm_pipeline.insight.posterior import FITS_KEPT
from mmm_pipeline.insight.recent import mean_recent, read_price
from mmm_pipeline.insight.response import MediaResponse, read_response
from mmm_pipeline.insight.slopes import (
    HAS_CEILING,
    MOST,
    differentiate,
    find_exposure,
    search_last,
)
from mmm_pipeline.model.features import stack
from mmm_pipeline.model.formulas import SATURATION_PARAMETERS

PANEL_DRAWS = 1000
"""Draws that the cells of a panel are added up from."""


@dataclass(frozen=True, eq=False)
class SpendResponse:
    """What a constant spend per period brings per period, once carry-over has settled.

    Constant, as the plans and the response curves are: with weights that add up to 1 the carried
    exposure is then the exposure itself. A channel's money is split over the cells of a panel, and
    buys exposure, as today; where nothing is spent today, as over the whole window.

    Attributes
    ----------
    response : MediaResponse
        Of the channels that are bought.
    per_money : xarray.DataArray, dims ``(..., channel)``, and ``sample`` where it varies by draw
        Scaled exposure per period for one unit of money per period.
    base : xarray.DataArray or None, dims ``(sample, ..., channel)``
        Where terms multiply: today's target without the channel.
    cells : tuple of str
        The panel's dims.
    spend_now, most : xarray.DataArray, dims ``(channel,)``
        Money per period: the mean of the last 52 weeks, and what is never looked beyond.
    """

    response: MediaResponse
    per_money: xr.DataArray
    base: xr.DataArray | None
    cells: tuple[str, ...]
    spend_now: xr.DataArray
    most: xr.DataArray

    def respond(self, spend: xr.DataArray) -> xr.DataArray:
        """Compute what spend brings.

        Parameters
        ----------
        spend : xarray.DataArray, dims ``(..., channel)``
            Money per period.

        Returns
        -------
        xarray.DataArray, dims ``(sample, ..., channel)``
            Target units per period, all cells together.
        """
        terms = self.response.bend(spend * self.per_money)
        if self.base is not None:
            terms = self.base * np.expm1(terms)
        return terms.sum(self.cells)

    def earn_next(self, spend: xr.DataArray) -> xr.DataArray:
        """Compute what the next unit of money brings: the slope of `respond`.

        Parameters
        ----------
        spend : xarray.DataArray, dims ``(..., channel)``
            Money per period.

        Returns
        -------
        xarray.DataArray, dims ``(sample, ..., channel)``
            Target units per unit of money.
        """
        exposure = spend * self.per_money
        slope = _bend_each(self.response, differentiate, exposure) * self.response.height
        if self.base is not None:
            slope = slope * self.base * np.exp(self.response.bend(exposure))
        return (slope * self.per_money).sum(self.cells)

    def find_breakeven(self, level: float) -> xr.DataArray:
        """Find up to where the next unit of money comes back.

        Parameters
        ----------
        level : float
            Return at which it does, target units per unit of money.

        Returns
        -------
        xarray.DataArray, dims ``(sample, channel)``
            The largest spend per period whose next unit brings as much: 0 where none does, `MOST`
            times the largest exposure that was seen where it still does there.

        Notes
        -----
        In closed form, see `mmm_pipeline.insight.slopes.find_exposure`, but for panels and where
        terms multiply.
        """
        if self.base is None and not self.cells:
            steepness = level / (self.response.height * self.per_money)
            return _bend_each(self.response, find_exposure, steepness) / self.per_money
        return search_last(self.earn_next, level, self.most)


@lru_cache(maxsize=FITS_KEPT)
def read_spend_response(fit: ConvergedFit) -> SpendResponse:
    """Read what spend brings from a fit.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    SpendResponse
    """
    features, cells = fit.features, list(fit.spec.data.panel)
    bought = fit.spec.bought_media
    response = read_response(fit)
    if cells:
        response = response.thin(PANEL_DRAWS)
    base = response.strip(features, together=False) if response.is_log else None
    response = response.choose(bought)
    price = read_price(features).sel(channel=bought)
    now = mean_recent(features, "spend").sel(channel=bought)
    whole = features["spend"].sel(channel=bought).mean("date")
    usual = now.where(now.sum(cells) > 0, whole)
    exposure = (usual / usual.sum(cells) / price).fillna(0.0)
    largest = (features["channel_scale"].sel(channel=bought) * price).fillna(0.0).sum(cells)
    return SpendResponse(
        response=response,
        per_money=exposure * response.weigh_now(features) / response.scale,
        base=None if base is None else base.sel(channel=bought),
        cells=tuple(cells),
        spend_now=now.sum(cells),
        most=MOST * largest,
    )


def measure_saturation(fit: ConvergedFit) -> xr.DataArray:
    """Measure how far up its curve each channel is today.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.DataArray, dims ``(sample, channel)``
        Response to the mean exposure of the last 52 weeks, kept up, as a share of the curve's
        ceiling, 0 to 1; of a panel, of the ceilings of all cells. NaN where there is no ceiling.
    """
    features, cells = fit.features, list(fit.spec.data.panel)
    response = read_response(fit)
    if cells:
        response = response.thin(PANEL_DRAWS)
    exposure = mean_recent(features, "exposure") * response.weigh_now(features) / response.scale
    height = response.height.sum(cells)
    share = response.bend(exposure).sum(cells) / height.where(height != 0)
    has_ceiling = xr.DataArray(
        [form in HAS_CEILING for form in response.forms.values()],
        dims="channel",
        coords={"channel": list(response.forms)},
    )
    return share.where(has_ceiling).transpose("sample", "channel")


def find_half(response: MediaResponse) -> xr.DataArray:
    """Find the exposure at which half of each curve's ceiling is reached.

    Parameters
    ----------
    response : MediaResponse
        Carry-over and curves.

    Returns
    -------
    xarray.DataArray, dims ``(sample, channel)``
        A share of the largest exposure. NaN where there is no ceiling.
    """
    if not response.forms:
        return response.height
    known = {"logistic": np.log(3), "exponential": np.log(2)}
    halves = {}
    for channel, form in response.forms.items():
        taken = take_parameters(response.parameters, SATURATION_PARAMETERS[form], channel)
        if form in known:
            halves[channel] = known[form] / taken["lam"]
        else:
            nothing = xr.full_like(response.weights.sel(channel=channel).isel(lag=0), np.nan)
            halves[channel] = taken.get("half_saturation", nothing)
    return stack(halves, "channel")


def _bend_each(
    response: MediaResponse, function: Callable[..., xr.DataArray], values: xr.DataArray
) -> xr.DataArray:
    """Apply a function of a form and its parameters to every channel; there may be none."""
    if not response.forms:
        return values.broadcast_like(response.height)
    parts = {}
    for channel, form in response.forms.items():
        taken = take_parameters(response.parameters, SATURATION_PARAMETERS[form], channel)
        parts[channel] = function(form, values.sel(channel=channel), **taken)
    return stack(parts, "channel")

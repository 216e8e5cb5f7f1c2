"""What exposure would bring: each channel's carry-over and curve, draw by draw, without a graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contacts import Contacts, take_parameters
from mmm_pipeline.insight.posterior import FITS_KEPT, restore_model
from mmm_pipeline.insight.recent import average_recent
from mmm_pipeline.insight.summary import SAMPLE_DIMS, space_evenly
from mmm_pipeline.model.features import stack
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.formulas import (
    CARRYOVER_PARAMETERS,
    SATURATION_PARAMETERS,
    saturate,
    weigh_lags,
)
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.reach import PREFIX
from mmm_pipeline.model.trend import DRIFT
from mmm_pipeline.model.vectors import along_channel

LAG = "lag"
"""Dim: periods since the exposure."""


@dataclass(frozen=True, eq=False)
class MediaResponse:
    """Carry-over and curve of every channel, in every draw.

    Attributes
    ----------
    weights : xarray.DataArray, dims ``(sample, channel, lag)``
        Adding up to 1 over the lags.
    forms : mapping of str to str
        Form of each channel's curve.
    parameters : mapping of str to xarray.DataArray, dims ``(sample, channel)``
        Of the curves, for the channels that take them.
    height : xarray.DataArray, dims ``(sample, ..., channel)``
        Of the curve's 1, as today: target units, or, where terms multiply, a logarithm.
    scale : xarray.DataArray, dims ``(..., channel)``
        Exposure that the curves take for 1.
    is_log : bool
        Whether terms multiply.
    contacts : Contacts or None
        What a contact counts, for channels of which it is known how often people were reached.
    offset : float
        What is added to the target before terms multiply it, target units.
    """

    weights: xr.DataArray
    forms: Mapping[str, str]
    parameters: Mapping[str, xr.DataArray]
    height: xr.DataArray
    scale: xr.DataArray
    is_log: bool = False
    contacts: Contacts | None = None
    offset: float = 0.0

    def thin(self, n_draws: int) -> "MediaResponse":
        """Keep evenly spaced draws.

        Parameters
        ----------
        n_draws : int
            About how many are to be left.

        Returns
        -------
        MediaResponse
        """
        return self.take(space_evenly(self.height.sizes["sample"], n_draws))

    def take(self, places: slice | np.ndarray) -> "MediaResponse":
        """Keep some draws.

        Parameters
        ----------
        places : slice or numpy.ndarray
            Along ``sample``.

        Returns
        -------
        MediaResponse
        """
        some = {"sample": places}
        parameters = {name: one.isel(some) for name, one in self.parameters.items()}
        return replace(
            self,
            weights=self.weights.isel(some),
            parameters=parameters,
            height=self.height.isel(some),
            contacts=self.contacts and self.contacts.thin(some),
        )

    def choose(self, channels: Sequence[str]) -> "MediaResponse":
        """Keep some channels.

        Parameters
        ----------
        channels : sequence of str
            Their names.

        Returns
        -------
        MediaResponse
        """
        names = list(channels)
        return replace(
            self,
            weights=self.weights.sel(channel=names),
            forms={name: self.forms[name] for name in names},
            height=self.height.sel(channel=names),
            scale=self.scale.sel(channel=names),
            contacts=self.contacts and self.contacts.choose(names),
        )

    def weigh_past(self, features: xr.Dataset) -> xr.DataArray:
        """Weigh past exposure by what a contact counted at the time.

        Parameters
        ----------
        features : xarray.Dataset
            Of the fit.

        Returns
        -------
        xarray.DataArray, dims ``(date, ..., channel)``, and ``sample`` where it varies by draw
            In its own unit.
        """
        exposure = features["exposure"].sel(channel=list(self.forms))
        if self.contacts is None:
            return exposure
        often = features["frequency"].sel(channel=list(self.forms))
        return exposure * self.contacts.weigh(often)

    def weigh_now(self, features: xr.Dataset) -> xr.DataArray:
        """Compute what a contact counts today, people being reached as often as of late.

        Parameters
        ----------
        features : xarray.Dataset
            Of the fit.

        Returns
        -------
        xarray.DataArray, dims ``(..., channel)``, and ``sample`` where it varies by draw
            Mean of the last 52 weeks, by exposure; 1 where it is not known how often.
        """
        exposure = features["exposure"].sel(channel=list(self.forms))
        recent = average_recent(exposure, features)
        if self.contacts is None:
            return xr.ones_like(recent)
        weighed = self.weigh_past(features)
        now = average_recent(weighed, features) / recent.where(recent > 0)
        return now.fillna(weighed.sum("date") / exposure.sum("date"))

    def carry(self, exposure: xr.DataArray) -> xr.DataArray:
        """Carry exposure over into later periods.

        Parameters
        ----------
        exposure : xarray.DataArray, dims ``(date, ..., channel)``
            In its own unit, weighed; nothing is known from before the first date, and 0 is taken.

        Returns
        -------
        xarray.DataArray, dims ``(date, sample, ..., channel)``
            Scaled.
        """
        scaled = exposure / self.scale
        carried: xr.DataArray = sum(  # type: ignore[assignment]
            self.weights.isel({LAG: lag}) * scaled.shift(date=lag, fill_value=0.0)
            for lag in range(min(self.weights.sizes[LAG], exposure.sizes["date"]))
        )
        return carried

    def bend(self, carried: xr.DataArray) -> xr.DataArray:
        """Turn carried exposure into terms.

        Parameters
        ----------
        carried : xarray.DataArray, dims ``(..., channel)``
            Scaled.

        Returns
        -------
        xarray.DataArray, dims ``(sample, ..., channel)``
            In the unit of `height`.
        """
        if not self.forms:  # Nothing is bought.
            return carried * self.height
        curves = {}
        for channel, form in self.forms.items():
            taken = take_parameters(self.parameters, SATURATION_PARAMETERS[form], channel)
            curves[channel] = saturate(form, carried.sel(channel=channel), **taken)
        return stack(curves, "channel") * self.height

    def strip(
        self, features: xr.Dataset, *, together: bool, also: xr.DataArray | float = 0.0
    ) -> xr.DataArray:
        """Compute today's target without media, where terms multiply and it matters.

        Parameters
        ----------
        features : xarray.Dataset
            Of the fit.
        together : bool
            Without all channels at once, or without each by itself.
        also : xarray.DataArray or float
            Other terms to do without, dims ``(sample, date, ...)``.

        Returns
        -------
        xarray.DataArray, dims ``(sample, ...)``, and ``channel`` unless `together`
            Target units per period, `offset` included: the mean of the last 52 weeks.
        """
        terms = self.bend(self.carry(self.weigh_past(features)))
        if together:
            terms = terms.sum("channel")
        return average_recent((features["target"] + self.offset) * np.exp(-terms - also), features)


@lru_cache(maxsize=FITS_KEPT)
def read_response(fit: ConvergedFit) -> MediaResponse:
    """Read carry-over and curves from a fit.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    MediaResponse
        ``sample`` counts the draws of the first chain, then those of the next.
    """
    mmm = restore_model(fit)
    taken = {
        variable: word
        for transformation in (mmm.adstock, mmm.saturation)
        for word, variable in transformation.variable_mapping.items()
        if word in transformation.parameters or word == "beta"
    }
    reach = mmm.reach.parameters if mmm.reach else {}
    frequent = {f"{PREFIX}{word}": word for word in reach}
    drift = [DRIFT] if DRIFT in mmm.model.named_vars else []
    draws = compute_variables(mmm.model, fit.posterior, [*taken, *frequent, *drift])
    draws = draws.stack(sample=SAMPLE_DIMS, create_index=False).drop_vars(SAMPLE_DIMS)
    values = {str(name): along_channel(draws[name]) for name in draws.data_vars}
    carryover = {
        word: values[variable]
        for word, variable in mmm.adstock.variable_mapping.items()
        if variable in values
    }
    curves = {
        word: values[variable]
        for word, variable in mmm.saturation.variable_mapping.items()
        if variable in values and word != "beta"
    }
    link = read_link(fit.spec, fit.features)
    height = values["saturation_beta"] * (1.0 if link.is_log else link.scale)
    if drift:
        height = height * average_recent(values[DRIFT], fit.features)
    contacts = None
    if mmm.reach:
        bends = {word: values[name] for name, word in frequent.items()}
        contacts = Contacts(mmm.reach.forms, bends)
    weights = _weigh(mmm.adstock.forms, mmm.adstock.l_max, carryover)
    if "sample" not in weights.dims:  # Nothing is carried over.
        weights = weights.expand_dims(sample=height.sizes["sample"])
    return MediaResponse(
        weights=weights,
        forms=mmm.saturation.forms,
        parameters=curves,
        height=height.transpose("sample", ..., "channel"),
        scale=fit.features["channel_scale"],
        is_log=link.is_log,
        contacts=contacts,
        offset=link.offset,
    )


def _weigh(
    forms: Mapping[str, str], l_max: int, parameters: Mapping[str, xr.DataArray]
) -> xr.DataArray:
    """Compute the weights of every channel's lags."""
    lags = xr.DataArray(np.arange(l_max, dtype=float), dims=LAG)
    weights = {}
    for channel, form in forms.items():
        taken = take_parameters(parameters, CARRYOVER_PARAMETERS[form], channel)
        weights[channel] = weigh_lags(form, lags, l_max, LAG, **taken)
    return stack(weights, "channel")

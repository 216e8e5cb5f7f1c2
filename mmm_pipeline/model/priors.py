"""Priors a marketer states, in the words the sampler understands."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pymc.dims as pmd
import xarray as xr
from pymc_extras.prior import Prior
from pymc_marketing.mmm.components.adstock import AdstockTransformation
from pymc_marketing.mmm.components.saturation import SaturationTransformation
from pytensor.xtensor import as_xtensor
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.spec import Carryover, ModelSpec, SaturationSpeed

DEFAULT_MEDIA_SHARE = 0.3
"""Share of the target that all media earn together where no return is stated."""
DEFAULT_ROAS_LOG_SD = 1.0
"""Standard deviation of log ROAS where no return is stated."""
CARRYOVER_MEAN: dict[Carryover, float] = {"short": 0.15, "medium": 0.40, "long": 0.70}
"""Mean of the surviving share for each word."""
CARRYOVER_CONCENTRATION = 20.0
"""Sum of the Beta's two parameters where a word is stated."""
DEFAULT_CARRYOVER = (2.0, 4.0)
"""Beta parameters where no word is stated: mean 1/3, standard deviation 0.18."""
SATURATION_PERCENTILE: dict[SaturationSpeed, float] = {
    "gradual": 35.0,
    "balanced": 50.0,
    "sharp": 65.0,
}
"""Percentile of positive spend at which half of the maximum response is reached."""
SATURATION_LOG_SD = 0.3
"""Standard deviation of log steepness where a word is stated."""
DEFAULT_SATURATION_LOG_SD = 0.6
"""Standard deviation of log steepness where no word is stated."""


@dataclass(frozen=True)
class RoasFactory:
    """Make return on ad spend the free parameter, and the curve's amplitude follow from it.

    For each draw the amplitude is what makes the channel earn exactly `roas` over the window of
    the data, whatever its carry-over and steepness. So the prior on ROAS is exact, shows in the
    prior predictive, and needs no Jacobian.

    Notes
    -----
    ``beta = roas x spend / (target_scale x G)`` where ``G`` is the window's sum of the saturated,
    adstocked, scaled exposure at amplitude 1. Exact for any saturation that is linear in its
    amplitude.

    Attributes
    ----------
    prior : Prior
        On ROAS, in target units per unit of money, dims ``(channel,)``.
    adstock : AdstockTransformation
        The model's own, applied before the saturation.
    saturation : SaturationTransformation
        The model's form, asked for its curve at amplitude 1.
    """

    prior: Prior
    adstock: AdstockTransformation
    saturation: SaturationTransformation

    @property
    def dims(self) -> tuple[str, ...]:
        """Dims of the amplitude."""
        return tuple(self.prior.dims)

    def create_variable(self, name: str, xdist: bool = False) -> XTensorVariable:  # noqa: ARG002, FBT001, FBT002
        """Register ``roas`` and the amplitude derived from it in the model at hand.

        Parameters
        ----------
        name : str
            Name of the amplitude.
        xdist : bool
            Part of the library's protocol; the result has named dims either way.

        Returns
        -------
        XTensorVariable
            The amplitude, on the model's scale.
        """
        model = pm.modelcontext(None)
        if "channel_data" not in model.named_vars:
            # The library draws curves in a model of their own, with amplitudes it already has.
            return pmd.Flat(name, dims=self.dims)
        spend, channel_scale, target_scale = (
            _constant(model, data) for data in ("channel_data", "channel_scale", "target_scale")
        )
        exposure = self.adstock.function(
            spend / channel_scale, **_parameters(model, self.adstock), dim="date"
        )
        shape = self.saturation.function(exposure, **_parameters(model, self.saturation), beta=1.0)
        roas = self.prior.create_variable("roas", xdist=True)
        amplitude = roas * spend.sum(dim="date") / (target_scale * shape.sum(dim="date"))
        return pmd.Deterministic(name, amplitude.transpose(*self.dims))


def _constant(model: pm.Model, name: str) -> XTensorVariable:
    """Read data as they are now: live data would move the amplitude with every forecast."""
    data = model[name]
    return as_xtensor(np.asarray(data.get_value(), dtype=float), dims=data.type.dims)


def _parameters(
    model: pm.Model, transformation: AdstockTransformation | SaturationTransformation
) -> dict[str, Any]:
    """Look up a transformation's parameters, its amplitude excepted."""
    return {
        parameter: model[name]
        for parameter, name in transformation.variable_mapping.items()
        if parameter != "beta"
    }


def roas_prior(spec: ModelSpec, features: xr.Dataset) -> Prior:
    """State the belief about each channel's return.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features; the default prior follows from total target and total spend, so that it
        means the same in any currency.

    Returns
    -------
    Prior
        LogNormal over ``channel``, in target units per unit of money.

    Notes
    -----
    ``mu = ln(mid)``, ``sigma = ln(high / low) / 4``: four standard deviations of the logarithm
    between `low` and `high`.
    """
    total_spend = float(features["spend"].sum())
    default = DEFAULT_MEDIA_SHARE * float(abs(features["target"]).sum()) / total_spend
    stated = [media.roas for media in spec.media.values()]
    mean = [math.log(default if roas is None else roas.mid) for roas in stated]
    sd = [
        DEFAULT_ROAS_LOG_SD if roas is None else math.log(roas.high / roas.low) / 4
        for roas in stated
    ]
    return Prior("LogNormal", mu=_by_channel(mean), sigma=_by_channel(sd), dims=("channel",))


def carryover_prior(spec: ModelSpec) -> Prior:
    """State the belief about the share of each channel's effect that survives a period.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    Prior
        Beta over ``channel``; a share, 0 to 1.
    """
    shapes = [_carryover_shape(media.carryover) for media in spec.media.values()]
    alpha, beta = zip(*shapes, strict=True)
    return Prior("Beta", alpha=_by_channel(alpha), beta=_by_channel(beta), dims="channel")


def _carryover_shape(word: Carryover | None) -> tuple[float, float]:
    """Turn a word into the two parameters of a Beta."""
    if word is None:
        return DEFAULT_CARRYOVER
    mean = CARRYOVER_MEAN[word]
    return mean * CARRYOVER_CONCENTRATION, (1 - mean) * CARRYOVER_CONCENTRATION


def steepness_prior(spec: ModelSpec, features: xr.Dataset) -> Prior:
    """State the belief about how soon each channel saturates.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features: half of the maximum is expected at a percentile of the positive spend.

    Returns
    -------
    Prior
        LogNormal over ``channel``, per unit of spend scaled to its maximum.

    Notes
    -----
    Median ``ln 3 / (q + 0.01)`` with ``q`` the percentile of positive spend on the scale 0 to 1:
    ``tanh(lam q / 2) = 1/2`` at ``lam q = ln 3``.
    """
    scaled = features["spend"] / features["channel_scale"]
    mean, sd = [], []
    for name, media in spec.media.items():
        positive = scaled.sel(channel=name).to_numpy()
        word = media.saturation or "balanced"
        half = np.percentile(positive[positive > 0], SATURATION_PERCENTILE[word])
        mean.append(math.log(math.log(3) / (half + 0.01)))
        sd.append(DEFAULT_SATURATION_LOG_SD if media.saturation is None else SATURATION_LOG_SD)
    return Prior("LogNormal", mu=_by_channel(mean), sigma=_by_channel(sd), dims="channel")


def control_prior(spec: ModelSpec, sd: float) -> Prior:
    """State the belief about each control and event, bounded where the spec knows the sign.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    sd : float
        Standard deviation before bounding: share of the target's maximum for one standard
        deviation of the control, or for a 0/1 column being on.

    Returns
    -------
    Prior
        Over ``control``: controls first, then events.
    """
    signs = [control.sign for control in spec.controls.values()]
    signs += [event.sign for event in spec.events.values()]
    if not any(signs):
        return Prior("Normal", mu=0, sigma=sd, dims="control")
    lower = _by_control([0.0 if sign == "positive" else -np.inf for sign in signs])
    upper = _by_control([0.0 if sign == "negative" else np.inf for sign in signs])
    return Prior("TruncatedNormal", mu=0, sigma=sd, lower=lower, upper=upper, dims="control")


def _by_control(values: list[float]) -> xr.DataArray | float:
    """Label one bound per control; a bound that all share stays a number.

    PyTensor 3.3 draws nothing at all from a truncated normal with a bound of length one.
    """
    return values[0] if len(set(values)) == 1 else xr.DataArray(values, dims="control")


def _by_channel(values: Any) -> xr.DataArray:
    """Label one value per channel."""
    return xr.DataArray(np.asarray(values, dtype=float), dims="channel")

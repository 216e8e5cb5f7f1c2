"""The library's two media transformations, with a form for each channel."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pymc as pm
import pytensor.tensor as pt
import pytensor.xtensor as ptx
from pymc_marketing.mmm.components.adstock import AdstockTransformation
from pymc_marketing.mmm.components.saturation import SaturationTransformation
from pymc_marketing.mmm.transformers import batched_convolution
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.formulas import (
    CARRYOVER_PARAMETERS,
    SATURATION_PARAMETERS,
    saturate,
    weigh_lags,
)
from mmm_pipeline.model.vectors import Vector, along_channel, join, pick

NOT_TAKEN = 1.0
"""What stands for a parameter that no channel's form takes; it is never read."""


class CarryoverTransformation(AdstockTransformation):  # type: ignore[misc]
    """Carry exposure over into later periods, each channel in its own form.

    Parameters
    ----------
    forms : mapping of str to str
        Form of each channel, in order; see `mmm_pipeline.model.formulas.weigh_lags`.
    l_max : int
        Periods an exposure can act in, its own included.
    parameters : mapping of str to Vector
        Those that the forms take.
    """

    default_priors: ClassVar[dict[str, Any]] = dict.fromkeys(
        ("alpha", "delay", "scale", "slope"), NOT_TAKEN
    )

    def __init__(
        self, forms: Mapping[str, str], l_max: int, parameters: Mapping[str, Vector]
    ) -> None:
        self.forms = dict(forms)
        self.parameters = dict(parameters)
        super().__init__(l_max=l_max, normalize=True)
        self.function_priors = {**self.default_priors, **parameters}

    def function(
        self, x: XTensorVariable, alpha: Any, delay: Any, scale: Any, slope: Any, *, dim: str
    ) -> XTensorVariable:
        """Spread exposure over time with each channel's weights.

        Parameters
        ----------
        x : XTensorVariable
            Exposure along `dim` and ``channel``.
        alpha, delay, scale, slope : XTensorVariable
            Parameters of the channels that take them.
        dim : str
            Time.

        Returns
        -------
        XTensorVariable
        """
        if not self.parameters:
            return x  # Nothing lasts; and Numba cannot convolve with a constant.
        values = {"alpha": alpha, "delay": delay, "scale": scale, "slope": slope}
        kernel = f"{dim}_kernel"
        lags = ptx.as_xtensor(pt.arange(self.l_max, dtype="float64"), dims=(kernel,))
        weights = []
        for form, channels in _group(self.forms).items():
            taken = _take(self.parameters, values, CARRYOVER_PARAMETERS[form], channels)
            one = weigh_lags(form, lags, self.l_max, kernel, **taken)
            is_constant = "channel" not in one.dims
            one = one.expand_dims(channel=len(channels)) if is_constant else one
            weights.append((one, channels))
        return batched_convolution(x, join(weights, list(self.forms)), dim=dim, kernel_dim=kernel)


class ResponseTransformation(SaturationTransformation):  # type: ignore[misc]
    """Bend exposure into response, each channel in its own form.

    Parameters
    ----------
    forms : mapping of str to str
        Form of each channel, in order; see `mmm_pipeline.model.formulas.saturate`.
    parameters : mapping of str to Vector
        Those that the forms take.
    amplitude : object
        What makes ``saturation_beta``: anything with the library's `create_variable`.
    """

    default_priors: ClassVar[dict[str, Any]] = dict.fromkeys(
        ("lam", "half_saturation", "slope", "exponent", "beta"), NOT_TAKEN
    )

    def __init__(
        self, forms: Mapping[str, str], parameters: Mapping[str, Vector], amplitude: Any
    ) -> None:
        self.forms = dict(forms)
        self.parameters = dict(parameters)
        super().__init__()
        self.function_priors = {**self.default_priors, **parameters, "beta": amplitude}

    def function(
        self,
        x: XTensorVariable,
        lam: Any,
        half_saturation: Any,
        slope: Any,
        exponent: Any,
        beta: Any,
        *,
        dim: str | None = None,  # noqa: ARG002
    ) -> XTensorVariable:
        """Bend adstocked exposure with each channel's curve.

        Parameters
        ----------
        x : XTensorVariable
            Adstocked exposure, scaled; along ``channel``, or the same for all channels.
        lam, half_saturation, slope, exponent : XTensorVariable
            Parameters of the channels that take them.
        beta : XTensorVariable or float
            Amplitude.
        dim : str, optional
            Part of the library's protocol.

        Returns
        -------
        XTensorVariable
        """
        values = {
            "lam": lam,
            "half_saturation": half_saturation,
            "slope": slope,
            "exponent": exponent,
        }
        names = list(self.forms)
        curves = []
        for form, channels in _group(self.forms).items():
            taken = _take(self.parameters, values, SATURATION_PARAMETERS[form], channels)
            mine = pick(x, names, channels) if "channel" in x.dims else x
            one = saturate(form, mine, **taken)
            is_common = "channel" not in one.dims
            curves.append((one.expand_dims(channel=len(channels)) if is_common else one, channels))
        return join(curves, names) * beta


def read_parameters(
    model: pm.Model, transformation: CarryoverTransformation | ResponseTransformation
) -> dict[str, Any]:
    """Look up a transformation's parameters in a model, its amplitude excepted.

    Parameters
    ----------
    model : pymc.Model
        That has them.
    transformation : CarryoverTransformation or ResponseTransformation
        The transformation.

    Returns
    -------
    dict of str to XTensorVariable or float
        By the names of its function.
    """
    mapping = transformation.variable_mapping
    return {
        word: along_channel(model[mapping[word]]) if word in transformation.parameters else 1.0
        for word in transformation.default_priors
        if word != "beta"
    }


def _group(forms: Mapping[str, str]) -> dict[str, list[str]]:
    """List the channels of each form."""
    groups: dict[str, list[str]] = {}
    for channel, form in forms.items():
        groups.setdefault(form, []).append(channel)
    return groups


def _take(
    parameters: Mapping[str, Vector],
    values: Mapping[str, Any],
    words: tuple[str, ...],
    channels: list[str],
) -> dict[str, Any]:
    """Take what a form needs, for the channels that have it."""
    return {
        word: pick(along_channel(values[word]), parameters[word].labels, channels) for word in words
    }

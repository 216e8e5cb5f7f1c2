"""The library's two media transformations, with a form for each channel."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

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


class HasParameters(Protocol):
    """What has parameters with an entry for some of the channels."""

    @property
    def parameters(self) -> Mapping[str, Vector]:
        """Those that its forms take, by name."""


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

        names = list(self.forms)

        def weigh(form: str, places: list[int]) -> XTensorVariable:
            channels = [names[place] for place in places]
            taken = take_parameters(self, values, CARRYOVER_PARAMETERS[form], channels)
            return weigh_lags(form, lags, self.l_max, kernel, **taken)

        weights = join_forms(list(self.forms.values()), weigh)
        return batched_convolution(x, weights, dim=dim, kernel_dim=kernel)


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

        def bend(form: str, places: list[int]) -> XTensorVariable:
            channels = [names[place] for place in places]
            taken = take_parameters(self, values, SATURATION_PARAMETERS[form], channels)
            return saturate(form, pick(x, names, channels) if "channel" in x.dims else x, **taken)

        return join_forms(list(self.forms.values()), bend) * beta


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


def join_forms(
    forms: Sequence[str], compute: Callable[[str, list[int]], XTensorVariable]
) -> XTensorVariable:
    """Compute what differs from form to form, once for each, and put it together.

    Parameters
    ----------
    forms : sequence of str
        Form of each entry.
    compute : callable
        Given a form and the places of its entries: their values, in that order along ``channel``,
        or one without it where all are the same.

    Returns
    -------
    XTensorVariable
        Along ``channel``, in the order of `forms`.
    """
    parts = []
    for form in dict.fromkeys(forms):
        places = [place for place, one in enumerate(forms) if one == form]
        part = compute(form, places)
        part = part if "channel" in part.dims else part.expand_dims(channel=len(places))
        parts.append((part, [str(place) for place in places]))
    return join(parts, [str(place) for place in range(len(forms))])


def take_parameters(
    owner: HasParameters, values: Mapping[str, Any], words: Sequence[str], channels: Sequence[str]
) -> dict[str, Any]:
    """Take what a form needs, for the channels that have it.

    Parameters
    ----------
    owner : CarryoverTransformation, ResponseTransformation or Reach
        Whose parameters they are.
    values : mapping of str to XTensorVariable
        All of them, by name.
    words : sequence of str
        Names of those that the form takes.
    channels : sequence of str
        Channels, any of them more than once.

    Returns
    -------
    dict of str to XTensorVariable, dims ``(channel,)``
    """
    return {
        word: pick(along_channel(values[word]), owner.parameters[word].labels, channels)
        for word in words
    }

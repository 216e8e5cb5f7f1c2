"""Carry-over and saturation as formulas: the same ones for a graph and for draws.

Every argument may be a labelled array of numbers or a labelled variable of a PyTensor graph; dims
line up by name.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor.xtensor as ptx
from pytensor.xtensor.type import XTensorVariable

type Labelled = Any
"""An ``xarray.DataArray`` or an ``XTensorVariable``."""


def weigh_lags(form: str, lags: Labelled, l_max: int, dim: str, **parameters: Labelled) -> Labelled:
    """Weigh the periods that follow an exposure.

    Parameters
    ----------
    form : str
        ``geometric``, ``delayed``, ``binomial``, ``weibull`` or ``none``.
    lags : array, dims ``(dim,)``
        0, 1, ..., l_max - 1 periods after the exposure.
    l_max : int
        How many there are.
    dim : str
        Their dim.
    **parameters : array
        Of the form: `alpha` in (0, 1), `delay` in periods, `scale` in periods, `slope`.

    Returns
    -------
    array
        Weights, not negative, adding up to 1 along `dim`.

    Notes
    -----
    Before they are divided by their sum, with ``l`` the lag and ``L`` the number of lags:

    * geometric: ``alpha^l``
    * delayed: ``alpha^((l - delay)^2)``
    * binomial: ``(1 - l / (L + 1))^(1 / alpha - 1)``
    * weibull: ``t^(slope - 1) exp(-t^slope)`` with ``t = (l + 1) / scale``, the density
    * none: 1 for the period itself, 0 for the others

    Computed as logarithms, so that no parameters let them all vanish.

    References
    ----------
    Jin, Wang, Sun, Chan and Koehler (2017), "Bayesian methods for media mix modeling with
    carryover and shape effects" (geometric, delayed); Google Meridian, `adstock_decay_spec`
    (binomial); Robyn, `adstock_weibull` with type PDF (weibull, there scaled to its maximum).
    """
    if form == "none":
        return 1.0 * (lags < 1)
    logarithm = _LOG_WEIGHTS[form](lags, l_max, **parameters)
    weights = _numeric(logarithm).exp(logarithm - logarithm.max(dim=dim))
    return weights / weights.sum(dim=dim)


def saturate(form: str, exposure: Labelled, **parameters: Labelled) -> Labelled:
    """Bend exposure, at amplitude 1.

    Parameters
    ----------
    form : str
        ``logistic``, ``exponential``, ``michaelis_menten``, ``hill``, ``root`` or ``none``.
    exposure : array
        Adstocked exposure, scaled to its maximum; not negative.
    **parameters : array
        Of the form: `lam` above 0; `half_saturation` above 0, a share of the largest exposure;
        `slope` above 0; `exponent` in (0, 1).

    Returns
    -------
    array
        0 where nothing was shown, rising from there; to 1 for the first four forms.

    Notes
    -----
    * logistic: ``(1 - exp(-lam x)) / (1 + exp(-lam x)) = tanh(lam x / 2)``, half at ``ln 3 / lam``
    * exponential: ``1 - exp(-lam x)``, half at ``ln 2 / lam``
    * michaelis_menten: ``x / (half_saturation + x)``
    * hill: ``x^slope / (half_saturation^slope + x^slope)``
    * root: ``x^exponent``
    * none: ``x``
    """
    return _SATURATIONS[form](exposure, **parameters)


def weigh_contacts(form: str, frequency: Labelled, **parameters: Labelled) -> Labelled:
    """Compute what each contact counts where people are reached several times.

    Parameters
    ----------
    form : str
        As of `saturate`.
    frequency : array
        Contacts per person reached, above 0.
    **parameters : array
        Of the form; `half_saturation` in contacts per person, `lam` per contact.

    Returns
    -------
    array
        ``s(f) / f``, with ``s`` the curve: so reach times the curve is contacts times this.
    """
    return saturate(form, frequency, **parameters) / frequency


def _numeric(value: Labelled) -> Any:
    """Pick the library that knows `exp` and the like for a value."""
    return ptx.math if isinstance(value, XTensorVariable) else np


def _geometric(lags: Labelled, l_max: int, alpha: Labelled) -> Labelled:  # noqa: ARG001
    return lags * _numeric(alpha).log(alpha)


def _delayed(lags: Labelled, l_max: int, alpha: Labelled, delay: Labelled) -> Labelled:  # noqa: ARG001
    return (lags - delay) ** 2 * _numeric(alpha).log(alpha)


def _binomial(lags: Labelled, l_max: int, alpha: Labelled) -> Labelled:
    return (1 / alpha - 1) * _numeric(lags).log(1 - lags / (l_max + 1))


def _weibull(lags: Labelled, l_max: int, scale: Labelled, slope: Labelled) -> Labelled:  # noqa: ARG001
    time = (lags + 1) / scale
    return (slope - 1) * _numeric(time).log(time) - time**slope


def _power(exposure: Labelled, exponent: Labelled) -> Labelled:
    """Raise to a power, 0 staying 0 with a gradient of 0, where the plain power has none."""
    is_on = 1 * (exposure > 0)
    return is_on * (exposure + (1 - is_on)) ** exponent


def _hill(exposure: Labelled, half_saturation: Labelled, slope: Labelled) -> Labelled:
    raised = _power(exposure / half_saturation, slope)
    return raised / (1 + raised)


_LOG_WEIGHTS: dict[str, Callable[..., Labelled]] = {
    "geometric": _geometric,
    "delayed": _delayed,
    "binomial": _binomial,
    "weibull": _weibull,
}
_SATURATIONS: dict[str, Callable[..., Labelled]] = {
    "logistic": lambda x, lam: _numeric(lam).tanh(lam * x / 2),
    "exponential": lambda x, lam: -_numeric(lam).expm1(-lam * x),
    "michaelis_menten": lambda x, half_saturation: x / (half_saturation + x),
    "hill": _hill,
    "root": _power,
    "none": lambda x: x,
}
CARRYOVER_PARAMETERS = {
    "geometric": ("alpha",),
    "delayed": ("alpha", "delay"),
    "binomial": ("alpha",),
    "weibull": ("scale", "slope"),
    "none": (),
}
"""Parameters of each form of carry-over."""
SATURATION_PARAMETERS = {
    "logistic": ("lam",),
    "exponential": ("lam",),
    "michaelis_menten": ("half_saturation",),
    "hill": ("half_saturation", "slope"),
    "root": ("exponent",),
    "none": (),
}
"""Parameters of each form of saturation."""

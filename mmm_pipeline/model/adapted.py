"""Quantities whose scatter is itself unknown, drawn such that the sampler meets no funnel."""

from typing import Any

import pymc.dims as pmd
import xarray as xr
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.terms import constant


def draw_adapted(
    name: str,
    spread: XTensorVariable,
    error: xr.DataArray | None,
    dims: tuple[str, ...],
    zero_sum: str | None = None,
) -> XTensorVariable:
    """Register quantities that are normal about 0 with a spread that is a parameter too.

    Parameters
    ----------
    name : str
        Of the free parameter.
    spread : XTensorVariable
        Standard deviation of the quantities.
    error : xarray.DataArray or None
        About how well the data tell each quantity, as a standard error. It decides how well the
        sampler mixes, and nothing else. None where they say next to nothing.
    dims : tuple of str
        Of the quantities.
    zero_sum : str, optional
        Dim along which they add up to 0, so that their mean cannot be taken for something else.

    Returns
    -------
    XTensorVariable, dims `dims`
        The quantities.

    Notes
    -----
    ``d ~ Normal(0, s)`` is ``s u / w`` with ``u ~ Normal(0, w)`` and ``w = sqrt(1 + (s /
    error)^2)``: given the data, ``u`` then varies by about 1 whatever ``s`` is. That is the
    non-centred form where the data say little and the centred one where they say much
    (Papaspiliopoulos, Roberts and Skoeld 2007, "A general framework for the parametrization of
    hierarchical models").
    """
    width: Any = 1.0
    if error is not None:
        width = (1 + (spread / constant(error)) ** 2) ** 0.5
    if zero_sum:
        free = pmd.ZeroSumNormal(name, sigma=width, core_dims=zero_sum, dims=dims)
    else:
        free = pmd.Normal(name, mu=0, sigma=width, dims=dims)
    return spread * free / width


def draw_spread(name: str, mean: float, dims: tuple[str, ...] = ()) -> XTensorVariable:
    """Register a standard deviation that is unknown.

    Parameters
    ----------
    name : str
        Of the free parameter.
    mean : float
        Its prior mean.
    dims : tuple of str
        Its dims.

    Returns
    -------
    XTensorVariable

    Notes
    -----
    Gamma with shape 2, which keeps it off 0 (Chung, Rabe-Hesketh, Dorie, Gelman and Liu 2013, "A
    nondegenerate penalized likelihood estimator for variance parameters in multilevel models").
    """
    return pmd.Gamma(name, alpha=2.0, beta=2.0 / mean, dims=dims)

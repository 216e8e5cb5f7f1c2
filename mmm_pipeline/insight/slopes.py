"""How steep a curve is, and where it is as steep as is asked for."""

from collections.abc import Callable

import numpy as np
import xarray as xr

MOST = 100.0
"""Exposure beyond which nothing is looked for, in units of the largest that was seen."""
FIRST_STEP = 0.01
"""Exposure below which no slope is read of a curve that may rise upright, in units of the largest:
at nothing it would be infinite, and of so little the data say nothing."""
BISECTIONS = 60
"""Halvings of an interval of logarithms: to the last digits of a number."""


def differentiate(form: str, exposure: xr.DataArray, **parameters: xr.DataArray) -> xr.DataArray:
    """Compute the slope of a curve of amplitude 1.

    Parameters
    ----------
    form : str
        As of `mmm_pipeline.model.formulas.saturate`.
    exposure : xarray.DataArray
        Scaled to its maximum, not negative.
    **parameters : xarray.DataArray
        Of the form.

    Returns
    -------
    xarray.DataArray
        Per unit of scaled exposure; not negative, and finite.

    Notes
    -----
    Of the forms that may rise upright, `hill` and `root`, the slope anywhere below `FIRST_STEP` is
    that at `FIRST_STEP`: at nothing it would be infinite, or 0, by the curve's form alone.

    Examples
    --------
    >>> differentiate("logistic", xr.DataArray(0.0), lam=xr.DataArray(2.0)).item()
    1.0
    >>> differentiate("root", xr.DataArray(0.0), exponent=xr.DataArray(0.5)).item()
    5.0
    """
    slope: xr.DataArray = _SLOPES[form](exposure, **parameters)
    return slope


def find_exposure(form: str, steepness: xr.DataArray, **parameters: xr.DataArray) -> xr.DataArray:
    """Find up to where a curve of amplitude 1 is at least as steep as is asked for.

    Parameters
    ----------
    form : str
        As of `mmm_pipeline.model.formulas.saturate`.
    steepness : xarray.DataArray
        Above 0, per unit of scaled exposure.
    **parameters : xarray.DataArray
        Of the form.

    Returns
    -------
    xarray.DataArray
        The largest exposure, scaled to its maximum, at which the curve is as steep; 0 where it is
        nowhere, `MOST` where it still is there.

    Notes
    -----
    With ``q`` the steepness, where it is reached at all:

    * logistic: ``(2 / lam) arccosh(sqrt(lam / (2 q)))``
    * exponential: ``ln(lam / q) / lam``
    * michaelis_menten: ``sqrt(half_saturation / q) - half_saturation``
    * root: ``(exponent / q)^(1 / (1 - exponent))``, if that is at least `FIRST_STEP`
    * none: everywhere, if ``q`` is at most 1
    * hill: by bisection, beyond its steepest point ``half_saturation ((slope - 1) / (slope +
      1))^(1 / slope)`` and `FIRST_STEP`
    """
    with np.errstate(over="ignore"):
        found: xr.DataArray = _INVERSES[form](steepness, **parameters)
    return found.clip(0.0, MOST)


def search_last(
    function: Callable[[xr.DataArray], xr.DataArray], level: float, most: xr.DataArray
) -> xr.DataArray:
    """Find the largest argument at which a function is at least as large as is asked for.

    For functions that fall beyond some point, whatever they do before. They are looked at in 64
    steps of 20 %, then the interval after the last of those is halved.

    Parameters
    ----------
    function : callable
        Of an argument like `most`.
    level : float
        What it is to reach.
    most : xarray.DataArray
        Arguments beyond which nothing is looked for, above 0.

    Returns
    -------
    xarray.DataArray
        Between 0, where it is reached nowhere, and `most`, where it is still reached.
    """
    low: xr.DataArray = xr.zeros_like(function(most))
    factors = np.geomspace(1e-5, 1.0, 64)
    for factor in factors:
        low = low.where(function(factor * most) < level, factor * most)
    high = np.minimum(low * factors[-1] / factors[-2], most)
    for _ in range(BISECTIONS // 2):
        middle = (low * high) ** 0.5
        is_reached = function(middle) >= level
        low, high = low.where(~is_reached, middle), high.where(is_reached, middle)
    return low


def _logistic(exposure: xr.DataArray, lam: xr.DataArray) -> xr.DataArray:
    return lam / 2 * (1 - np.tanh(lam * exposure / 2) ** 2)


def _michaelis_menten(exposure: xr.DataArray, half_saturation: xr.DataArray) -> xr.DataArray:
    return half_saturation / (half_saturation + exposure) ** 2


def _root(exposure: xr.DataArray, exponent: xr.DataArray) -> xr.DataArray:
    slope: xr.DataArray = exponent * exposure.clip(min=FIRST_STEP) ** (exponent - 1)
    return slope


def _hill(
    exposure: xr.DataArray, half_saturation: xr.DataArray, slope: xr.DataArray
) -> xr.DataArray:
    ratio = exposure.clip(min=FIRST_STEP) / half_saturation
    steepness: xr.DataArray = (
        slope / half_saturation * ratio ** (slope - 1) / (1 + ratio**slope) ** 2
    )
    return steepness


def _find_logistic(steepness: xr.DataArray, lam: xr.DataArray) -> xr.DataArray:
    root = (lam / (2 * steepness)).clip(min=1.0) ** 0.5
    found: xr.DataArray = 2 / lam * xr.apply_ufunc(np.arccosh, root)
    return found


def _find_root(steepness: xr.DataArray, exponent: xr.DataArray) -> xr.DataArray:
    found: xr.DataArray = (exponent / steepness) ** (1 / (1 - exponent))
    return found.where(found >= FIRST_STEP, 0.0)


def _find_hill(
    steepness: xr.DataArray, half_saturation: xr.DataArray, slope: xr.DataArray
) -> xr.DataArray:
    """Bisect where the curve is only getting flatter."""
    turn = (slope - 1).clip(min=0.0) / (slope + 1)
    low = (half_saturation * turn ** (1 / slope)).clip(FIRST_STEP, MOST) + 0 * steepness
    is_nowhere = _hill(low, half_saturation, slope) < steepness
    high = xr.full_like(low, MOST)
    for _ in range(BISECTIONS):
        middle = (low * high) ** 0.5
        is_steep = _hill(middle, half_saturation, slope) >= steepness
        low, high = middle.where(is_steep, low), high.where(is_steep, middle)
    return low.where(~is_nowhere, 0.0)


_SLOPES: dict[str, Callable[..., xr.DataArray]] = {
    "logistic": _logistic,
    "exponential": lambda x, lam: lam * np.exp(-lam * x),
    "michaelis_menten": _michaelis_menten,
    "hill": _hill,
    "root": _root,
    "none": xr.ones_like,
}
_INVERSES: dict[str, Callable[..., xr.DataArray]] = {
    "logistic": _find_logistic,
    "exponential": lambda q, lam: np.log(lam / q) / lam,
    "michaelis_menten": lambda q, half_saturation: np.sqrt(half_saturation / q) - half_saturation,
    "hill": _find_hill,
    "root": _find_root,
    "none": lambda q: (q <= 1) * MOST,
}
HAS_CEILING = frozenset({"logistic", "exponential", "michaelis_menten", "hill"})
"""Forms that rise to 1."""

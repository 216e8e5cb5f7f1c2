"""Carry-over and saturation in plain NumPy, written apart from the model they test."""

import numpy as np
import numpy.typing as npt

type Vector = npt.NDArray[np.float64]


def geometric_adstock(
    exposure: npt.ArrayLike, alpha: float, l_max: int, *, normalize: bool = True
) -> Vector:
    """Carry exposure over into later periods, a share of it surviving each step.

    Parameters
    ----------
    exposure : array_like
        Exposure or spend per period, in time order.
    alpha : float
        Share that survives into the next period, in [0, 1).
    l_max : int
        Periods an exposure acts in, its own included.
    normalize : bool
        Let the weights add up to 1, so that constant exposure stays what it is.

    Returns
    -------
    numpy.ndarray
        Same length and unit. What would fall past the end is cut off.

    Notes
    -----
    ``y_t = sum over k < l_max of w_k x_(t-k)`` with ``w_k = alpha^k``, divided by their sum if
    normalised; nothing is known of exposure before the first period, and 0 is taken.

    References
    ----------
    Jin, Wang, Sun, Chan and Koehler (2017), "Bayesian methods for media mix modeling with
    carryover and shape effects", equations 1 and 2.

    Examples
    --------
    >>> geometric_adstock([1, 0, 0, 0], 0.5, 3, normalize=False).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    series = np.asarray(exposure, dtype=float)
    weights = alpha ** np.arange(l_max, dtype=float)
    if normalize:
        weights /= weights.sum()
    return np.convolve(series, weights)[: len(series)]


def logistic_saturation(exposure: npt.ArrayLike, lam: float) -> Vector:
    """Bend exposure towards a ceiling of 1.

    Parameters
    ----------
    exposure : array_like
        Not negative, usually scaled to a maximum of 1.
    lam : float
        Steepness, above 0; half of the ceiling is reached at ``ln 3 / lam``.

    Returns
    -------
    numpy.ndarray
        In [0, 1).

    Notes
    -----
    ``(1 - exp(-lam x)) / (1 + exp(-lam x)) = tanh(lam x / 2)``.

    Examples
    --------
    >>> round(float(logistic_saturation(1.0, 0.5)), 3)
    0.245
    """
    return np.tanh(lam * np.asarray(exposure, dtype=float) / 2)

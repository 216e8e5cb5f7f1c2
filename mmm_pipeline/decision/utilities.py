"""What of an uncertain response is made large, and how it moves with each draw.

Each takes the response in every draw and gives its utility, and the utility's derivative by each
of them, so that a plan's gradient is the sum over draws of theirs.
"""

import math
from collections.abc import Callable

import numpy as np

type Utility = Callable[[np.ndarray, float], tuple[float, np.ndarray]]

SMOOTH = 0.02
"""Share of the draws about a quantile over which its derivative is averaged."""
TAILS, AVERSION = 0.5, 0.8
"""Weights of the tails and of the value at risk: PyMC-Marketing's defaults."""


def mean(response: np.ndarray, confidence: float) -> tuple[float, np.ndarray]:  # noqa: ARG001
    """Average over the draws.

    Parameters
    ----------
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        Not used.

    Returns
    -------
    float
        The utility.
    numpy.ndarray, shape (samples,)
        Its derivative by each draw.
    """
    return float(response.mean()), np.full(response.size, 1 / response.size)


def value_at_risk(response: np.ndarray, confidence: float) -> tuple[float, np.ndarray]:
    """Take the quantile that the response exceeds with probability `confidence`.

    Parameters
    ----------
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        0.95: the 5 % quantile, which is made large.

    Returns
    -------
    float
        The utility, between draws by linear interpolation.
    numpy.ndarray, shape (samples,)
        Its derivative, averaged over the `SMOOTH` of draws about it.
    """
    return quantile(response, 1 - confidence)


def quantile(response: np.ndarray, share: float) -> tuple[float, np.ndarray]:
    """Take a quantile.

    Parameters
    ----------
    response : numpy.ndarray, shape (samples,)
        Any.
    share : float
        0 to 1.

    Returns
    -------
    float
        The quantile, between draws by linear interpolation.
    numpy.ndarray, shape (samples,)
        Its derivative, averaged over the `SMOOTH` of draws about it.
    """
    order = np.argsort(response)
    place = share * (response.size - 1)
    distance = (np.arange(response.size) - place) / max(1.0, SMOOTH / 2 * response.size)
    kernel = np.clip(1 - distance**2, 0, None)
    weights = np.zeros(response.size)
    weights[order] = kernel / kernel.sum()
    return _read_between(response[order], place), weights


def conditional_value_at_risk(response: np.ndarray, confidence: float) -> tuple[float, np.ndarray]:
    """Average over the draws that are no better than the value at risk.

    Parameters
    ----------
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        0.95: the worst 5 %.

    Returns
    -------
    float
        The utility (Rockafellar and Uryasev 2000).
    numpy.ndarray, shape (samples,)
        Its derivative by each draw.
    """
    place = (1 - confidence) * (response.size - 1)
    is_worst = response <= _read_between(np.sort(response), place)
    weights = is_worst / is_worst.sum()
    return float(response @ weights), weights


def _read_between(ordered: np.ndarray, place: float) -> float:
    """Read a value between two neighbours."""
    below = int(place)
    above = min(below + 1, ordered.size - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def sharpe(response: np.ndarray, confidence: float) -> tuple[float, np.ndarray]:
    """Divide the mean by the standard deviation.

    Parameters
    ----------
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        Not used.

    Returns
    -------
    float
        The utility; the mean alone where nothing varies.
    numpy.ndarray, shape (samples,)
        Its derivative by each draw.
    """
    center, spread = float(response.mean()), float(response.std())
    if spread < 1e-9 * max(1.0, abs(center)):
        return mean(response, confidence)
    n = response.size
    slope = 1 / (n * spread) - center * (response - center) / (n * spread**3)
    return center / spread, slope


def tightness(response: np.ndarray, confidence: float) -> tuple[float, np.ndarray]:
    """Hold the distance between the tails against the mean.

    Parameters
    ----------
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        0.95: from the 5 % to the 95 % quantile.

    Returns
    -------
    float
        The utility, 1 less `TAILS` times the distance over the mean: PyMC-Marketing's mean
        tightness score.
    numpy.ndarray, shape (samples,)
        Its derivative by each draw, as of `quantile`.
    """
    center, weights = mean(response, confidence)
    high, above = quantile(response, confidence)
    low, below = quantile(response, 1 - confidence)
    if center <= 0:
        return -math.inf, weights
    spread = (high - low) / center
    return 1 - TAILS * spread, -TAILS * (above - below - spread * weights) / center


def adjusted_value_at_risk(response: np.ndarray, confidence: float) -> tuple[float, np.ndarray]:
    """Weigh the value at risk and the mean.

    Parameters
    ----------
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        Of the value at risk.

    Returns
    -------
    float
        The utility: `AVERSION` times the value at risk, and the rest times the mean.
    numpy.ndarray, shape (samples,)
        Its derivative by each draw, as of `quantile`.
    """
    risk, slope = value_at_risk(response, confidence)
    center, weights = mean(response, confidence)
    return AVERSION * risk + (1 - AVERSION) * center, AVERSION * slope + (1 - AVERSION) * weights


UTILITIES: dict[str, Utility] = {
    "mean": mean,
    "var": value_at_risk,
    "cvar": conditional_value_at_risk,
    "sharpe": sharpe,
    "tightness": tightness,
    "adjusted_var": adjusted_value_at_risk,
}
"""By the word of `Scenario.utility`."""
CONCAVE = frozenset({"mean", "cvar"})
"""Utilities that have one peak where every draw has."""
ROUGH = frozenset({"var", "tightness", "adjusted_var"})
"""Utilities that hang on single draws: a climb along an averaged derivative is polished."""


def compute_utility(name: str, response: np.ndarray, confidence: float) -> float:
    """Compute a utility.

    Parameters
    ----------
    name : str
        A word of `UTILITIES`.
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        As each takes it.

    Returns
    -------
    float
        Minus infinity where the response is not finite.
    """
    if not math.isfinite(float(response.sum())):
        return -math.inf
    return UTILITIES[name](response, confidence)[0]

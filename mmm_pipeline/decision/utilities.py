"""What of an uncertain response is made large, and how it moves with each draw."""

import math
from typing import Protocol

import numpy as np

LADDER = (0.02, 0.01, 0.005, 0.0025)
"""Shares of the draws on either side of a quantile that stand for it, climb after climb."""
TAILS, AVERSION = 0.5, 0.8
"""Weights of the tails and of the value at risk: PyMC-Marketing's defaults."""

type Measured = tuple[float, np.ndarray]
"""A utility, and its derivative by each draw: a plan's gradient is the sum over draws of theirs."""


class Utility(Protocol):
    """A utility of the response in every draw, target units.

    `confidence` is of the tails: at 0.95 they are beyond the 5 % and the 95 % quantile. `smooth` is
    the share of the draws on either side of a quantile that stand for it: 0 takes it exactly.
    """

    def __call__(self, draws: np.ndarray, confidence: float, smooth: float = 0) -> Measured: ...  # noqa: D102


def _mean(draws: np.ndarray, confidence: float, smooth: float = 0) -> Measured:  # noqa: ARG001
    return float(draws.mean()), np.full(draws.size, 1 / draws.size)


def _value_at_risk(draws: np.ndarray, confidence: float, smooth: float = 0) -> Measured:
    return _take_quantile(draws, 1 - confidence, smooth)


def _tail_mean(draws: np.ndarray, confidence: float, smooth: float = 0) -> Measured:  # noqa: ARG001
    is_worst = draws <= np.quantile(draws, 1 - confidence)
    weights = is_worst / is_worst.sum()
    return float(draws @ weights), weights


def _sharpe(draws: np.ndarray, confidence: float, smooth: float = 0) -> Measured:
    center, spread = float(draws.mean()), float(draws.std())
    if spread < 1e-9 * max(1.0, abs(center)):
        return _mean(draws, confidence, smooth)
    slope = 1 / spread - center * (draws - center) / spread**3
    return center / spread, slope / draws.size


def _tightness(draws: np.ndarray, confidence: float, smooth: float = 0) -> Measured:
    center, weights = _mean(draws, confidence)
    if center <= 0:
        return -math.inf, weights
    high, above = _take_quantile(draws, confidence, smooth)
    low, below = _take_quantile(draws, 1 - confidence, smooth)
    spread = (high - low) / center
    return 1 - TAILS * spread, -TAILS * (above - below - spread * weights) / center


def _adjusted_value_at_risk(draws: np.ndarray, confidence: float, smooth: float = 0) -> Measured:
    risk, slope = _value_at_risk(draws, confidence, smooth)
    center, weights = _mean(draws, confidence)
    return AVERSION * risk + (1 - AVERSION) * center, AVERSION * slope + (1 - AVERSION) * weights


def _take_quantile(draws: np.ndarray, share: float, smooth: float) -> Measured:
    """Average the draws about a quantile, the less the farther: linear interpolation at 0."""
    place, width = share * (draws.size - 1), max(1.0, smooth * draws.size)
    near = np.arange(max(0, math.ceil(place - width)), min(draws.size, int(place + width) + 1))
    kernel = 1 - abs(near - place) / width
    weights = np.zeros(draws.size)
    weights[np.argsort(draws)[near]] = kernel / kernel.sum()
    return float(draws @ weights), weights


UTILITIES: dict[str, Utility] = {
    "mean": _mean,
    "var": _value_at_risk,
    "cvar": _tail_mean,
    "sharpe": _sharpe,
    "tightness": _tightness,
    "adjusted_var": _adjusted_value_at_risk,
}
"""By the word of `Scenario.utility`.

* mean: of the draws
* var: the quantile that is exceeded with probability `confidence`, between draws linearly
* cvar: mean of the draws that are no better than that (Rockafellar and Uryasev 2000)
* sharpe: mean over standard deviation (Sharpe 1966); the mean where nothing varies
* tightness: 1 less `TAILS` times the distance of both quantiles over the mean (PyMC-Marketing's
  mean tightness score)
* adjusted_var: `AVERSION` times var, and the rest times the mean (PyMC-Marketing's adjusted value
  at risk score)
"""
CONCAVE = frozenset({"mean", "cvar"})
"""Utilities that have one peak where every draw has."""
ROUGH = frozenset({"var", "tightness", "adjusted_var"})
"""Utilities that hang on single draws, and are climbed smoothed."""


def compute_utility(name: str, response: np.ndarray, confidence: float) -> float:
    """Compute a utility.

    Parameters
    ----------
    name : str
        A word of `UTILITIES`.
    response : numpy.ndarray, shape (samples,)
        Target units.
    confidence : float
        As each takes it, 0.5 to 1.

    Returns
    -------
    float
        Minus infinity where the response is not finite.
    """
    if not math.isfinite(float(response.sum())):
        return -math.inf
    return UTILITIES[name](response, confidence)[0]

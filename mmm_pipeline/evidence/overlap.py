"""How much two posteriors have in common."""

from itertools import combinations

import numpy as np
from scipy.stats import gaussian_kde, kendalltau

GRID = 512
"""Points at which two densities are compared."""
MARGIN = 0.25
"""What the grid has beyond the draws, as a share of their range."""
SURE = 0.8
"""Probability from which a fit is said to be sure which of two channels returns more."""


def compute_overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Compute the area that two densities have in common.

    Parameters
    ----------
    one, other : numpy.ndarray
        Draws of the same quantity.

    Returns
    -------
    float
        0 to 1. A quantity that is constant in either overlaps wholly or not at all.

    Notes
    -----
    The overlapping coefficient, the integral of min(f, g). Densities are Gaussian kernel
    estimates with Scott's bandwidth.

    References
    ----------
    Inman and Bradley (1989), "The overlapping coefficient as a measure of agreement between
    probability distributions", Communications in Statistics 18(10), equation 1.

    Examples
    --------
    >>> draws = np.linspace(0, 1, 101)
    >>> round(compute_overlap(draws, draws), 6)
    1.0
    >>> round(compute_overlap(draws, draws + 9), 6)
    0.0
    """
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float(np.array_equal(np.unique(one), np.unique(other)))
    whole = np.concatenate([one, other])
    margin = MARGIN * np.ptp(whole)
    grid = np.linspace(whole.min() - margin, whole.max() + margin, GRID)
    densities = [_estimate(draws, grid) for draws in (one, other)]
    return float(np.minimum(*densities).sum())


def compute_probability_higher(before: np.ndarray, after: np.ndarray) -> float:
    """Compute the probability that a quantity is higher than another, drawn independently.

    Parameters
    ----------
    before, after : numpy.ndarray
        Draws.

    Returns
    -------
    float
        0 to 1; ties count half. Mann and Whitney's U over the number of pairs.

    Examples
    --------
    >>> compute_probability_higher(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.875
    """
    ranked = np.sort(before)
    below = np.searchsorted(ranked, after, "left") + np.searchsorted(ranked, after, "right")
    return float(below.mean() / (2 * len(before)))


def compute_rank_agreement(before: np.ndarray, after: np.ndarray) -> float | None:
    """Compute how far two orders agree.

    Parameters
    ----------
    before, after : numpy.ndarray
        A number per channel.

    Returns
    -------
    float or None
        Kendall's tau-b, -1 to 1; None for fewer than two channels, or where all are equal.
    """
    if len(before) < 2:
        return None
    tau = float(kendalltau(before, after).statistic)
    return tau if np.isfinite(tau) else None


def find_turned(before: np.ndarray, after: np.ndarray) -> list[tuple[int, int]]:
    """Find pairs of channels whose order each fit is sure of, and the other way round.

    Two channels that return about the same change places at every refit; that says nothing.

    Parameters
    ----------
    before, after : numpy.ndarray
        (draws, channels): returns.

    Returns
    -------
    list of tuple of int
        Places of both; before, the first of them returned more.
    """
    found = []
    for one, other in combinations(range(before.shape[1]), 2):
        then = float((before[:, one] > before[:, other]).mean())
        now = float((after[:, one] > after[:, other]).mean())
        if then >= SURE and now <= 1 - SURE:
            found.append((one, other))
        if then <= 1 - SURE and now >= SURE:
            found.append((other, one))
    return found


def _estimate(draws: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Estimate a density on a grid, its values adding up to 1."""
    density: np.ndarray = gaussian_kde(draws)(grid)
    shares: np.ndarray = density / density.sum()
    return shares

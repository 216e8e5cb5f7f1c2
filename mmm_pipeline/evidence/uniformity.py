"""Whether ranks are spread evenly, as they are where a posterior is what it claims to be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

N_PARTS = 40
"""Equal parts at whose borders ranks are counted; every number of kept draws, plus 1, is a multiple
of it, so that no rank lies on a border, and 50, 80 and 95 % are whole numbers of ranks."""
STEPS = 60
"""Halvings to the width of a band: as exact as floating point."""

type Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Band:
    """What counts of even ranks stay within at every border at once.

    Attributes
    ----------
    lower, upper : numpy.ndarray
        Smallest and largest number of ranks below each border, the borders in order.
    """

    lower: Counts
    upper: Counts


def count_below(ranks: npt.ArrayLike, n_kept: int) -> Counts:
    """Count the ranks below each border.

    Parameters
    ----------
    ranks : array_like of int
        How many of the kept draws lie below the truth, 0 to `n_kept`; one per world.
    n_kept : int
        Draws that are kept; `n_kept` + 1 is a multiple of `N_PARTS`.

    Returns
    -------
    numpy.ndarray
        Of the `N_PARTS` - 1 borders between the parts.
    """
    borders = np.arange(1, N_PARTS) * (n_kept + 1) // N_PARTS
    return np.searchsorted(np.sort(np.asarray(ranks)), borders, side="left")


def measure_evenness(below: Counts, n_ranks: int) -> float:
    """Measure how evenly ranks are spread.

    Parameters
    ----------
    below : numpy.ndarray
        From `count_below`.
    n_ranks : int
        How many ranks there are.

    Returns
    -------
    float
        How often even ranks would stray as far as these at their worst border, 0 to 1; exact.

    Notes
    -----
    At the border ``z`` the count is binomial. What is compared is the smaller of its two tail
    probabilities, the smallest over the borders; how often even ranks come as low follows from the
    counts being a Markov chain: of the ranks not yet counted at ``z``, each lies below ``z'`` with
    probability ``(z' - z) / (1 - z)``.

    References
    ----------
    Säilynoja, Bürkner and Vehtari (2022), "Graphical test for discrete uniformity and its
    applications in goodness-of-fit evaluation and multiple sample comparison", Statistics and
    Computing 32, section 2: the statistic, and the band, here worked out exactly where they
    simulate or adjust.
    """
    low, high = _find_tails(n_ranks)
    places = np.arange(N_PARTS - 1)
    worst = float(np.minimum(low[places, below], high[places, below]).min())
    # A tail as small as the worst one is as far out, whatever its last digit.
    return 1.0 - _stay_within(_list_allowed(n_ranks, worst * (1 + 1e-9)), n_ranks)


def find_band(n_ranks: int, alpha: float) -> Band:
    """Find the band that even ranks leave, at one border or more, with a given probability.

    Parameters
    ----------
    n_ranks : int
        How many ranks there are.
    alpha : float
        Largest probability of leaving it. Ranks leave it where `measure_evenness` gives `alpha` or
        less, and nowhere else.

    Returns
    -------
    Band
    """
    low, high = 0.0, 0.5
    for _ in range(STEPS):
        middle = (low + high) / 2
        is_too_narrow = 1.0 - _stay_within(_list_allowed(n_ranks, middle), n_ranks) > alpha
        low, high = (low, middle) if is_too_narrow else (middle, high)
    allowed = _list_allowed(n_ranks, low)
    return Band(np.array([one[0] for one in allowed]), np.array([one[-1] for one in allowed]))


def _find_tails(n_ranks: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Compute, border by border, how often a count is as low, and as high, as each number."""
    z = np.arange(1, N_PARTS)[:, None] / N_PARTS
    counts = np.arange(n_ranks + 1)[None, :]
    return binom.cdf(counts, n_ranks, z), binom.sf(counts - 1, n_ranks, z)


def _list_allowed(n_ranks: int, tail: float) -> list[Counts]:
    """List, border by border, the counts both of whose tails are larger than a given one."""
    low, high = _find_tails(n_ranks)
    return [np.flatnonzero(is_allowed) for is_allowed in (low > tail) & (high > tail)]


def _stay_within(allowed: Sequence[Counts], n_ranks: int) -> float:
    """Compute how often even ranks have an allowed count at every border."""
    before, chance = np.zeros(1, dtype=np.int64), np.ones(1)
    for place, after in enumerate(allowed):
        step = 1.0 / (N_PARTS - place)
        moves = binom.pmf(after[None, :] - before[:, None], n_ranks - before[:, None], step)
        before, chance = after, chance @ moves
    return float(chance.sum())

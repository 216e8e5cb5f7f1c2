"""Draws of fits that know nothing of each other, side by side."""

from collections.abc import Sequence

import numpy as np

SEED = 20_250_801
"""Of the order in which draws of several fits are put side by side: the same every time."""


def pair_draws(sizes: Sequence[int]) -> list[np.ndarray]:
    """Put draws of several fits side by side.

    The fits are independent, so any draw of one may stand beside any of another. They are put in
    a random order, for what is paired in the order of the sampler may move together by accident.

    Parameters
    ----------
    sizes : sequence of int
        Draws of each fit.

    Returns
    -------
    list of numpy.ndarray
        Places of the draws of each fit, as many as the smallest has, none twice.

    Examples
    --------
    >>> [len(set(places.tolist())) for places in pair_draws([5, 3])]
    [3, 3]
    """
    rng = np.random.default_rng(SEED)
    return [rng.permutation(size)[: min(sizes)] for size in sizes]

"""Where draws lie: chains that settled apart, several peaks, divergences that lie together."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter1d
from scipy.stats import rankdata

from mmm_pipeline.errors import shorten
from mmm_pipeline.gate.diagnostics import list_draws
from mmm_pipeline.gate.findings import Finding

APART = 4.0
"""Standard deviations within chains by which their means differ where they settled apart."""
BINS, SMOOTH = 60, 3.0
"""Bins of the histogram in which peaks are looked for, and by how many it is smoothed."""
VALLEY, MASS = 0.5, 0.1
"""Depth of a valley as a share of the lower of its peaks, and share of draws on either side."""
FEW_DIVERGENCES = 5
"""Divergences below which they lie nowhere in particular."""
OFF_CENTER, STANDARD_ERRORS = 0.25, 4.0
"""How far the mean rank of divergent draws (0 to 1) lies from that of all, and in its errors."""

type Place = tuple[Finding, list[str]]
"""What was found, and the parameters it is of, the clearest first."""


def find_apart(posterior: xr.Dataset) -> Iterator[Place]:
    """Find parameters on which chains have settled in different places.

    Parameters
    ----------
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``; finite.

    Yields
    ------
    Finding
        One for all of them.
    list of str
        The parameters.
    """
    distance = {}
    for name, draws in list_draws(posterior).items():
        means, spread = draws.mean(axis=1), float(draws.std(axis=1).max())
        gap = float(np.ptp(means))
        if gap > APART * spread:
            distance[name] = gap / spread if spread > 0 else np.inf
    if not distance:
        return
    names = sorted(distance, key=lambda name: -distance[name])
    moving = [one for one in distance.values() if np.isfinite(one)]
    yield (
        Finding(
            "apart",
            f"The chains have settled in different places on {shorten(names)}: the posterior has "
            "several peaks, or has not been found",
            {"parameters": float(len(names)), **({"distance": max(moving)} if moving else {})},
        ),
        names,
    )


def find_peaks(posterior: xr.Dataset) -> Iterator[Place]:
    """Find parameters whose draws, those of all chains together, have two peaks.

    Parameters
    ----------
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``; finite.

    Yields
    ------
    Finding
        One for all of them.
    list of str
        The parameters.
    """
    depth = {name: _measure_valley(draws.ravel()) for name, draws in list_draws(posterior).items()}
    names = sorted((name for name in depth if depth[name] < VALLEY), key=depth.__getitem__)
    if names:
        yield (
            Finding(
                "peaks",
                f"The draws of {shorten(names)} have two peaks: a mean lies where there are few, "
                "and stands for neither",
                {"valley": depth[names[0]]},
            ),
            names,
        )


def _measure_valley(draws: np.ndarray) -> float:
    """Measure the lowest valley as a share of the lower of its two peaks; 1 where there is none."""
    low, high = np.quantile(draws, [0.005, 0.995])
    if not high > low:
        return 1.0
    counts, _ = np.histogram(draws, BINS, (low, high))
    height = gaussian_filter1d(counts.astype(float), SMOOTH)
    before, after = np.maximum.accumulate(height), np.maximum.accumulate(height[::-1])[::-1]
    mass, peak = np.cumsum(counts) / counts.sum(), np.minimum(before, after)
    is_between = (mass > MASS) & (mass < 1 - MASS) & (peak > 0)
    return float(np.min(height[is_between] / peak[is_between], initial=1.0))


def find_divergent_place(posterior: xr.Dataset, statistics: xr.Dataset) -> Iterator[Place]:
    """Find parameters at an end of which the divergences lie.

    Parameters
    ----------
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``; finite.
    statistics : xarray.Dataset
        Of the sampler, dims ``(chain, draw)``.

    Yields
    ------
    Finding
        One for all of them.
    list of str
        The parameters.

    Notes
    -----
    By the mean rank of the draws that diverged among all draws, of which the standard error is
    ``1 / sqrt(12 n)`` where divergences lie anywhere.
    """
    diverged = statistics["diverging"].transpose("chain", "draw").to_numpy().ravel()
    count = int(diverged.sum())
    if not FEW_DIVERGENCES <= count < len(diverged):
        return
    shift = {
        name: float(rankdata(draws.ravel())[diverged].mean() / len(diverged) - 0.5)
        for name, draws in list_draws(posterior).items()
    }
    least = max(OFF_CENTER, STANDARD_ERRORS / (12 * count) ** 0.5)
    names = sorted((one for one in shift if abs(shift[one]) > least), key=lambda n: -abs(shift[n]))
    if names:
        ends = [f"{name} is {'high' if shift[name] > 0 else 'low'}" for name in names]
        yield (
            Finding(
                "divergent_place",
                f"The {count} divergences lie where {shorten(ends)}: there the posterior is too "
                "narrow for the sampler's steps",
                {"divergences": float(count), "rank": 0.5 + shift[names[0]]},
            ),
            names,
        )

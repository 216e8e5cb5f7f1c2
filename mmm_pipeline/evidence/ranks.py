"""Where the truth of simulated worlds lies among the draws of the fits to them.

If a fit's draws are those of the posterior, and the world was drawn from the priors, the truth is
one more draw: its rank among independent draws is spread evenly, and a central interval holds it as
often as it says.
"""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.uniformity import N_PARTS, count_below, measure_evenness
from mmm_pipeline.spec import GateLimits

WIDTHS = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is measured."""
ALPHA = 0.01
"""Probability of calling any quantity uneven where all are even."""
GROUPS = {
    "implied_roas": "roas",
    "contribution": "contribution",
    "adstock_": "carry-over",
    "saturation_": "saturation",
    "frequency_": "saturation",
    "level": "level",
    "intercept": "level",
    "trend": "trend",
    "media_drift": "drift of media",
    "gamma_fourier": "season",
    "gamma_monthly": "season",
    "gamma_weekly": "season",
    "gamma_": "controls",
    "control_": "controls",
    "y_": "noise",
}
"""Groups of quantities by how their names begin; the first that fits. Others are beliefs about
returns."""
NO_RANKS = pd.DataFrame(
    {"quantity": pd.Series(dtype=str), "group": pd.Series(dtype=str)}
    | {name: pd.Series(dtype="int64") for name in ("world", "rank")}
)
"""Ranks where no world passed."""
BELIEFS = "return"
"""Group of the parameters that beliefs about returns are stated in."""


def count_kept(limits: GateLimits) -> int:
    """Count the draws to keep of a fit such that they are about independent.

    Parameters
    ----------
    limits : GateLimits
        What the fit has kept.

    Returns
    -------
    int
        At most one for every two effective draws; with 1 added, a multiple of `N_PARTS`.

    Examples
    --------
    >>> count_kept(GateLimits())
    199
    """
    return N_PARTS * int(limits.min_ess // (2 * N_PARTS)) - 1


def thin(posterior: xr.Dataset, n_kept: int) -> xr.Dataset:
    """Keep draws that lie as far from each other as can be.

    Parameters
    ----------
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``.
    n_kept : int
        How many are kept, over all chains.

    Returns
    -------
    xarray.Dataset, dims ``(draw, ...)``
    """
    n_chains, n_draws = posterior.sizes["chain"], posterior.sizes["draw"]
    places = np.linspace(0, n_chains * n_draws - 1, n_kept).astype(int)
    chain, draw = (xr.DataArray(part, dims="draw") for part in np.divmod(places, n_draws))
    some = posterior.drop_vars(["chain", "draw"], errors="ignore").isel(chain=chain, draw=draw)
    kept: xr.Dataset = some.transpose("draw", ...)
    return kept


def rank_truths(truth: xr.Dataset, kept: xr.Dataset) -> pd.DataFrame:
    """Rank the truth of every world among the draws that were kept of its fit.

    Parameters
    ----------
    truth : xarray.Dataset
        Quantities, dims ``(world, ...)``.
    kept : xarray.Dataset
        The same quantities, dims ``(world, draw, ...)``.

    Returns
    -------
    pandas.DataFrame
        ``quantity`` (such as ``roas[tv]``), ``group``, ``world``, ``rank`` (0 to the number of
        draws). Without quantities that are not known or not free to vary in some world, such as the
        return on no spend.
    """
    tables = []
    for name in map(str, truth.data_vars):
        true = truth[name].transpose("world", ...)
        draws = kept[name].transpose(*true.dims, "draw")
        labels = itertools.product(*(true[dim].to_numpy() for dim in true.dims[1:]))
        ranks = (draws < true).sum("draw").to_numpy().reshape(len(true), -1)
        is_free = (draws.max("draw") > draws.min("draw")).all("world").to_numpy().ravel()
        for place, at in enumerate(labels):
            if is_free[place]:
                quantity = f"{name}[{', '.join(map(str, at))}]" if at else name
                columns = {"world": true["world"].to_numpy(), "rank": ranks[:, place]}
                one = {"quantity": quantity, "group": _find_group(name), **columns}
                tables.append(pd.DataFrame(one))
    return pd.concat(tables, ignore_index=True)


def assess_ranks(ranks: pd.DataFrame, n_kept: int) -> pd.DataFrame:
    """Tell, quantity by quantity, whether ranks are even, and how often intervals hold the truth.

    Parameters
    ----------
    ranks : pandas.DataFrame
        From `rank_truths`.
    n_kept : int
        Draws among which the truth was ranked.

    Returns
    -------
    pandas.DataFrame
        A row per quantity: ``quantity, group, worlds``; ``rank_p_value``, how often even ranks
        would stray as far; ``is_uniform``; and for 50, 80 and 95 %, such as ``coverage_80``, the
        share of worlds whose truth the central interval holds, with ``coverage_80_error``, the
        standard error of that share where the interval is right.

    Notes
    -----
    A quantity is called uneven where its p-value is not above `ALPHA` over the number of quantities
    (Bonferroni): where all are even, one or more is called uneven with probability `ALPHA` at most,
    however the quantities hang together.
    """
    rows: list[dict[str, Any]] = []
    for (quantity, group), some in ranks.groupby(["quantity", "group"], sort=False):
        n_worlds = len(some)
        below = count_below(some["rank"].to_numpy(), n_kept)
        row = {"quantity": quantity, "group": group, "worlds": n_worlds}
        row["rank_p_value"] = p_value = measure_evenness(below, n_worlds)
        row["is_uniform"] = p_value > ALPHA / ranks["quantity"].nunique()
        for width in WIDTHS:
            word = name_coverage(width)
            row[word] = float(is_held(some["rank"], n_kept, width).mean())
            row[f"{word}_error"] = (width * (1 - width) / n_worlds) ** 0.5
        rows.append(row)
    words = ["quantity", "group", "worlds", "rank_p_value", "is_uniform", *_list_coverages()]
    return pd.DataFrame(rows, columns=words).astype({"is_uniform": bool})


def assess_groups(ranks: pd.DataFrame, n_kept: int) -> pd.DataFrame:
    """Tell how often intervals hold the truth, over all quantities of a group.

    Parameters
    ----------
    ranks : pandas.DataFrame
        From `rank_truths`.
    n_kept : int
        Draws among which the truth was ranked.

    Returns
    -------
    pandas.DataFrame
        ``group, quantities, worlds``, and the coverages of `assess_ranks`, each with its standard
        error from how much worlds differ: the quantities of one world are not independent.
    """
    held = ranks.assign(
        **{name_coverage(width): is_held(ranks["rank"], n_kept, width) for width in WIDTHS}
    )
    rows: list[dict[str, Any]] = []
    for group, some in held.groupby("group", sort=False):
        by_world = some.groupby("world")[[name_coverage(width) for width in WIDTHS]].mean()
        row = {"group": group, "quantities": some["quantity"].nunique(), "worlds": len(by_world)}
        for word, shares in by_world.items():
            row[str(word)] = float(shares.mean())
            row[f"{word}_error"] = float(shares.std(ddof=0) / len(shares) ** 0.5)
        rows.append(row)
    return pd.DataFrame(rows, columns=["group", "quantities", "worlds", *_list_coverages()])


def is_held(ranks: pd.Series, n_kept: int, width: float) -> pd.Series:
    """Tell whether the truth lies in a central interval.

    Parameters
    ----------
    ranks : pandas.Series of int
        0 to `n_kept`.
    n_kept : int
        Draws among which the truth was ranked.
    width : float
        Of the interval, 0 to 1; of even ranks, exactly this share is held.

    Returns
    -------
    pandas.Series of bool

    Examples
    --------
    >>> is_held(pd.Series([9, 10, 29, 30]), 39, 0.5).tolist()
    [False, True, True, False]
    """
    outside = round((n_kept + 1) * (1 - width) / 2)
    return ranks.between(outside, n_kept - outside)


def name_coverage(width: float) -> str:
    """Name the column of a coverage.

    Parameters
    ----------
    width : float
        Of the interval, 0 to 1.

    Returns
    -------
    str
    """
    return f"coverage_{100 * width:.0f}"


def _list_coverages() -> list[str]:
    """Name the columns of coverages and their errors."""
    words = [name_coverage(width) for width in WIDTHS]
    return [column for word in words for column in (word, f"{word}_error")]


def _find_group(name: str) -> str:
    """Find the group of a variable."""
    return next((group for start, group in GROUPS.items() if name.startswith(start)), BELIEFS)

"""How what a model says of its media moves as it learns of more periods."""

from collections.abc import Sequence

import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.folds import Fold
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.response import LAG, read_response
from mmm_pipeline.insight.returns import compute_window_returns
from mmm_pipeline.insight.summary import summarize

WHOLE = 0
"""Number of the fit that knows all, among those of the folds."""


def summarize_stability(
    fit: ConvergedFit, folds: Sequence[tuple[Fold, ConvergedFit]]
) -> pd.DataFrame:
    """Set what each fold said of the media beside what the fit to all of the data says.

    Parameters
    ----------
    fit : ConvergedFit
        To all of the data.
    folds : sequence of (Fold, ConvergedFit)
        Those whose fit may be read.

    Returns
    -------
    pandas.DataFrame
        A row per fold and channel, then per channel of the whole, fold `WHOLE`: ``fold,
        n_known`` (periods), ``channel``; ``roas`` over the periods known (NaN where nothing was
        spent) and ``carried``, the share of an exposure's effect that comes after its own period,
        each with its 5-95 % interval, ``_lower`` and ``_upper``; and ``agrees``, whether the
        interval of the ROAS, or, without one, of what is carried, shares some ground with that of
        the whole.
    """
    parts = [_tabulate(fold.number, one) for fold, one in folds]
    whole = _tabulate(WHOLE, fit)
    table = pd.concat([*parts, whole], ignore_index=True)
    last = whole.set_index("channel").loc[table["channel"]].reset_index()
    is_apart = {
        name: (table[f"{name}_lower"] > last[f"{name}_upper"])
        | (table[f"{name}_upper"] < last[f"{name}_lower"])
        for name in ("roas", "carried")
    }
    table["agrees"] = ~is_apart["roas"].where(table["roas"].notna(), is_apart["carried"])
    table.attrs["fit_id"] = fit.fit_id
    return table


def find_unstable(table: pd.DataFrame) -> tuple[str, ...]:
    """Name the channels of which a fold said something else.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_stability`.

    Returns
    -------
    tuple of str
        A sentence for each.
    """
    apart = table[~table["agrees"]]
    return tuple(
        f"What was said of {channel} in fold {', '.join(map(str, rows['fold']))} has nothing in "
        "common with what is said now: the 90 % intervals do not touch"
        for channel, rows in apart.groupby("channel", sort=False)
    )


def _tabulate(number: int, fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate return and carry-over of every channel."""
    carried = (1 - read_response(fit).weights.isel({LAG: 0})).rename(sample="draw")
    carried = carried.reset_coords(drop=True).expand_dims("chain")
    parts = [summarize(compute_window_returns(fit)["roas"], "roas"), summarize(carried, "carried")]
    table = xr.merge(parts).to_dataframe().loc[list(fit.spec.media)].reset_index()
    table.insert(0, "n_known", fit.features.sizes["date"])
    table.insert(0, "fold", number)
    return table

"""When in the year media earn more than usual, and when the target is higher than usual."""

import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.summary import summarize

FEWEST = {"month": 2, "quarter": 4}
"""Dates of a season below which nothing is said of it, and 1 is taken."""
ENOUGH, MANY = 4, 8
"""Dates from which on an index is of medium, and of high, confidence."""


def summarize_seasonal_indices(fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate how the return of each channel, and the target, go with the season.

    By month; by quarter where the data hold fewer than two dates of any month. Where media work
    alike at all times (`time_varying_media` is false), what an index shows is spend that lies
    higher on its curve in some months, and carry-over between them, not another season's public.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``what`` (`efficiency` of a channel that is bought, or `demand`), ``channel`` (nothing for
        demand), ``grain`` (`month`, `quarter`), ``season`` (1 to 12, 1 to 4), ``index`` with its
        5-95 % interval, ``dates`` it is made from, ``confidence`` (`low`, `medium`, `high`). A
        date's season is that in which it begins. Demand is as it was observed: its interval is it.

    Notes
    -----
    Efficiency of a season is ``sum contribution / sum spend``, its index that over the mean of all
    seasons', in every draw; 1 with too few dates or no spend. The demand's is the season's mean
    target over the mean of all dates.
    """
    dates = fit.features["date"].dt
    months = dates.month.to_series().value_counts()
    grain = "month" if months.reindex(range(1, 13), fill_value=0).min() >= 2 else "quarter"
    seasons = getattr(dates, grain).rename("season")
    counts = seasons.to_series().value_counts().sort_index()
    parts = [_index_efficiency(fit, seasons, counts, grain), _index_demand(fit, seasons)]
    table = pd.concat(parts, ignore_index=True)
    table.insert(2, "grain", grain)
    table["dates"] = table["season"].map(counts)
    bins = [0, ENOUGH, MANY, float("inf")]
    words = pd.cut(table["dates"], bins, right=False, labels=["low", "medium", "high"])
    table["confidence"] = words.astype("str")
    table.attrs["fit_id"] = fit.fit_id
    return table


def _index_efficiency(
    fit: ConvergedFit, seasons: xr.DataArray, counts: pd.Series, grain: str
) -> pd.DataFrame:
    """Compute the index of every channel that is bought."""
    cells, bought = list(fit.spec.data.panel), fit.spec.bought_media
    earned = compute_contributions(fit).sel(component=bought).drop_vars("kind").sum(cells)
    earned = earned.rename(component="channel").groupby(seasons).sum("date")
    spent = fit.features["spend"].sel(channel=bought).sum(cells).groupby(seasons).sum("date")
    is_known = (spent > 0) & (counts.to_xarray() >= FEWEST[grain])
    efficiency = (earned / spent.where(spent > 0)).where(is_known)
    index = (efficiency / efficiency.mean("season")).fillna(1.0)
    table = summarize(index, "index").to_dataframe(dim_order=["channel", "season"]).reset_index()
    table.insert(0, "what", "efficiency")
    return table


def _index_demand(fit: ConvergedFit, seasons: xr.DataArray) -> pd.DataFrame:
    """Compute the index of the target."""
    target = fit.features["target"].sum(list(fit.spec.data.panel))
    index = target.groupby(seasons).mean("date") / target.mean("date")
    table = index.rename("index").to_dataframe()[["index"]].reset_index()
    table = table.assign(index_lower=table["index"], index_upper=table["index"])
    table.insert(0, "what", "demand")
    table.insert(1, "channel", "")
    return table

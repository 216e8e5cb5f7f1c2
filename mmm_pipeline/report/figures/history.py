"""What happened: fit, decomposition, and what was expected before."""

from collections.abc import Sequence

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mmm_pipeline.insight.summary import LOWER, OVERLAP, UPPER
from mmm_pipeline.report.style import (
    ACCENT,
    BAND,
    BASELINE,
    INK,
    MUTED,
    amounts,
    color_of,
    date_axes,
    legend_above,
    new_figure,
)


def draw_fit(table: pd.DataFrame) -> Figure:
    """Draw observed against fitted, with the 5-95 % predictive interval.

    Cells of a panel are added up; their intervals, which do not add up, are left out.

    Parameters
    ----------
    table : pandas.DataFrame
        ``date, observed, fitted, lower, upper``, target units, one row per date and cell.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.5, 3.4)
    axes = date_axes(figure)
    total = table.groupby("date", as_index=False)[["observed", "fitted", "lower", "upper"]].sum()
    dates = total["date"]
    if len(total) == len(table):
        axes.fill_between(
            dates, total["lower"], total["upper"], color=BAND, alpha=0.55, lw=0, label="90 %"
        )
    axes.plot(dates, total["fitted"], color=ACCENT, lw=1.6, label="fitted")
    axes.plot(dates, total["observed"], ".", color=INK, ms=3.5, alpha=0.8, label="observed")
    axes.set_ylabel("target per period", color=MUTED)
    amounts(axes, "y")
    legend_above(axes)
    return figure


def draw_decomposition(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw where the target came from, period by period.

    Where terms multiply, every channel bears its part of the overlap, in the ratio of what they
    brought, so that all of them together are as high as what they brought together.

    Parameters
    ----------
    table : pandas.DataFrame
        ``date, component, contribution``, target units.
    channels : sequence of str
        Media that add to the target; all but them and the overlap is stacked as the baseline.

    Returns
    -------
    matplotlib.figure.Figure
    """
    wide = table.pivot_table(
        index="date", columns="component", values="contribution", aggfunc="sum"
    )
    media = wide[list(channels)]
    baseline = wide.drop(columns=[*channels, OVERLAP], errors="ignore").sum(axis=1)
    if OVERLAP in wide:
        whole = media.sum(axis=1)
        media = media.mul(1 + (wide[OVERLAP] / whole.where(whole > 0)).fillna(0.0), axis=0)
    figure = new_figure(9.5, 3.6)
    axes = date_axes(figure)
    axes.stackplot(
        wide.index,
        [baseline, *(media[channel] for channel in channels)],
        labels=["baseline", *channels],
        colors=[BASELINE, *(color_of(channel, channels) for channel in channels)],
        lw=0,
    )
    axes.set_ylabel("target per period", color=MUTED)
    amounts(axes, "y")
    legend_above(axes)
    return figure


def draw_prior_target(prior: xr.DataArray, observed: xr.DataArray) -> Figure:
    """Draw the range of targets that the priors alone expect, over the observed one.

    Parameters
    ----------
    prior : xarray.DataArray, dims ``(draw, date, ...)``
        Predicted target, target units; cells of a panel are added up.
    observed : xarray.DataArray, dims ``(date, ...)``
        The target.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(7.0, 2.8)
    axes = date_axes(figure)
    cells = [dim for dim in observed.dims if dim != "date"]
    low, high = prior.sum(cells).quantile([LOWER, UPPER], "draw").to_numpy()
    dates = pd.DatetimeIndex(observed["date"].to_numpy())
    axes.fill_between(dates, low, high, color=BASELINE, alpha=0.6, lw=0, label="prior, 90 %")
    axes.plot(dates, observed.sum(cells), color=INK, lw=1.2, label="observed")
    axes.axhline(0, color=MUTED, lw=0.8)
    amounts(axes, "y")
    legend_above(axes)
    return figure

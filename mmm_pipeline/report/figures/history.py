"""What happened: fit, decomposition, and what was expected before."""

from collections.abc import Sequence

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mmm_pipeline.insight.summary import LOWER, UPPER
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

    Parameters
    ----------
    table : pandas.DataFrame
        ``date, observed, fitted, lower, upper``, target units.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.5, 3.4)
    axes = date_axes(figure)
    axes.fill_between(
        table["date"], table["lower"], table["upper"], color=BAND, alpha=0.55, lw=0, label="90 %"
    )
    axes.plot(table["date"], table["fitted"], color=ACCENT, lw=1.6, label="fitted")
    axes.plot(table["date"], table["observed"], ".", color=INK, ms=3.5, alpha=0.8, label="observed")
    axes.set_ylabel("target per period", color=MUTED)
    amounts(axes, "y")
    legend_above(axes)
    return figure


def draw_decomposition(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw where the target came from, period by period.

    Parameters
    ----------
    table : pandas.DataFrame
        ``date, component, contribution``, target units.
    channels : sequence of str
        Media that add to the target; all else is stacked as the baseline.

    Returns
    -------
    matplotlib.figure.Figure
    """
    wide = table.pivot_table(
        index="date", columns="component", values="contribution", aggfunc="sum"
    )
    baseline = wide.drop(columns=list(channels)).sum(axis=1)
    figure = new_figure(9.5, 3.6)
    axes = date_axes(figure)
    axes.stackplot(
        wide.index,
        [baseline, *(wide[channel] for channel in channels)],
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
    prior : xarray.DataArray, dims ``(draw, date)``
        Predicted target, target units.
    observed : xarray.DataArray, dims ``(date,)``
        The target.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(7.0, 2.8)
    axes = date_axes(figure)
    low, high = prior.quantile([LOWER, UPPER], "draw").to_numpy()
    dates = pd.DatetimeIndex(observed["date"].to_numpy())
    axes.fill_between(dates, low, high, color=BASELINE, alpha=0.6, lw=0, label="prior, 90 %")
    axes.plot(dates, observed, color=INK, lw=1.2, label="observed")
    axes.axhline(0, color=MUTED, lw=0.8)
    amounts(axes, "y")
    legend_above(axes)
    return figure

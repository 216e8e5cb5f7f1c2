"""What it brought: shares of the target, and returns on spend."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mmm_pipeline.insight.summary import LOWER, UPPER
from mmm_pipeline.report.rates import Rate
from mmm_pipeline.report.style import (
    ACCENT,
    BASELINE,
    INK,
    MUTED,
    TRUTH,
    color_part,
    format_share,
    legend_above,
    new_figure,
    plain_axes,
)


def draw_shares(shares: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw each component's share of the target, with its 5-95 % interval.

    Parameters
    ----------
    shares : pandas.DataFrame
        ``component, share, share_lower, share_upper``, fractions.
    channels : sequence of str
        The media, drawn in their colours.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = shares.iloc[::-1].reset_index(drop=True)
    figure = new_figure(8.0, 0.36 * len(rows) + 0.7)
    axes = plain_axes(figure.subplots(), grid="x")
    colors = [color_part(component, channels) for component in rows["component"]]
    axes.barh(rows.index, rows["share"], color=colors, height=0.62)
    axes.hlines(rows.index, rows["share_lower"], rows["share_upper"], color=INK, lw=1.2)
    for place, row in rows.iterrows():
        edge = max(row["share_upper"], 0)
        axes.annotate(
            format_share(row["share"]),
            (edge, float(place)),  # type: ignore[arg-type]
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
        )
    axes.axvline(0, color=MUTED, lw=0.8)
    axes.set_yticks(rows.index, rows["component"], color=INK)
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    axes.set_xlabel("share of the target over the window", color=MUTED)
    return figure


def draw_roas(
    table: pd.DataFrame,
    prior: xr.DataArray,
    channels: Sequence[str],
    rate: Rate,
    truth: Mapping[str, float] | None = None,
) -> Figure:
    """Draw each channel's return, what was believed before, and the truth where it is known.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel`` and the column of `rate` with its bounds.
    prior : xarray.DataArray, dims ``(draw, channel)``
        Prior draws of ROAS.
    channels : sequence of str
        In the order to be drawn.
    rate : Rate
        How returns are told.
    truth : mapping of str to float, optional
        True ROAS of a simulated world.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = rate.take(table.set_index("channel").loc[list(channels)[::-1]])
    figure = new_figure(8.0, 0.5 * len(rows) + 1.1)
    axes = plain_axes(figure.subplots(), grid="x")
    places = np.arange(len(rows))
    prior_bounds = prior.sel(channel=list(rows.index)).quantile([LOWER, UPPER], "draw").to_numpy()
    if rate.is_cost:
        prior_bounds = 1 / prior_bounds[::-1]
    axes.hlines(places - 0.22, *prior_bounds, color=BASELINE, lw=4, label="prior, 90 %")
    axes.hlines(places, rows["lower"], rows["upper"], color=ACCENT, lw=3, label="posterior, 90 %")
    mean = "spend over mean contribution" if rate.is_cost else "posterior mean"
    axes.plot(rows["mean"], places, "o", color=ACCENT, ms=6, label=mean)
    if truth is not None:
        known = [rate.tell(truth.get(channel, math.nan)) for channel in rows.index]
        axes.plot(known, places, "D", color=TRUTH, ms=6, mfc="none", mew=1.8, label="truth")
    if not rate.is_cost:
        axes.axvline(1, color=MUTED, lw=1, ls=(0, (4, 3)))
    axes.set_yticks(places, rows.index.tolist(), color=INK)
    shown = [*rows["upper"], *rows["mean"], *map(rate.tell, (truth or {}).values())]
    widest = 1.6 * float(np.nanmax(shown))
    axes.set_xlim(0, widest)
    beyond = places[prior_bounds[1] > widest]
    axes.plot(np.full(len(beyond), widest), beyond - 0.22, ">", color=MUTED, ms=6, clip_on=False)
    axes.set_xlabel(rate.unit if rate.is_cost else f"{rate.unit} (dashed: 1)", color=MUTED)
    legend_above(axes)
    return figure

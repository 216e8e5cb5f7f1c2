"""What makes up the target, what the next unit of money brings, and how long media act."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.report.rates import Rate
from mmm_pipeline.report.style import (
    ACCENT,
    BAND,
    INK,
    MUTED,
    amounts,
    color_of,
    color_part,
    format_amount,
    legend_above,
    new_figure,
    plain_axes,
)

NOTHING = 1e-9
"""Share of the whole below which a part is rounding: a control against its own mean."""


def draw_waterfall(totals: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw the target of the window as a sum: the parts of the baseline, the channels, the total.

    Parameters
    ----------
    totals : pandas.DataFrame
        ``component, total``, target units, in the order to be added up.
    channels : sequence of str
        The media, drawn in their colours.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = [*totals["component"], "total"]
    steps = totals["total"].to_numpy(dtype=float)
    steps = np.where(abs(steps) < NOTHING * abs(steps).sum(), 0.0, steps)
    ends = np.cumsum(steps)
    starts = np.append(ends - steps, 0.0)
    heights = np.append(steps, ends[-1])
    colors = [*(color_part(name, channels) for name in totals["component"]), INK]
    figure = new_figure(9.5, 0.34 * len(names) + 0.7)
    axes = plain_axes(figure.subplots(), grid="x")
    places = np.arange(len(names))[::-1]
    axes.barh(places, heights, left=starts, color=colors, height=0.66)
    axes.vlines(ends, places[:-1] - 1.33, places[:-1] + 0.33, color=MUTED, lw=0.7)
    for place, start, height in zip(places, starts, heights, strict=True):
        axes.annotate(
            format_amount(float(height)),
            (max(start, start + height), float(place)),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
        )
    axes.set_yticks(places, names, color=INK)
    axes.margins(x=0.1)
    amounts(axes, "x")
    axes.set_xlabel("target units of the window, one on top of the other", color=MUTED)
    return figure


def draw_marginal(table: pd.DataFrame, level: float | None, rate: Rate) -> Figure:
    """Draw what all of the money brought beside what its next unit would.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel`` and the columns of `rate` with their bounds, one row per channel.
    level : float or None
        Return at which money comes back, target units per money.
    rate : Rate
        How returns are told.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    figure = new_figure(8.0, 0.5 * len(rows) + 1.1)
    axes = plain_axes(figure.subplots(), grid="x")
    places = np.arange(len(rows))
    one = "target" if rate.is_cost else "unit"
    for is_next, color, shift, label in (
        (False, BAND, 0.14, "all of the window's money, 90 %"),
        (True, ACCENT, -0.14, f"the next {one} today, 90 %"),
    ):
        told = rate.take(rows, is_next=is_next)
        axes.hlines(places + shift, told["lower"], told["upper"], color=color, lw=3)
        axes.plot(told["mean"], places + shift, "o", color=color, ms=6, label=label)
    if level is not None:
        words = "a target may cost" if rate.is_cost else "money comes back"
        axes.axvline(rate.tell(level), color=MUTED, lw=1, ls=(0, (4, 3)), label=words)
    axes.set_yticks(places, rows["channel"], color=INK)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(0, None)
    axes.set_xlabel(rate.unit, color=MUTED)
    legend_above(axes)
    return figure


def draw_carryover(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw which part of what an exposure brings comes in which period after it.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel, lag, weight, weight_lower, weight_upper``.
    channels : sequence of str
        One panel each.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_columns = min(5, len(channels))
    n_rows = -(-len(channels) // n_columns)
    figure = new_figure(1.9 * n_columns + 0.6, 1.7 * n_rows + 0.4)
    panels = np.atleast_1d(figure.subplots(n_rows, n_columns, sharey=True, sharex=True)).ravel()
    for channel, axes in zip(channels, panels, strict=False):
        curve, color = table[table["channel"] == channel], color_of(channel, channels)
        plain_axes(axes)
        axes.bar(curve["lag"], curve["weight"], color=color, alpha=0.55, width=0.8)
        axes.vlines(curve["lag"], curve["weight_lower"], curve["weight_upper"], color=INK, lw=1.2)
        axes.set_title(channel, color=INK, fontsize=10, loc="left")
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        axes.xaxis.get_major_locator().set_params(integer=True)
    for axes in panels[len(channels) :]:
        axes.set_visible(False)
    figure.supxlabel("periods after the exposure", color=MUTED, fontsize=10)
    return figure

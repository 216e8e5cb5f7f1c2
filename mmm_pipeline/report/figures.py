"""Every figure of the report; the small ones in Dagster's UI are the same."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mmm_pipeline.report.style import (
    ACCENT,
    BAND,
    BASELINE,
    INK,
    MUTED,
    TRUTH,
    amounts,
    color_of,
    format_amount,
    format_share,
    new_figure,
    plain_axes,
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
    axes = _date_axes(figure)
    axes.fill_between(
        table["date"], table["lower"], table["upper"], color=BAND, alpha=0.55, lw=0, label="90 %"
    )
    axes.plot(table["date"], table["fitted"], color=ACCENT, lw=1.6, label="fitted")
    axes.plot(table["date"], table["observed"], ".", color=INK, ms=3.5, alpha=0.8, label="observed")
    axes.set_ylabel("target per period", color=MUTED)
    amounts(axes, "y")
    _legend_above(axes)
    return figure


def draw_decomposition(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw where the target came from, period by period.

    Parameters
    ----------
    table : pandas.DataFrame
        ``date, component, contribution``, target units.
    channels : sequence of str
        The media; all else is stacked as the baseline.

    Returns
    -------
    matplotlib.figure.Figure
    """
    wide = table.pivot_table(index="date", columns="component", values="contribution")
    baseline = wide.drop(columns=list(channels)).sum(axis=1)
    figure = new_figure(9.5, 3.6)
    axes = _date_axes(figure)
    axes.stackplot(
        wide.index,
        [baseline, *(wide[channel] for channel in channels)],
        labels=["baseline", *channels],
        colors=[BASELINE, *(color_of(channel, channels) for channel in channels)],
        lw=0,
    )
    axes.set_ylabel("target per period", color=MUTED)
    amounts(axes, "y")
    _legend_above(axes)
    return figure


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
    colors = [color_of(c, channels) if c in channels else BASELINE for c in rows["component"]]
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
    truth: Mapping[str, float] | None = None,
) -> Figure:
    """Draw each channel's return, what was believed before, and the truth where it is known.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel, roas, roas_lower, roas_upper``.
    prior : xarray.DataArray, dims ``(draw, channel)``
        Prior draws of ROAS.
    channels : sequence of str
        In the order to be drawn.
    truth : mapping of str to float, optional
        True ROAS of a simulated world.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = table.set_index("channel").loc[list(channels)[::-1]]
    figure = new_figure(8.0, 0.5 * len(rows) + 1.1)
    axes = plain_axes(figure.subplots(), grid="x")
    places = np.arange(len(rows))
    prior_bounds = prior.quantile([0.05, 0.95], "draw").sel(channel=list(rows.index)).to_numpy()
    axes.hlines(places - 0.22, *prior_bounds, color=BASELINE, lw=4, label="prior, 90 %")
    axes.hlines(
        places, rows["roas_lower"], rows["roas_upper"], color=ACCENT, lw=3, label="posterior, 90 %"
    )
    axes.plot(rows["roas"], places, "o", color=ACCENT, ms=6, label="posterior mean")
    if truth is not None:
        known = [truth.get(channel, math.nan) for channel in rows.index]
        axes.plot(known, places, "D", color=TRUTH, ms=6, mfc="none", mew=1.8, label="truth")
    axes.axvline(1, color=MUTED, lw=1, ls=(0, (4, 3)))
    axes.set_yticks(places, rows.index.tolist(), color=INK)
    shown = np.concatenate([rows["roas_upper"], list((truth or {}).values())])
    axes.set_xlim(0, 1.6 * float(np.nanmax(shown)))
    axes.set_xlabel("target units per unit of money (dashed: 1)", color=MUTED)
    _legend_above(axes)
    return figure


def draw_response_curves(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw how each channel's response bends, and where today's spend stands.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel, spend, response, lower, upper, is_observed, spend_now``.
    channels : sequence of str
        One panel each.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_columns = min(3, len(channels))
    n_rows = -(-len(channels) // n_columns)
    figure = new_figure(3.2 * n_columns, 2.5 * n_rows + 0.2)
    panels = np.atleast_1d(figure.subplots(n_rows, n_columns)).ravel()
    for channel, axes in zip(channels, panels, strict=False):
        _draw_response_curve(axes, table[table["channel"] == channel], channel, channels)
    for axes in panels[len(channels) :]:
        axes.set_visible(False)
    figure.supxlabel("spend per period", color=MUTED, fontsize=10)
    figure.supylabel("response per period", color=MUTED, fontsize=10)
    return figure


def _draw_response_curve(
    axes: Axes, curve: pd.DataFrame, channel: str, channels: Sequence[str]
) -> None:
    """Draw one channel: solid where spend was seen, dashed beyond."""
    color = color_of(channel, channels)
    plain_axes(axes)
    axes.fill_between(curve["spend"], curve["lower"], curve["upper"], color=color, alpha=0.18, lw=0)
    seen = curve[curve["is_observed"]]
    axes.plot(curve["spend"], curve["response"], color=color, lw=1.4, ls=(0, (3, 2)))
    axes.plot(seen["spend"], seen["response"], color=color, lw=2)
    now = float(curve["spend_now"].iloc[0])
    response_now = float(np.interp(now, curve["spend"], curve["response"]))
    axes.plot([now], [response_now], "o", color=INK, ms=5)
    axes.annotate(
        f"today {format_amount(now)}",
        (now, response_now),
        xytext=(6, -11),
        textcoords="offset points",
        fontsize=8,
        color=INK,
    )
    axes.set_title(channel, color=INK, fontsize=10, loc="left")
    axes.set_xlim(0, None)
    axes.set_ylim(0, None)
    axes.locator_params(axis="x", nbins=4)
    amounts(axes, "x")
    amounts(axes, "y")


def draw_scenarios(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw today's plan and every scenario's, and what each would bring.

    Parameters
    ----------
    table : pandas.DataFrame
        ``scenario, channel, spend_current, spend, response_current, response``.
    channels : sequence of str
        Stacked in this order.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = table["scenario"].drop_duplicates().tolist()
    figure = new_figure(9.5, 0.5 * (len(names) + 1) + 1.4)
    left, right = figure.subplots(1, 2, sharey=True)
    labels = ["today's plan", *names][::-1]
    for axes, quantity in ((left, "spend"), (right, "response")):
        plain_axes(axes, grid="x")
        wide = table.pivot_table(index="channel", columns="scenario", values=quantity)
        first = table[table["scenario"] == names[0]].set_index("channel")
        wide["today's plan"] = first[f"{quantity}_current"]
        start = np.zeros(len(labels))
        for channel in channels:
            widths = wide.loc[channel, labels].to_numpy(dtype=float)
            color = color_of(channel, channels)
            axes.barh(range(len(labels)), widths, left=start, color=color, height=0.6)
            start += widths
        for place, total in enumerate(start):
            axes.annotate(
                format_amount(float(total)),
                (float(total), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=INK,
            )
        axes.margins(x=0.14)
        amounts(axes, "x")
        axes.set_xlabel(f"{quantity} over the window", color=MUTED)
    left.set_yticks(range(len(labels)), labels, color=INK)
    handles = [Patch(color=color_of(channel, channels)) for channel in channels]
    figure.legend(handles, list(channels), loc="outside upper left", ncols=6, frameon=False)
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
    axes = _date_axes(figure)
    low, high = prior.quantile([0.05, 0.95], "draw").to_numpy()
    dates = pd.DatetimeIndex(observed["date"].to_numpy())
    axes.fill_between(dates, low, high, color=BASELINE, alpha=0.6, lw=0, label="prior, 90 %")
    axes.plot(dates, observed, color=INK, lw=1.2, label="observed")
    axes.axhline(0, color=MUTED, lw=0.8)
    amounts(axes, "y")
    _legend_above(axes)
    return figure


def _date_axes(figure: Figure) -> Axes:
    """Open axes whose x is time."""
    axes = plain_axes(figure.subplots())
    locator = AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.margins(x=0.01)
    return axes


def _legend_above(axes: Axes) -> None:
    """Put the legend where no data are."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=7,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        borderaxespad=0.2,
        handlelength=1.4,
        columnspacing=1.2,
    )

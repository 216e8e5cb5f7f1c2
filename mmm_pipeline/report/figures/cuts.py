"""What came in other cuts: at once or later, by quarter, by season, by cell, by its money."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mmm_pipeline.report.style import (
    BASELINE,
    INK,
    MUTED,
    amounts,
    color_of,
    format_share,
    legend_above,
    new_figure,
    plain_axes,
    time_axis,
)

TALLEST = 4.0
"""Times the median of a channel's returns up to which its quarters are drawn."""

PALE = 0.4
"""How much of a colour is left where it is mixed with white."""


def draw_carried_over(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw what each channel brought at once, and what earlier exposure still brought.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel, at_once, carried_over``, target units.
    channels : sequence of str
        The media, drawn in their colours.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    colors = [color_of(name, channels) for name in rows["channel"]]
    whole = rows["at_once"] + rows["carried_over"]
    figure = new_figure(8.0, 0.36 * len(rows) + 0.9)
    axes = plain_axes(figure.subplots(), grid="x")
    axes.barh(rows.index, rows["at_once"], color=colors, height=0.62)
    pale = [_pale(color) for color in colors]
    axes.barh(rows.index, rows["carried_over"], left=rows["at_once"], color=pale, height=0.62)
    for place, (part, total) in enumerate(zip(rows["carried_over"], whole, strict=True)):
        share = format_share(part / total) if total else "–"
        _note(axes, f"{share} later", max(float(total), 0.0), place)
    axes.axvline(0, color=MUTED, lw=0.8)
    axes.set_yticks(rows.index, rows["channel"], color=INK)
    axes.margins(x=0.14)
    amounts(axes, "x")
    axes.set_xlabel("target units; full colour: at once, pale: carried over", color=MUTED)
    return figure


def draw_spend_shares(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw each channel's share of the money above its share of what the money brought.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel, spend_share, share, share_lower, share_upper``, fractions.
    channels : sequence of str
        The media, drawn in their colours.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    places = np.arange(len(rows))
    colors = [color_of(name, channels) for name in rows["channel"]]
    figure = new_figure(8.0, 0.52 * len(rows) + 1.0)
    axes = plain_axes(figure.subplots(), grid="x")
    axes.barh(places + 0.2, rows["spend_share"], color=BASELINE, height=0.36, label="of the spend")
    axes.barh(places - 0.2, rows["share"], color=colors, height=0.36, label="of what it brought")
    axes.hlines(places - 0.2, rows["share_lower"], rows["share_upper"], color=INK, lw=1.2)
    axes.axvline(0, color=MUTED, lw=0.8)
    axes.set_yticks(places, rows["channel"], color=INK)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    axes.set_xlabel("share of all media that are bought, with the 90 % interval", color=MUTED)
    legend_above(axes)
    return figure


def draw_quarters(table: pd.DataFrame, channels: Sequence[str], unit: str) -> Figure:
    """Draw the return of each channel, quarter by quarter.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel, start, is_complete, rate, rate_lower, rate_upper``, a row per quarter.
    channels : sequence of str
        All media; those in the table have a panel each.
    unit : str
        What a return is called.

    Returns
    -------
    matplotlib.figure.Figure
        Hollow where the data do not hold the whole quarter.
    """
    shown = [name for name in channels if name in set(table["channel"])]
    figure, panels = _open_panels(shown)
    for channel, axes in panels:
        rows, color = table[table["channel"] == channel], color_of(channel, channels)
        time_axis(axes).margins(x=0.05)
        _draw_band(axes, rows["start"], rows, ("rate", color), rows["is_complete"])
        top = TALLEST * float(rows["rate"].median())
        if float(rows["rate_upper"].max()) > top > 0:
            axes.set_ylim(0, top)
        axes.set_ylim(min(0.0, axes.get_ylim()[0]))
        axes.tick_params(axis="x", labelsize=8)
    figure.supylabel(unit, color=MUTED, fontsize=10)
    return figure


def draw_seasons(table: pd.DataFrame, channels: Sequence[str]) -> Figure:
    """Draw when in the year each channel earns more than usual, and when the target is higher.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.insight.seasonality.summarize_seasonal_indices`.
    channels : sequence of str
        All media; those in the table have a panel each.

    Returns
    -------
    matplotlib.figure.Figure
        Hollow where an index is of low confidence.
    """
    shown = [name for name in channels if name in set(table["channel"])]
    demand = table[table["what"] == "demand"]
    figure, panels = _open_panels(shown, sharey=True)
    for channel, axes in panels:
        rows = table[(table["what"] == "efficiency") & (table["channel"] == channel)]
        axes.axhline(1, color=MUTED, lw=0.8, ls=(0, (4, 3)))
        axes.plot(demand["season"], demand["index"], color=MUTED, lw=1.2, label="target")
        color = color_of(channel, channels)
        _draw_band(axes, rows["season"], rows, ("index", color), rows["confidence"] != "low")
        axes.set_xticks(rows["season"].to_numpy()[:: 1 if len(rows) <= 4 else 3])
    figure.supxlabel(f"{table['grain'].iloc[0]} (grey: the target)", color=MUTED, fontsize=10)
    figure.supylabel("1 is the mean of the year", color=MUTED, fontsize=10)
    return figure


def draw_cells(table: pd.DataFrame, channels: Sequence[str], unit: str) -> Figure:
    """Draw the return of each channel in each cell of a panel.

    Parameters
    ----------
    table : pandas.DataFrame
        ``cell, channel, rate, rate_lower, rate_upper``; of all cells together last.
    channels : sequence of str
        All media; those in the table have a panel each.
    unit : str
        What a return is called.

    Returns
    -------
    matplotlib.figure.Figure
        The dashed line is all cells together.
    """
    shown = [name for name in channels if name in set(table["channel"])]
    cells = list(table["cell"].drop_duplicates())[:-1][::-1]
    figure, panels = _open_panels(shown, sharey=True, height=0.24 * len(cells) + 0.7)
    for channel, axes in panels:
        rows = table[table["channel"] == channel].set_index("cell")
        each, places = rows.loc[cells], np.arange(len(cells))
        color = color_of(channel, channels)
        plain_axes(axes, grid="x")
        axes.grid(visible=False, axis="y")
        axes.hlines(places, each["rate_lower"], each["rate_upper"], color=color, lw=3, alpha=0.4)
        axes.plot(each["rate"], places, "o", color=color, ms=5)
        axes.axvline(float(rows["rate"].iloc[-1]), color=MUTED, lw=1, ls=(0, (4, 3)))
        axes.set_yticks(places, cells, color=INK)
        axes.set_xlim(min(0.0, axes.get_xlim()[0]))
    figure.supxlabel(f"{unit} (dashed: all cells together)", color=MUTED, fontsize=10)
    return figure


def _open_panels(
    names: Sequence[str], *, sharey: bool = False, height: float = 1.9
) -> tuple[Figure, Iterator[tuple[str, Axes]]]:
    """Open a panel for each name, three beside each other."""
    n_columns = min(3, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = new_figure(3.2 * n_columns, height * n_rows + 0.4)
    every = figure.subplots(n_rows, n_columns, squeeze=False, sharey=sharey).ravel()
    for axes in every[len(names) :]:
        axes.set_visible(False)
    for name, axes in zip(names, every, strict=False):
        plain_axes(axes).set_title(name, color=INK, fontsize=10, loc="left")
    return figure, zip(names, every, strict=False)


def _draw_band(
    axes: Axes, x: pd.Series, rows: pd.DataFrame, what: tuple[str, str], is_sure: pd.Series
) -> None:
    """Draw a line with its interval, hollow where it is not sure."""
    name, color = what
    lower, upper = rows[f"{name}_lower"], rows[f"{name}_upper"]
    axes.fill_between(x, lower, upper, color=color, alpha=0.18, lw=0)
    axes.plot(x, rows[name], color=color, lw=1.6)
    axes.plot(x[is_sure], rows[name][is_sure], "o", color=color, ms=4)
    axes.plot(x[~is_sure], rows[name][~is_sure], "o", color=color, ms=4, mfc="white")


def _note(axes: Axes, words: str, x: float, y: float) -> None:
    """Write beside the end of a bar."""
    axes.annotate(
        words,
        (x, y),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=INK,
    )


def _pale(color: str) -> tuple[float, ...]:
    """Mix a colour with white, so that no grid shows through."""
    return tuple(1 - PALE * (1 - part) for part in to_rgb(color))

"""What the data look like before anybody models them."""

import math

import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from mmm_pipeline.report.style import ACCENT, BASELINE, INK, MUTED, amounts, new_figure

COLUMNS = 3
"""Small figures side by side."""


def draw_series(periods: pd.DataFrame, kinds: dict[str, str]) -> Figure:
    """Draw every column over time, each on its own scale.

    Parameters
    ----------
    periods : pandas.DataFrame
        Index ``date``; a column for each, cells of a panel brought together.
    kinds : dict of str to str
        What sort of quantity a column is: media are drawn as areas, all else as lines.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_rows = math.ceil(len(periods.columns) / COLUMNS)
    figure = new_figure(9.5, 0.35 + 1.35 * n_rows)
    grid = figure.subplots(n_rows, COLUMNS, squeeze=False, sharex=True).ravel()
    for axes, column in zip(grid, periods.columns, strict=False):
        values = periods[column]
        is_binary = values.isin((0, 1)).all()
        if is_binary or kinds[column] in {"spend", "exposure", "reach"}:
            axes.fill_between(periods.index, values, color=ACCENT, alpha=0.75, lw=0, step="mid")
            axes.set_ylim(0, 1 if is_binary else None)
        else:
            axes.plot(periods.index, values, color=INK, lw=1.0)
        axes.set_title(column, loc="left", fontsize=8, color=INK, pad=3)
        axes.tick_params(labelsize=7, colors=MUTED, length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(BASELINE)
        amounts(axes, "y")
        axes.margins(x=0.02)
        axes.yaxis.set_major_locator(FixedLocator([0, 1]) if is_binary else MaxNLocator(nbins=3))
        locator = AutoDateLocator(minticks=2, maxticks=4)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    for axes in grid[len(periods.columns) :]:
        axes.set_visible(False)
    for axes in grid[: len(periods.columns)][-COLUMNS:]:
        axes.tick_params(labelbottom=True)
    return figure


def draw_correlations(table: pd.DataFrame) -> Figure:
    """Draw how columns move together.

    Parameters
    ----------
    table : pandas.DataFrame
        Pearson's r by column and column, -1 to 1; NaN is left blank.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = [str(name) for name in table.columns]
    side = max(3.2, 0.42 * len(names) + 1.6)
    figure = new_figure(side, side - 0.4)
    axes = figure.subplots()
    values = table.to_numpy()
    image = axes.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8, color=INK)
    axes.set_yticks(range(len(names)), names, fontsize=8, color=INK)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row in range(len(names)):
        for column in range(len(names)):
            r = values[row, column]
            if row != column and not math.isnan(r):
                shade = "white" if abs(r) > 0.6 else INK
                label = f"{r:.1f}".replace("-0.0", "0.0")
                axes.text(column, row, label, ha="center", va="center", fontsize=7, color=shade)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, ticks=(-1, 0, 1))
    bar.ax.tick_params(labelsize=7, colors=MUTED, length=0)
    bar.outline.set_visible(False)
    return figure

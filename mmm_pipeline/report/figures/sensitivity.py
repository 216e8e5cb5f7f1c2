"""What each channel returns when the model is told otherwise."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmm_pipeline.evidence.sensitivity import BASE
from mmm_pipeline.report.style import ACCENT, BAND, INK, MUTED, TRUTH, new_figure, plain_axes

MOST_COLUMNS = 3
"""Channels side by side."""


def draw_sensitivity(table: pd.DataFrame) -> Figure:
    """Draw each channel's return under every variation, against the base's 90 % interval.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.sensitivity.summarize_sensitivity`.

    Returns
    -------
    matplotlib.figure.Figure
        An axis for each channel; the share of the target where nothing was spent. What moved apart
        from the base, or flips order or profit, stands out. Placebos are not in it.
    """
    base = table[table["variation"] == BASE].set_index("channel")
    shown = table[table["channel"].isin(base.index)]
    names = shown["variation"].drop_duplicates().tolist()[::-1]
    n_columns = min(MOST_COLUMNS, len(base))
    n_rows = -(-len(base) // n_columns)
    figure = new_figure(2.0 + 2.6 * n_columns, n_rows * (0.26 * len(names) + 0.8))
    grid = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False).ravel()
    for axes, channel in zip(grid, base.index, strict=False):
        _draw_channel(axes, shown[shown["channel"] == channel], names)
        axes.set_title(str(channel), loc="left", fontsize=10, color=INK)
    for axes in grid[len(base) :]:
        axes.set_visible(False)
    return figure


def _draw_channel(axes: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """Draw one channel."""
    plain_axes(axes, grid="x")
    base = rows[rows["variation"] == BASE].iloc[0]
    measure = "share" if np.isnan(base["roas"]) else "roas"
    axes.axvspan(base[f"{measure}_lower"], base[f"{measure}_upper"], color=BAND, alpha=0.35, lw=0)
    axes.axvline(base[measure], color=ACCENT, lw=1)
    places = [names.index(name) for name in rows["variation"]]
    stands_out = (rows["verdict"] == "apart") | (rows["flips"] != "")
    colors = [TRUTH if out else ACCENT for out in stands_out]
    axes.hlines(places, rows[f"{measure}_lower"], rows[f"{measure}_upper"], color=colors, lw=2)
    axes.scatter(rows[measure], places, color=colors, s=16, zorder=3)
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], color=INK)
    axes.set_xlabel("share of the target" if measure == "share" else "ROAS", color=MUTED)

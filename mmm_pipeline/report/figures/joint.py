"""What several models say of the same money."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.report.style import (
    CHANNEL_COLORS,
    INK,
    MUTED,
    legend_above,
    new_figure,
    plain_axes,
)


def draw_views(
    table: pd.DataFrame, channels: Sequence[str], thresholds: Mapping[str, tuple[float, float]]
) -> Figure:
    """Draw what the next unit of money brings by every view, and from when on more is advised.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.insight.joint.judge_views`.
    channels : sequence of str
        A row each, in this order.
    thresholds : mapping of str to tuple of float
        By view: below the first less is advised, above the second more; marked on each interval's
        own row.

    Returns
    -------
    matplotlib.figure.Figure
    """
    views = table.drop_duplicates("view")[["view", "label"]].to_numpy().tolist()
    step = 0.8 / len(views)
    figure = new_figure(8.6, (0.26 * len(views) + 0.25) * len(channels) + 1.1)
    axes = plain_axes(figure.subplots(), grid="x")
    place = {channel: -n for n, channel in enumerate(channels)}
    for n, (view, label) in enumerate(views):
        rows = table[(table["view"] == view) & table["channel"].isin(channels)]
        heights = rows["channel"].map(place).to_numpy() + 0.4 - (n + 0.5) * step
        color = CHANNEL_COLORS[n % len(CHANNEL_COLORS)]
        axes.hlines(
            heights, rows["marginal_roas_lower"], rows["marginal_roas_upper"], color=color, lw=2.6
        )
        axes.plot(rows["marginal_roas"], heights, "o", color=color, ms=5.5, label=label)
        for bound in thresholds[view]:
            axes.vlines(
                np.full(len(rows), bound),
                heights - 0.5 * step,
                heights + 0.5 * step,
                color=MUTED,
                lw=1,
            )
    axes.set_yticks(list(place.values()), list(place), color=INK)
    axes.set_ylim(0.55 - len(channels), 0.55)
    axes.set_xlim(min(0.0, axes.get_xlim()[0]), None)
    axes.set_xlabel(
        "money that the next unit of money brings (90 %; ticks: REDUCE below, INCREASE above)",
        color=MUTED,
    )
    legend_above(axes)
    return figure

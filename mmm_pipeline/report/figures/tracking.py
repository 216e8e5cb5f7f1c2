"""Accepted plans and what came of them."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmm_pipeline.decision.standing import TARGET, sum_up_spend
from mmm_pipeline.report.style import (
    ACCENT,
    BAND,
    BASELINE,
    INK,
    MUTED,
    TRUTH,
    amounts,
    legend_above,
    new_figure,
    plain_axes,
    time_axis,
)

MOST_PERIODS = 104
"""Periods that are drawn at most, the last ones."""


def draw_tracking(table: pd.DataFrame) -> Figure:
    """Draw what plans expected over what came, and what the last of them spends by channel.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.decision.tracking.track_plans`, not empty.

    Returns
    -------
    matplotlib.figure.Figure
    """
    spend = sum_up_spend(table[table["plan_id"] == table.attrs["shown"]])
    heights = [3.2, 0.36 * len(spend) + 0.7] if len(spend) else [3.2]
    figure = new_figure(9.5, sum(heights))
    panels = np.atleast_1d(figure.subplots(len(heights), height_ratios=heights))
    _draw_target(time_axis(plain_axes(panels[0])), table[table["quantity"] == TARGET])
    if len(spend):
        _draw_spend(plain_axes(panels[1], grid="x"), spend)
    return figure


def _draw_target(axes: Axes, target: pd.DataFrame) -> None:
    """Draw what was expected, plan by plan, and what came."""
    recent = target.sort_values("date").tail(MOST_PERIODS)
    for number, (_, rows) in enumerate(recent.groupby("plan_id", sort=False)):
        names = ("expected, 50 and 90 %", "given what was really spent")
        band, given = names if number == 0 else (None, None)
        dates = rows["date"]
        marker = "o" if len(rows) == 1 else None
        for level, alpha in ((90, 0.35), (50, 0.6)):
            ends = (rows[f"lower_{level}"], rows[f"upper_{level}"])
            label = band if level == 50 else None
            axes.fill_between(dates, *ends, color=BAND, alpha=alpha, lw=0, label=label)
        axes.plot(dates, rows["planned"], color=ACCENT, lw=1.4, marker=marker, ms=3)
        if rows["actual"].notna().any() and rows["given_actual"].notna().any():
            axes.plot(dates, rows["given_actual"], color=TRUTH, lw=1.3, ls="--", label=given)
        axes.axvline(dates.iloc[0], color=MUTED, lw=0.8, ls=":")
    axes.plot(recent["date"], recent["actual"], ".", color=INK, ms=6, label="came")
    axes.set_ylabel("target per period", color=MUTED)
    amounts(axes, "y")
    legend_above(axes)


def _draw_spend(axes: Axes, spend: pd.DataFrame) -> None:
    """Draw what was planned for each channel, and what was spent."""
    rows = spend[::-1].reset_index(drop=True)
    axes.barh(rows.index + 0.18, rows["planned"], height=0.34, color=BASELINE, label="planned")
    axes.barh(rows.index - 0.18, rows["actual"], height=0.34, color=ACCENT, label="spent")
    axes.set_yticks(rows.index, rows["channel"], color=INK)
    axes.set_xlabel("spend so far", color=MUTED)
    amounts(axes, "x")
    legend_above(axes)

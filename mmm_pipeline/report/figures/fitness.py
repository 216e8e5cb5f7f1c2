"""What is left of the target, and what the fit makes of it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from mmm_pipeline.evidence.predictive import WORDS
from mmm_pipeline.evidence.residuals import add_up_cells, find_remarkable_runs, find_runs
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

N_LAGS = 26
"""Lags of the autocorrelation."""
N_BINS = 10
"""Bars of the probabilities: each should hold a tenth."""


def draw_residuals(table: pd.DataFrame) -> Figure:
    """Draw residuals over time, against the fitted mean, and against themselves.

    Cells of a panel are added up. Remarkable runs of one sign are shaded; where there are none, the
    longest is, more lightly.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.fit.summarize_fit`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    total = add_up_cells(table)
    figure = new_figure(9.5, 5.2)
    grid = figure.add_gridspec(2, 2)
    axes = time_axis(plain_axes(figure.add_subplot(grid[0, :])))
    runs = find_remarkable_runs(total)
    for run in runs or find_runs(total)[:1]:
        axes.axvspan(
            *date2num([run.start, run.end]), color=TRUTH if runs else BASELINE, alpha=0.25, lw=0
        )
    axes.vlines(total["date"], 0, total["residual"], color=ACCENT, lw=1)
    axes.plot(total["date"], total["residual"], ".", color=ACCENT, ms=3.5)
    _finish(axes, "residual")
    axes = plain_axes(figure.add_subplot(grid[1, 0]))
    axes.plot(total["fitted"], total["residual"], ".", color=ACCENT, ms=4, alpha=0.8)
    amounts(axes, "x")
    axes.set_xlabel("fitted", color=MUTED)
    _finish(axes, "residual")
    _draw_lags(plain_axes(figure.add_subplot(grid[1, 1])), total["residual"])
    return figure


def _finish(axes: Axes, name: str) -> None:
    """Name an axis of amounts, and draw its 0."""
    axes.axhline(0, color=MUTED, lw=0.8)
    axes.set_ylabel(name, color=MUTED)
    amounts(axes, "y")


def _draw_lags(axes: Axes, residual: pd.Series) -> None:
    """Draw the autocorrelation, over what chance makes of it in 95 of 100 lags."""
    values = residual.to_numpy() - residual.mean()
    lags = np.arange(1, min(N_LAGS, len(values) - 1) + 1)
    total = float((values**2).sum()) or 1.0
    shares = [float((values[lag:] * values[:-lag]).sum()) / total for lag in lags]
    chance = 1.96 / len(values) ** 0.5
    axes.axhspan(-chance, chance, color=BAND, alpha=0.4, lw=0)
    axes.vlines(lags, 0, shares, color=ACCENT, lw=3)
    axes.axhline(0, color=MUTED, lw=0.8)
    axes.set_xlabel("periods apart", color=MUTED)
    axes.set_ylabel("autocorrelation", color=MUTED)


def draw_replicates(table: pd.DataFrame) -> Figure:
    """Draw each statistic of the observed series over those of its replicates.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.predictive.summarize_predictive_checks`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    width = ((rows["upper"] - rows["lower"]) / 2).replace(0.0, 1.0)

    def place(column: str) -> pd.Series:
        return (rows[column] - rows["median"]) / width

    figure = new_figure(8.0, 0.36 * len(rows) + 1.1)
    axes = plain_axes(figure.subplots(), grid="x")
    heights = np.arange(len(rows))
    ends = (("lowest", "highest", 1.2, "all"), ("lower", "upper", 4, "90 %"))
    for low, high, size, label in (*ends, ("quarter", "three_quarters", 8, "50 %")):
        color = BASELINE if size == 1.2 else BAND if size == 4 else ACCENT
        axes.hlines(heights, place(low), place(high), color=color, lw=size, label=label)
    axes.plot(place("observed"), heights, "D", color=TRUTH, ms=6, label="observed")
    axes.set_yticks(heights, [WORDS[name] for name in rows["statistic"]], color=INK)
    axes.set_xlabel("from the replicates' median, in half widths of their 90 %", color=MUTED)
    legend_above(axes)
    return figure


def draw_leave_one_out(table: pd.DataFrame) -> Figure:
    """Draw how probable each observation was to the others, and how much it moves the fit.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.leave_one_out.summarize_leave_one_out`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.5, 2.9)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.6])
    axes, expected = plain_axes(left), len(table) / N_BINS
    slack = 1.96 * (expected * (1 - 1 / N_BINS)) ** 0.5
    axes.axhspan(max(0.0, expected - slack), expected + slack, color=BAND, alpha=0.4, lw=0)
    axes.hist(table["pit"], bins=N_BINS, range=(0, 1), color=ACCENT, rwidth=0.85)
    axes.set_xlabel("probability of less than was observed", color=MUTED)
    axes.set_ylabel("periods", color=MUTED)
    axes, limit = time_axis(plain_axes(right)), table.attrs["good_k"]
    worst = table.groupby("date", as_index=False)["pareto_k"].max()
    axes.plot(worst["date"], worst["pareto_k"], ".", color=ACCENT, ms=4)
    over = worst[worst["pareto_k"] > limit]
    axes.plot(over["date"], over["pareto_k"], "D", color=TRUTH, ms=5)
    axes.axhline(limit, color=TRUTH, lw=1, ls="--")
    axes.set_ylabel("Pareto k", color=MUTED)
    return figure

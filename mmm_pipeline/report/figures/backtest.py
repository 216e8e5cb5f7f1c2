"""What was predicted and what came; and what the folds said of the media."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.evidence.backtest import MODEL
from mmm_pipeline.evidence.scores import summarize_scores
from mmm_pipeline.evidence.stability import WHOLE
from mmm_pipeline.report.style import (
    ACCENT,
    BAND,
    BASELINE,
    INK,
    MUTED,
    amounts,
    date_axes,
    format_amount,
    legend_above,
    new_figure,
    plain_axes,
)


def draw_forecasts(table: pd.DataFrame) -> Figure:
    """Draw what came over what the model predicted, fold by fold, with the 80 % intervals.

    Cells of a panel are added up; their intervals, which do not add up, are left out.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.backtest.tabulate_fold`, of all folds.

    Returns
    -------
    matplotlib.figure.Figure
    """
    own = table[table["method"] == MODEL]
    columns = ["observed", "predicted", "lower_80", "upper_80"]
    by_date = own.groupby(["fold", "date"])[columns]
    total = by_date.sum(min_count=1).reset_index()
    figure = new_figure(9.5, 3.4)
    axes = date_axes(figure)
    for number, (_, rows) in enumerate(total.groupby("fold")):
        names = ("80 %", "predicted") if number == 0 else (None, None)
        dates = rows["date"]
        if len(total) == len(own):
            band = (rows["lower_80"], rows["upper_80"])
            axes.fill_between(dates, *band, color=BAND, alpha=0.55, lw=0, label=names[0])
        axes.plot(dates, rows["predicted"], color=ACCENT, lw=1.6, label=names[1])
        axes.axvline(dates.iloc[0], color=MUTED, lw=0.8, ls=":")
    axes.plot(total["date"], total["observed"], ".", color=INK, ms=4, label="came")
    axes.set_ylabel("target per period", color=MUTED)
    amounts(axes, "y")
    legend_above(axes)
    return figure


def draw_scores(table: pd.DataFrame) -> Figure:
    """Draw the CRPS of the model beside that of simpler methods.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.backtest.tabulate_fold`, of all folds.

    Returns
    -------
    matplotlib.figure.Figure
    """
    scores = summarize_scores(table).sort_values("crps", ascending=False, ignore_index=True)
    figure = new_figure(9.5, 0.4 * len(scores) + 0.8)
    axes = plain_axes(figure.subplots(), grid="x")
    colors = [ACCENT if method == MODEL else BASELINE for method in scores["method"]]
    axes.barh(scores.index, scores["crps"], color=colors, height=0.62)
    for place, crps in enumerate(scores["crps"]):
        axes.annotate(
            format_amount(crps),
            (crps, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
        )
    names = ["this model" if one == MODEL else one.replace("_", " ") for one in scores["method"]]
    axes.set_yticks(scores.index, names, color=INK)
    axes.set_xlabel("CRPS, target units; less is better", color=MUTED)
    axes.margins(x=0.12)
    amounts(axes, "x")
    return figure


def draw_stability(table: pd.DataFrame) -> Figure:
    """Draw each channel's return as every fold saw it, above what is seen now.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.stability.summarize_stability`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    known = table.dropna(subset="roas")
    channels = known["channel"].unique()[::-1]
    fits = known["fold"].unique()
    figure = new_figure(8.0, (0.2 * len(fits) + 0.25) * len(channels) + 1.0)
    axes = plain_axes(figure.subplots(), grid="x")
    for place, number in enumerate(fits):
        rows = known[known["fold"] == number].set_index("channel").reindex(channels)
        y = np.arange(len(channels)) + 0.35 - 0.7 * (place + 0.5) / len(fits)
        line, dot = (ACCENT, ACCENT) if number == WHOLE else (BASELINE, MUTED)
        label = {fits[0]: "folds, the earliest on top", WHOLE: "all of the data, 90 %"}.get(number)
        axes.hlines(y, rows["roas_lower"], rows["roas_upper"], color=line, lw=3)
        axes.plot(rows["roas"], y, "o", color=dot, ms=4.5, label=label)
    axes.set_yticks(np.arange(len(channels)), channels, color=INK)
    axes.set_xlabel("target units per unit of money", color=MUTED)
    axes.axvline(0, color=MUTED, lw=0.8)
    legend_above(axes)
    return figure

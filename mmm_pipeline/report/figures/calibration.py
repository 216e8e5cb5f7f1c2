"""What experiments found, and what the model says of them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.report.style import (
    ACCENT,
    BASELINE,
    INK,
    MUTED,
    TRUTH,
    legend_above,
    new_figure,
    plain_axes,
)
from mmm_pipeline.spec.beliefs import Z_95


def draw_calibration(table: pd.DataFrame) -> Figure:
    """Draw each experiment's return on what it spent, as measured and as the model has it.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.calibration.summarize_calibration`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    places, spend = np.arange(len(rows)), rows["spend"]
    figure = new_figure(8.0, 0.6 * len(rows) + 1.2)
    axes = plain_axes(figure.subplots(), grid="x")
    measured = rows["lift"] / spend
    error = Z_95 * (rows["standard_error_used"] / spend).abs()
    own = Z_95 * (rows["standard_error"] / spend).abs()
    axes.hlines(places + 0.24, measured - error, measured + error, color=TRUTH, lw=1.2)
    axes.hlines(places + 0.24, measured - own, measured + own, color=TRUTH, lw=3)
    axes.plot(measured, places + 0.24, "D", color=TRUTH, ms=5, label="measured, 90 %")
    for word, shift, color in (("before", 0.0, BASELINE), ("after", -0.24, ACCENT)):
        bounds = rows[[f"lift_{word}_lower", f"lift_{word}_upper"]].div(spend, axis=0)
        label = f"model {word} it knew, 90 %"
        ends = bounds.to_numpy().T
        axes.hlines(places + shift, ends.min(axis=0), ends.max(axis=0), color=color, lw=3)
        middle = rows[f"lift_{word}"] / spend
        axes.plot(middle, places + shift, "o", color=color, ms=5, label=label)
    axes.axvline(0, color=MUTED, lw=0.8)
    axes.set_yticks(places, rows["name"].tolist(), color=INK)
    axes.set_xlabel("target units per unit of the experiment's money", color=MUTED)
    legend_above(axes)
    return figure

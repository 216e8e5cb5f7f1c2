"""What the target itself is expected to be, if a plan is kept to."""

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.conditions import lay_out
from mmm_pipeline.decision.window import Window
from mmm_pipeline.evidence.outlook import draw_outlooks
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.summary import SAMPLE_DIMS, Summary

OUTLOOK_DRAWS = 500
"""About how many draws of the target are made: enough for the ends of its interval."""


def expect_targets(fit: ConvergedFit, plans: Summary) -> Summary:
    """Add to plans what the target may be in their windows.

    All of it, not what media add: with trend, season, events, controls as the scenario states them
    or as the year before, and noise. Carry-out after the window is not in it.

    Parameters
    ----------
    fit : ConvergedFit
        The fit that the plans were made with.
    plans : Summary
        From `mmm_pipeline.decision.scenarios.summarize_scenarios`.

    Returns
    -------
    Summary
        With draws of ``target``, dims ``(scenario, outlook)``: target units, of all cells, over
        the window. The noise of two plans of one window is the same.
    """
    if not len(plans.table):
        return plans
    asked = {str(name): fit.spec.scenarios[name] for name in plans.draws["scenario"].to_numpy()}
    futures, dates = [], []
    for name, scenario in asked.items():
        window = Window(fit, scenario, 1)
        money = plans.table.loc[plans.table["scenario"] == name, "spend"].to_numpy()
        futures.append(lay_out(fit, scenario, window.schedule(money)))
        dates.append(xr.DataArray(pd.DatetimeIndex(window.dates), dims="date"))
    drawn = draw_outlooks(fit, futures, dates, most=OUTLOOK_DRAWS)
    rows = [one.sum([dim for dim in one.dims if dim not in SAMPLE_DIMS]) for one in drawn]
    totals = np.stack([row.transpose(*SAMPLE_DIMS).to_numpy().ravel() for row in rows])
    return replace(plans, draws=plans.draws.assign(target=(("scenario", "outlook"), totals)))

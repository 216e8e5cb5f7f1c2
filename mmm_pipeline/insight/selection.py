"""Which controls the data asked for."""

import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.summary import SAMPLE_DIMS, summarize
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.selection import INCLUSION, SELECTED

IS_IN = 0.5
"""Inclusion above which a control is called selected."""


def summarize_selection(fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate how far each control that could be left out is in the model.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``control, effect, effect_lower, effect_upper, inclusion, is_selected``: share of the
        target's maximum for one standard deviation of the control; inclusion is the posterior mean,
        0 to 1. Their sum is how many matter. Empty where nothing was selected from.
    """
    if fit.spec.control_selection is None:
        return pd.DataFrame()
    model = restore_model(fit).model
    draws = compute_variables(model, fit.posterior, [INCLUSION, "gamma_control"])
    names = fit.spec.selectable_controls
    effect = summarize(draws["gamma_control"].sel(control=names), "effect")
    inclusion = draws[INCLUSION].mean(SAMPLE_DIMS).rename({SELECTED: "control"})
    table = xr.merge([effect, inclusion.rename("inclusion")]).to_dataframe().loc[names]
    table["is_selected"] = table["inclusion"] > IS_IN
    return table.reset_index()

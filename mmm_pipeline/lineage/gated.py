"""How everything past the gate gets its fit, and its result where that has been made before."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, Examination, require_converged
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.io_managers import FORMS, MADE_FROM
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import Metadata, show_columns
from mmm_pipeline.lineage.reuse import name_origin

GATED = ("fitted_trace", "diagnostics")
"""What everything past the gate reads, so that the gate can hold one against the other."""


def read_fit(model: Model, trace: xr.DataTree, examination: Examination) -> ConvergedFit:
    """Let the fit through the gate, or fail the step with the gate's own words.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    trace : xarray.DataTree
        The fit.
    examination : Examination
        What was measured of it.

    Returns
    -------
    ConvergedFit
    """
    with told_clearly(model.location):
        return tell_warnings(require_converged(trace, examination.numbers, model.spec))


def tell_warnings(fit: ConvergedFit) -> ConvergedFit:
    """Write what a reader should know of a fit into the log of the step.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    ConvergedFit
        The same.
    """
    for words in fit.warnings:
        dg.get_dagster_logger().warning(words)
    return fit


def compute_once[T](
    model: Model,
    asset: str,
    form: str,
    fit: ConvergedFit,
    compute: Callable[[ConvergedFit], T],
    **origins: Any,
) -> tuple[T, Metadata]:
    """Compute a result of a fit, or read the one that follows from the very same things.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    asset : str
        The result.
    form : str
        How it is written, a key of `mmm_pipeline.lineage.io_managers.FORMS`.
    fit : ConvergedFit
        What it is a result of.
    compute : callable
        Makes it.
    **origins : object
        What it follows from besides, as plain data.

    Returns
    -------
    value : object
        The result.
    metadata : dict
        What it was made from, for the IO manager and the UI.
    """
    made_from = name_origin(
        asset, fit_id=fit.fit_id, spec=model.spec.model_dump(mode="json"), **origins
    )
    value = model.store.reuse(asset, FORMS[form], made_from)
    if value is None:
        value = compute(fit)
    facts = {"fit_id": fit.fit_id, "verdict": fit.verdict.word}
    return value, {MADE_FROM: made_from, **facts, "warnings": "; ".join(fit.warnings) or "none"}


def tabulate(
    model: Model,
    asset: str,
    trace: xr.DataTree,
    examination: Examination,
    compute: Callable[[ConvergedFit], pd.DataFrame],
) -> tuple[pd.DataFrame, Metadata]:
    """Make a table of a fit that may be read, or read the one that was made of it.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    asset : str
        The result.
    trace, examination : xarray.DataTree, Examination
        The fit, and what was measured of it.
    compute : callable
        Makes the table.

    Returns
    -------
    table : pandas.DataFrame
        The result.
    metadata : dict
        What it was made from, and its columns, for the IO manager and the UI.
    """
    table, metadata = compute_once(
        model, asset, "table", read_fit(model, trace, examination), compute
    )
    return table, {**metadata, **show_columns(table, asset)}

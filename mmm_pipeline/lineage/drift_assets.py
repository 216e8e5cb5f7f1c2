"""What a refit says otherwise than the promoted fit. Both go through the gate.

What counts as drift is said in `mmm_pipeline.evidence.drift`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import GateError
from mmm_pipeline.gate import ConvergedFit, Examination, admit
from mmm_pipeline.lineage.checks import report_warnings, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.fits import Promotion
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_numbers, show_table

if TYPE_CHECKING:
    from mmm_pipeline.evidence.drift import Drift

DRIFT = {"drift": "The fit says what the promoted one said; never blocks."}


def build_drift_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire what holds a refit against the promoted fit.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``refit_drift``.
    """
    return [_refit_drift(model)]


def _refit_drift(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "refit_drift",
        form="table",
        kinds={"pymc", "parquet"},
        reads=GATED,
        checks=specify(model.key("refit_drift"), DRIFT, blocking=False),
    )
    def refit_drift(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """The fit against the promoted one, on the dates both saw: returns, shares, ranks, inputs.

        Says PASS, REVIEW or FAIL, or NONE where no fit is promoted. Changes nothing of the
        promoted fit.
        """
        fit = read_fit(model, fitted_trace, diagnostics)
        with told_clearly(model.location):
            promotion = model.fits.find_promotion()
        promoted = promotion.model_dump(mode="json") if promotion else None

        def compare(fit: ConvergedFit) -> pd.DataFrame:
            drift, limits = _assess(model, fit, promotion), model.spec.drift
            return drift.tabulate(fit_id=fit.fit_id, promoted=promoted, limits=limits.changed)

        table, metadata = compute_once(
            model, "refit_drift", "table", fit, compare, promoted=promoted
        )
        reasons, names = table.attrs["reasons"], "overlap_" + table["channel"]
        yield dg.Output(
            table,
            metadata={
                **metadata,
                "promoted": promotion.fit_id if promotion else "none",
                "drift": table.attrs["verdict"],
                "why": "; ".join(reasons) or "all limits hold",
                "channels": show_table(table),
                "restated": show_table(pd.DataFrame(table.attrs["restated"])),
                **show_numbers(dict(zip(names, table["overlap"].to_list(), strict=True))),
                **show_columns(table),
            },
        )
        yield report_warnings("drift", reasons if promotion else [])

    return refit_drift


def _assess(model: Model, fit: ConvergedFit, promotion: Promotion | None) -> "Drift":
    """Compare with the promoted fit, as far as it may be read."""
    from mmm_pipeline.evidence.drift import assess_drift, assess_no_drift, assess_restated

    limits = model.spec.drift
    if promotion is None:
        words = f"No fit is promoted; launch {model.spec.name}__promote on one you stand behind."
        return assess_no_drift(words)
    try:
        trace = model.fits.read(promotion.fit_id)
    except GateError as error:
        return assess_no_drift(f"The promoted fit cannot be read: {error}", "REVIEW")
    try:
        before = admit(trace, model.spec)
    except GateError as error:
        words = f"The promoted fit may not be read, so no return is compared: {error}"
        inputs = trace["/inputs"].to_dataset()
        return assess_restated(fit.features, inputs, limits, words)
    return assess_drift(fit, before, limits)

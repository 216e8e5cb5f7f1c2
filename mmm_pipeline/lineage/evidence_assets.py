"""Evidence for a fit that takes fits of its own: each goes through the gate as any other.

No asset here reads a trace but through the gate.
"""

from typing import Any

import dagster as dg
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.lineage.backtest_assets import build_backtest_assets
from mmm_pipeline.lineage.fit_assets import try_through_gate
from mmm_pipeline.lineage.gated import GATED, read_fit
from mmm_pipeline.lineage.io_managers import FORMS, MADE_FROM
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_table
from mmm_pipeline.lineage.reuse import name_origin
from mmm_pipeline.lineage.sensitivity_assets import build_sensitivity_assets
from mmm_pipeline.model.trace import name_request_now


def build_evidence_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire the evidence for a fit.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``calibration``, where the spec names experiments; ``backtest`` and ``stability``, where
        it asks for a backtest; and those of `mmm_pipeline.lineage.sensitivity_assets`.
    """
    return [
        *([_calibration(model)] if model.spec.experiments else []),
        *(build_backtest_assets(model) if model.spec.backtest else []),
        *build_sensitivity_assets(model),
    ]


def _calibration(model: Model) -> dg.AssetsDefinition:
    @model.asset("calibration", form="table", kinds={"pymc", "nutpie"}, reads=GATED, pool="sampler")
    def calibration(
        context: dg.AssetExecutionContext, fitted_trace: xr.DataTree, diagnostics: Examination
    ) -> dg.Output[Any]:
        """What experiments found, and what the model says of them before and after it knows.

        Before: of a second fit, that knows of none of them.
        """
        from mmm_pipeline.evidence.calibration import forget_experiments, summarize_calibration

        fit = read_fit(model, fitted_trace, diagnostics)
        spec, features = forget_experiments(model.spec, fit.features)
        request_id = name_request_now(spec, features)
        made_from = name_origin("calibration", fit_id=fit.fit_id, without=request_id)
        table = model.store.reuse("calibration", FORMS["table"], made_from)
        if table is None:
            context.log.info("Fitting the model without the experiments.")
            other = try_through_gate(model, spec, features, context)
            known = other if isinstance(other, ConvergedFit) else None
            table = summarize_calibration(fit, known)
        return dg.Output(
            table,
            metadata={
                MADE_FROM: made_from,
                "fit_id": fit.fit_id,
                "experiments": show_table(table),
                **show_columns(table),
            },
        )

    return calibration

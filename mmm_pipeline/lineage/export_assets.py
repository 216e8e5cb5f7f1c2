"""What leaves the house: tables for BI tools and spreadsheets, and a run as a folder.

What a table holds, and how it is written, belongs to `mmm_pipeline.exports`.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.exports.artefacts import STATUS
from mmm_pipeline.exports.inputs import AS_THEY_ARE, ExportInputs
from mmm_pipeline.gate import Examination
from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.checks import report_requirement, report_warnings, specify
from mmm_pipeline.lineage.data_assets import DELIVERY, FINDINGS
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.files import borrow, try_get
from mmm_pipeline.lineage.gated import GATED, read_fit
from mmm_pipeline.lineage.io_managers import FORMS
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_table

GATE = "gate"
"""Metadata of the asset: the limits that its fit must keep, for the catalogue."""
CHECKS = {
    "reconciles": "Totals are the same in contributions, returns and every exported file.",
    "schema_drift": "Exported tables have the columns they had before; never blocks.",
}


def build_export_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire the exports of a model.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``exports``, ``run_folder``.
    """
    return [_exports(model), _run_folder(model)]


def _exports(model: Model) -> dg.AssetsDefinition:
    as_they_are = [
        name for name in AS_THEY_ARE if name != "disaggregated_results" or model.spec.has_entities
    ]

    @model.asset(
        "exports",
        form="exports",
        kinds={"parquet", "csv", "excel"},
        reads=[
            *GATED,
            "model_fit",
            "contributions",
            "channel_returns",
            "budget_scenarios",
            *as_they_are,
        ],
        checks=specify(model.key("exports"), CHECKS, blocking=False),
        metadata={GATE: model.spec.gate.model_dump(mode="json")},
    )
    def exports(
        fitted_trace: xr.DataTree,
        diagnostics: Examination,
        model_fit: pd.DataFrame,
        contributions: Summary,
        channel_returns: Summary,
        budget_scenarios: Summary,
        **others: pd.DataFrame | Recommendations,
    ) -> Iterator[Any]:
        """Tables for BI tools: decomposition, media, fit, returns, advice, curves, plans."""
        from mmm_pipeline.exports.bundle import bundle_exports, read_schema
        from mmm_pipeline.exports.reconcile import reconcile
        from mmm_pipeline.exports.schema import compare_schemas
        from mmm_pipeline.exports.tables import build_exports

        fit = read_fit(model, fitted_trace, diagnostics)
        with told_clearly(model.location):
            inputs = ExportInputs(
                fit,
                model_fit,
                contributions,
                channel_returns,
                budget_scenarios,
                {name: _tabulate(one) for name, one in others.items()},
            )
            bundle = bundle_exports(fit, build_exports(inputs))
        now = bundle.describe()
        before = try_get(model.store.folder, "exports", FORMS["exports"])
        word, changes = compare_schemas(read_schema(before or now), read_schema(now))
        rows = [(name, one["rows"], one["description"]) for name, one in now["tables"].items()]
        yield dg.Output(
            bundle,
            metadata={
                "fit_id": fit.fit_id,
                "verdict": fit.verdict.word,
                "export_id": bundle.export_id,
                "drift": word,
                "tables": show_table(pd.DataFrame(rows, columns=["table", "rows", "words"])),
            },
        )
        with borrow(model.store.folder / "exports") as files:  # As they were written.
            found = reconcile(inputs, bundle, files)
        yield report_requirement("reconciles", found.broken, totals=show_table(found.table, 10))
        told = [f"{word} drift: {one}" for one in changes]
        yield report_warnings("schema_drift", told)

    return exports


def _tabulate(result: pd.DataFrame | Recommendations) -> pd.DataFrame:
    """Take the table of a result."""
    return result.table if isinstance(result, Recommendations) else result


def _run_folder(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "run_folder",
        form="run",
        kinds={"parquet", "json", "netcdf"},
        reads=[
            *GATED,
            "raw_data",
            "validated_data",
            "model_fit",
            "contributions",
            "channel_returns",
        ],
    )
    def run_folder(
        fitted_trace: xr.DataTree,
        diagnostics: Examination,
        raw_data: pd.DataFrame,
        validated_data: pd.DataFrame,
        model_fit: pd.DataFrame,
        contributions: Summary,
        channel_returns: Summary,
    ) -> dg.Output[Any]:
        """One fit and all it rests on, under a run's usual names, to be handed on as a folder."""
        from mmm_pipeline.exports.run_folder import RunInputs, build_run_folder

        fit = read_fit(model, fitted_trace, diagnostics)
        with told_clearly(model.location):
            _require_ingested(model, raw_data)
            inputs = RunInputs(
                fit,
                validated_data,
                tuple(validated_data.attrs.get(FINDINGS, ())),
                diagnostics.parameters,
                model_fit,
                contributions,
                channel_returns,
            )
            folder = build_run_folder(inputs, model.store.folder)
        files = folder.records[STATUS]["files"]
        facts = {"fit_id": fit.fit_id, "verdict": fit.verdict.word}
        return dg.Output(folder, metadata={**facts, "files": ", ".join(files)})

    return run_folder


def _require_ingested(model: Model, raw_data: pd.DataFrame) -> None:
    """Refuse a delivery that is not the one that was validated last."""
    ingested = model.deliveries.find_ingested_before({}) or {}
    if ingested.get("raw_data", raw_data.attrs.get(DELIVERY)) != raw_data.attrs.get(DELIVERY):
        name = model.spec.name
        message = (
            f"A run folder must hold the delivery that was fitted; {name}/raw_data is a later one. "
            f"Materialise {name}/validated_data and what follows."
        )
        raise StaleFitError(message)

"""What campaigns, creatives or publishers brought of what their channel did.

The asset reads no trace but through `read_fit`; how a channel is split belongs to `insight`.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DataError
from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.lineage.checks import specify
from mmm_pipeline.lineage.failures import fail_on
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_numbers, show_table
from mmm_pipeline.model.identity import digest_table

RECONCILES = {
    "disagg_reconciles": "Entities make up their channel to 1 %; a warning up to 5 %, an error "
    "beyond. Never blocks."
}


def build_entity_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire what splits channels over what is finer.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``disaggregated_results``, where the spec names entities.
    """
    return [_disaggregated_results(model)] if model.spec.has_entities else []


def _disaggregated_results(model: Model) -> dg.AssetsDefinition:
    raw = "raw_entities" if model.spec.entities else "raw_media"

    @model.asset(
        "disaggregated_results",
        form="table",
        kinds={"pymc", "parquet"},
        reads=[*GATED, raw],
        checks=specify(model.key("disaggregated_results"), RECONCILES, blocking=False),
    )
    def disaggregated_results(
        fitted_trace: xr.DataTree, diagnostics: Examination, **tables: pd.DataFrame
    ) -> Iterator[Any]:
        """Each channel's contribution, split over its campaigns, creatives or publishers."""
        fit = read_fit(model, fitted_trace, diagnostics)

        def split(fit: ConvergedFit) -> pd.DataFrame:
            from mmm_pipeline.ingest.entities import validate_entities
            from mmm_pipeline.insight.disaggregation import summarize_disaggregation

            records = validate_entities(tables[raw], model.spec, fit.features)
            return summarize_disaggregation(fit, records)

        try:
            table, metadata = compute_once(
                model,
                "disaggregated_results",
                "table",
                fit,
                split,
                entities=digest_table(tables[raw]),
            )
        except DataError as error:
            raise fail_on(error.problems, model.location) from None
        found = table.attrs["reconciliation"]
        metadata |= {
            "entities": show_table(table[table["grain"] == "all"]),
            "reconciliation": show_table(pd.DataFrame(found)),
            "left_out": ", ".join(table.attrs["left_out"]) or "none",
            **show_numbers({f"gap_{one['channel']}": one["gap"] for one in found}),
            **show_columns(table, "disaggregated_results"),
        }
        yield dg.Output(table, metadata=metadata)
        yield _report(table)

    return disaggregated_results


def _report(table: pd.DataFrame) -> dg.AssetCheckResult:
    """Answer the check, as severely as the worst of the channels asks for."""
    from mmm_pipeline.insight.disaggregation import find_gaps

    gaps = find_gaps(table)
    is_error = bool(gaps["error"])
    return dg.AssetCheckResult(
        check_name="disagg_reconciles",
        passed=not is_error and not gaps["warning"],
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description="\n".join([*gaps["error"], *gaps["warning"]]) or None,
    )

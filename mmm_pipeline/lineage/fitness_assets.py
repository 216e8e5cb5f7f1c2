"""Evidence that a fit gives of itself: what its own draws say of how far to believe it.

No asset here fits anything; none reads a trace but through `read_fit`.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.lineage.checks import report_warnings, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit, tabulate
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_figure, show_table

CHECKS = {
    "effect_evidence": {
        "beliefs_hold": "Returns that were stated lie where the data put them; never blocks."
    },
    "predictive_checks": {
        "looks_alike": "The model would make series like the observed one; never blocks."
    },
    "leave_one_out": {
        "no_single_period": "No period moves the fit by itself; never blocks.",
        "calibrated": "Each period is as probable as the others foretell it; never blocks.",
    },
    "response_backtest": {
        "curves_describe": "Response curves describe the decomposition; never blocks."
    },
}


def build_fitness_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire the evidence that a fit gives of itself.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``effect_evidence``, ``predictive_checks``, ``leave_one_out``, ``response_backtest``.
    """
    return [
        _effect_evidence(model),
        _predictive_checks(model),
        _leave_one_out(model),
        _response_backtest(model),
    ]


def _specify(model: Model, asset: str) -> list[dg.AssetCheckSpec]:
    """Declare an asset's checks."""
    return specify(model.key(asset), CHECKS[asset], blocking=False)


def _effect_evidence(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "effect_evidence",
        form="table",
        kinds={"pymc", "parquet"},
        reads=[*GATED, "prior_predictive"],
        checks=_specify(model, "effect_evidence"),
    )
    def effect_evidence(
        fitted_trace: xr.DataTree, diagnostics: Examination, prior_predictive: xr.Dataset
    ) -> Iterator[Any]:
        """How sure and how large each effect is, and what was believed of it before."""
        from mmm_pipeline.evidence.beliefs import find_tensions, judge_beliefs
        from mmm_pipeline.evidence.effects import summarize_effects

        fit = read_fit(model, fitted_trace, diagnostics)

        def summarize(fit: ConvergedFit) -> pd.DataFrame:
            return summarize_effects(fit, prior_predictive)

        origin = str(prior_predictive.attrs["request_id"])
        with told_clearly(model.location):
            table, metadata = compute_once(
                model, "effect_evidence", "table", fit, summarize, prior=origin
            )
        metadata |= {"beliefs": judge_beliefs(table) or "none stated", "effects": show_table(table)}
        yield dg.Output(table, metadata={**metadata, **show_columns(table)})
        yield report_warnings("beliefs_hold", find_tensions(table))

    return effect_evidence


def _predictive_checks(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "predictive_checks",
        form="table",
        kinds={"pymc", "parquet"},
        reads=GATED,
        checks=_specify(model, "predictive_checks"),
    )
    def predictive_checks(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """Features of the observed series, against those of series that the model would make."""
        from mmm_pipeline.evidence.predictive import find_unlike, summarize_predictive_checks

        table, metadata = tabulate(
            model, "predictive_checks", fitted_trace, diagnostics, summarize_predictive_checks
        )
        metadata["replicates"] = show_figure("draw_replicates", table=table)
        metadata["statistics"] = show_table(table)
        yield dg.Output(table, metadata=metadata)
        yield report_warnings("looks_alike", find_unlike(table))

    return predictive_checks


def _leave_one_out(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "leave_one_out",
        form="table",
        kinds={"arviz", "parquet"},
        reads=GATED,
        checks=_specify(model, "leave_one_out"),
    )
    def leave_one_out(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """How well each period would have been foretold from all the others."""
        from mmm_pipeline.evidence.leave_one_out import (
            find_influential,
            find_uncalibrated,
            summarize_leave_one_out,
        )

        table, metadata = tabulate(
            model, "leave_one_out", fitted_trace, diagnostics, summarize_leave_one_out
        )
        metadata |= {name: table.attrs[name] for name in ("elpd", "se", "p_loo", "good_k")}
        metadata["calibration"] = show_figure("draw_leave_one_out", table=table)
        yield dg.Output(table, metadata=metadata)
        yield report_warnings("no_single_period", find_influential(table))
        yield report_warnings("calibrated", find_uncalibrated(table))

    return leave_one_out


def _response_backtest(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "response_backtest",
        form="table",
        kinds={"pymc", "parquet"},
        reads=GATED,
        checks=_specify(model, "response_backtest"),
    )
    def response_backtest(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """What the response curves say of each period's exposure, against the decomposition."""
        from mmm_pipeline.evidence.response import find_misread, summarize_response_backtest

        table, metadata = tabulate(
            model, "response_backtest", fitted_trace, diagnostics, summarize_response_backtest
        )
        metadata["channels"] = show_table(table)
        yield dg.Output(table, metadata=metadata)
        yield report_warnings("curves_describe", find_misread(table))

    return response_backtest

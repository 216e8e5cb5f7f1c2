"""The report: one page of everything that was made of a fit."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.forms import Report
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.model.identity import digest_table


def build_report_assets(model: Model, evidence: Sequence[str]) -> list[dg.AssetsDefinition]:
    """Wire the report of a model.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    evidence : sequence of str
        Assets with the evidence for its fit, a section each.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``report``.
    """
    return [_report(model, evidence)]


def _report(model: Model, evidence: Sequence[str]) -> dg.AssetsDefinition:
    @model.asset(
        "report",
        form="report",
        kinds={"html", "png"},
        reads=[
            *GATED,
            "prior_predictive",
            "model_fit",
            "contributions",
            "channel_returns",
            "response_curves",
            "budget_scenarios",
            "recommendations",
            "carryover_curves",
            "returns_by_period",
            "contributions_by_period",
            "seasonal_indices",
            *evidence,
        ],
    )
    def report(
        fitted_trace: xr.DataTree,
        diagnostics: Examination,
        prior_predictive: xr.Dataset,
        model_fit: pd.DataFrame,
        contributions: Summary,
        channel_returns: Summary,
        response_curves: pd.DataFrame,
        budget_scenarios: Summary,
        recommendations: Recommendations,
        carryover_curves: pd.DataFrame,
        returns_by_period: pd.DataFrame,
        contributions_by_period: pd.DataFrame,
        seasonal_indices: pd.DataFrame,
        **tables: pd.DataFrame,
    ) -> dg.Output[Any]:
        """One self-contained page: fit, decomposition, returns, curves, scenarios, assumptions."""
        from mmm_pipeline.ingest.sources import read_truth

        fit = read_fit(model, fitted_trace, diagnostics)

        def render(fit: ConvergedFit) -> Report:
            from mmm_pipeline.report.facts import ReportInputs
            from mmm_pipeline.report.render import draw_figures, render_report

            inputs = ReportInputs(
                fit,
                prior_predictive,
                model_fit,
                contributions,
                channel_returns,
                response_curves,
                budget_scenarios,
                recommendations,
                carryover_curves,
                returns_by_period,
                contributions_by_period,
                seasonal_indices,
                truth,
                tables,
            )
            drawn = draw_figures(inputs)
            return Report(render_report(inputs, drawn), drawn)

        with told_clearly(model.location):
            truth = read_truth(model.project.data, model.spec.truth)
            first = fit.prespecification
            origins = {
                "truth": truth,
                "fixed_at": first and first.fixed_at.isoformat(),
                "deviations": fit.deviations,
                "evidence": {name: [digest_table(one), one.attrs] for name, one in tables.items()},
            }
            page, metadata = compute_once(model, "report", "report", fit, render, **origins)
        return dg.Output(page, metadata=metadata)

    return report

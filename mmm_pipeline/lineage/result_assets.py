"""Everything past the gate: contributions, returns, curves, budgets, report.

No asset here reads a trace but through `read_fit`; what it computes lives in its room.
"""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DecompositionError
from mmm_pipeline.gate import ConvergedFit, Examination, require_converged
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.checks import report_requirement, report_warnings, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.io_managers import FORMS, MADE_FROM
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import Metadata, show_columns, show_figure, show_table
from mmm_pipeline.lineage.promotion import PlanConfig, take
from mmm_pipeline.lineage.reuse import name_origin

GATED = ("fitted_trace", "diagnostics")
"""What everything past the gate reads, so that the gate can hold one against the other."""

ADDS_UP = {"adds_up": "The components add up to the fitted mean, in every draw, on every date."}
CONSTRAINTS = {"constraints_hold": "Every plan spends its budget, every channel within bounds."}
QUALITY = {"fit_quality": "How close the fitted mean comes to the target; never blocks."}


def build_result_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire what follows from a converged fit.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``model_fit``, ``contributions``, ``channel_returns``, ``response_curves``,
        ``budget_scenarios``, ``report``.
    """
    return [
        _model_fit(model),
        _contributions(model),
        _channel_returns(model),
        _response_curves(model),
        _budget_scenarios(model),
        _report(model),
    ]


def _model_fit(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "model_fit",
        form="table",
        kinds={"parquet"},
        reads=GATED,
        checks=specify(model.key("model_fit"), QUALITY, blocking=False),
    )
    def model_fit(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """Observed and fitted target, period by period, with the 90 % predictive interval."""
        from mmm_pipeline.evidence.quality import assess_fit

        fit = read_fit(model, fitted_trace, diagnostics)
        table, metadata = _compute_once(model, "model_fit", "table", fit, _summarize_fit)
        quality = assess_fit(table)
        metadata |= {"r2": quality.r2, "mape": quality.mape, "coverage": quality.coverage}
        metadata["fit"] = show_figure("draw_fit", table=table)
        yield dg.Output(table, metadata={**metadata, **show_columns(table)})
        yield report_warnings("fit_quality", quality.shortcomings)

    return model_fit


def _contributions(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "contributions",
        form="summary",
        kinds={"pymc", "parquet"},
        reads=GATED,
        checks=specify(model.key("contributions"), ADDS_UP, blocking=True),
    )
    def contributions(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """Where the target came from: target units per date and component, with intervals."""
        fit = read_fit(model, fitted_trace, diagnostics)
        try:
            summary, metadata = _compute_once(
                model, "contributions", "summary", fit, _summarize_contributions
            )
        except DecompositionError as error:
            yield report_requirement("adds_up", [str(error)])
            raise dg.Failure(str(error), allow_retries=False) from None
        channels = model.spec.own_media
        metadata["decomposition"] = show_figure(
            "draw_decomposition", table=summary.table, channels=channels
        )
        yield dg.Output(summary, metadata={**metadata, **show_columns(summary.table)})
        yield report_requirement("adds_up", [])

    return contributions


def _channel_returns(model: Model) -> dg.AssetsDefinition:
    @model.asset("channel_returns", form="summary", kinds={"pymc", "parquet"}, reads=GATED)
    def channel_returns(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """What each channel earned on its spend, with intervals."""
        fit = read_fit(model, fitted_trace, diagnostics)
        summary, metadata = _compute_once(
            model, "channel_returns", "summary", fit, _summarize_returns
        )
        metadata["returns"] = show_table(summary.table)
        known = summary.table.dropna(subset="roas")
        for name, roas in zip(known["channel"], known["roas"], strict=True):
            metadata[f"roas_{name}"] = float(roas)
        return dg.Output(summary, metadata={**metadata, **show_columns(summary.table)})

    return channel_returns


def _response_curves(model: Model) -> dg.AssetsDefinition:
    @model.asset("response_curves", form="table", kinds={"pymc", "parquet"}, reads=GATED)
    def response_curves(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """How each channel's response bends with its spend per period, with bands."""
        fit = read_fit(model, fitted_trace, diagnostics)
        table, metadata = _compute_once(model, "response_curves", "table", fit, _summarize_curves)
        channels = list(model.spec.media)
        metadata["curves"] = show_figure("draw_response_curves", table=table, channels=channels)
        return dg.Output(table, metadata={**metadata, **show_columns(table)})

    return response_curves


def _budget_scenarios(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "budget_scenarios",
        form="summary",
        kinds={"pymc", "parquet"},
        reads=GATED,
        checks=specify(model.key("budget_scenarios"), CONSTRAINTS, blocking=True),
    )
    def budget_scenarios(config: PlanConfig, **gated: Any) -> Iterator[Any]:
        """The best plan for every budget, and what it would bring against today's plan."""
        from mmm_pipeline.decision.constraints import find_broken_constraints

        fit = read_fit(model, *take(model, config.fit, **gated))
        with told_clearly(model.location):
            summary, metadata = _compute_once(
                model, "budget_scenarios", "summary", fit, _summarize_scenarios
            )
        broken = find_broken_constraints(summary.table, fit.features, model.spec)
        yield report_requirement("constraints_hold", broken)
        if broken:
            raise dg.Failure("; ".join(broken), allow_retries=False)
        if len(table := summary.table):
            channels = model.spec.bought_media
            metadata["scenarios"] = show_figure("draw_scenarios", table=table, channels=channels)
        metadata["plans"] = show_table(summary.table)
        yield dg.Output(summary, metadata={**metadata, **show_columns(summary.table)})

    return budget_scenarios


def _report(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "report",
        form="page",
        kinds={"html"},
        reads=[
            *GATED,
            "prior_predictive",
            "model_fit",
            "contributions",
            "channel_returns",
            "response_curves",
            "budget_scenarios",
            *(["calibration"] if model.spec.experiments else []),
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
        **evidence: pd.DataFrame,
    ) -> dg.Output[Any]:
        """One self-contained page: fit, decomposition, returns, curves, scenarios, assumptions."""
        from mmm_pipeline.ingest.sources import read_truth

        fit = read_fit(model, fitted_trace, diagnostics)

        def render(fit: ConvergedFit) -> str:
            from mmm_pipeline.report.facts import ReportInputs
            from mmm_pipeline.report.render import render_report

            inputs = ReportInputs(
                fit,
                prior_predictive,
                model_fit,
                contributions,
                channel_returns,
                response_curves,
                budget_scenarios,
                truth,
                **evidence,
            )
            return render_report(inputs)

        with told_clearly(model.location):
            truth = read_truth(model.project.data, model.spec.truth)
            first = fit.prespecification
            origins = {
                "truth": truth,
                "fixed_at": first and first.fixed_at.isoformat(),
                "deviations": fit.deviations,
            }
            page, metadata = _compute_once(model, "report", "page", fit, render, **origins)
        return dg.Output(page, metadata=metadata)

    return report


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
        fit = require_converged(trace, examination.numbers, model.spec)
    for words in fit.warnings:
        dg.get_dagster_logger().warning(words)
    return fit


def _compute_once[T](
    model: Model,
    asset: str,
    form: str,
    fit: ConvergedFit,
    compute: Callable[[ConvergedFit], T],
    **origins: Any,
) -> tuple[T, Metadata]:
    """Compute a result of a fit, or read the one that follows from the very same things."""
    made_from = name_origin(
        asset, fit_id=fit.fit_id, spec=model.spec.model_dump(mode="json"), **origins
    )
    value = model.store.reuse(asset, FORMS[form], made_from)
    if value is None:
        value = compute(fit)
    facts = {"fit_id": fit.fit_id, "verdict": fit.verdict.word}
    return value, {MADE_FROM: made_from, **facts, "warnings": "; ".join(fit.warnings) or "none"}


def _summarize_fit(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.evidence.fit import summarize_fit

    return summarize_fit(fit)


def _summarize_contributions(fit: ConvergedFit) -> Summary:
    from mmm_pipeline.insight.contributions import summarize_contributions

    return summarize_contributions(fit)


def _summarize_returns(fit: ConvergedFit) -> Summary:
    from mmm_pipeline.insight.returns import summarize_returns

    return summarize_returns(fit)


def _summarize_curves(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.insight.curves import summarize_response_curves

    return summarize_response_curves(fit)


def _summarize_scenarios(fit: ConvergedFit) -> Summary:
    from mmm_pipeline.decision.scenarios import summarize_scenarios

    return summarize_scenarios(fit)

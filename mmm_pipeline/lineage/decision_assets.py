"""What to do: the budgets of a model's scenarios, and what any other budget would bring.

No asset here reads a trace but through `read_fit`; what it computes lives in `decision`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr
from pydantic import Field, ValidationError

from mmm_pipeline.decision.register import SCENARIOS
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.checks import report_requirement, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.gated import GATED, compute_once, tabulate
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_figure, show_table
from mmm_pipeline.lineage.promotion import FitChoice, choose_fit
from mmm_pipeline.spec import ModelSpec, tell_error

CONSTRAINTS = {"constraints_hold": "Every plan keeps its budget and all its limits."}


class PlanConfig(dg.Config):
    """What may be said when budgets are planned."""

    fit: FitChoice = FitChoice.current
    """The fit that is planned with; either goes through the gate."""
    scenarios: dict[str, Any] = Field(default_factory=dict)
    """More scenarios, by name, in the words of the spec."""


def build_decision_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire what is to be done.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``budget_scenarios``, ``budget_frontier``.
    """
    return [_budget_scenarios(model), _budget_frontier(model)]


def _budget_scenarios(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "budget_scenarios",
        form="summary",
        kinds={"pymc", "parquet"},
        reads=GATED,
        checks=specify(model.key("budget_scenarios"), CONSTRAINTS, blocking=True),
    )
    def budget_scenarios(config: PlanConfig, **gated: Any) -> Iterator[Any]:
        """The best plan for every scenario, and what it would bring against today's plan.

        A launch may name scenarios of its own, in the words of the spec: `scenarios: {more:
        {budget: +50%}}`. They stand beside those of the spec, or in place of one of their name.
        """
        from mmm_pipeline.decision.comparison import compare_scenarios
        from mmm_pipeline.decision.scenarios import find_broken_limits

        fit = choose_fit(model, config.fit, **gated)
        with told_clearly(model.location):
            fit = ask(fit, config.scenarios)
            summary, metadata = compute_once(
                model,
                "budget_scenarios",
                "summary",
                fit,
                _summarize_scenarios,
                asked=config.scenarios,
            )
        broken = find_broken_limits(summary, fit)
        yield report_requirement("constraints_hold", broken)
        if broken:
            raise dg.Failure("; ".join(broken), allow_retries=False)
        if len(table := summary.table):
            channels = model.spec.bought_media
            metadata["scenarios"] = show_figure("draw_scenarios", table=table, channels=channels)
        metadata["comparison"] = show_table(compare_scenarios(summary))
        metadata["plans"] = show_table(summary.table)
        metadata["asked_at_launch"] = ", ".join(config.scenarios) or "none"
        columns = show_columns(summary.table, "budget_scenarios")
        yield dg.Output(summary, metadata={**metadata, **columns})

    return budget_scenarios


def _budget_frontier(model: Model) -> dg.AssetsDefinition:
    @model.asset("budget_frontier", form="table", kinds={"pymc", "parquet"}, reads=GATED)
    def budget_frontier(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """What budgets from a tenth to twice today's would bring, best spent and spent as today."""
        table, metadata = tabulate(
            model, "budget_frontier", fitted_trace, diagnostics, _summarize_frontier
        )
        if len(table):
            metadata["frontier"] = show_figure("draw_frontier", table=table)
        return dg.Output(table, metadata=metadata)

    return budget_frontier


def ask(fit: ConvergedFit, scenarios: Mapping[str, Any]) -> ConvergedFit:
    """Add scenarios that are named at launch to those of the spec.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    scenarios : mapping of str to object
        By name, in the words of the spec.

    Returns
    -------
    ConvergedFit
        The same fit, whose spec has them too; through the gate again.

    Raises
    ------
    ScenarioError
        If they cannot be read, or do not fit the model.
    """
    if not scenarios:
        return fit
    said = fit.spec.model_dump(mode="json")
    said["scenarios"] = {**said["scenarios"], **scenarios}
    try:
        return replace(fit, spec=ModelSpec.model_validate(said))
    except ValidationError as error:
        lines = [tell_error(one) for one in error.errors(include_url=False)]
        message = "Scenarios must be in the words of the spec; " + "; ".join(lines)
        raise ScenarioError(message) from None


def _summarize_scenarios(fit: ConvergedFit) -> Summary:
    """Plan, and write down what was asked for, so that a plan can be accepted later."""
    from mmm_pipeline.decision.expected import expect_targets
    from mmm_pipeline.decision.scenarios import summarize_scenarios

    summary = expect_targets(fit, summarize_scenarios(fit))
    summary.table.attrs[SCENARIOS] = {
        name: scenario.model_dump(mode="json") for name, scenario in fit.spec.scenarios.items()
    }
    return summary


def _summarize_frontier(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.decision.frontier import summarize_frontier

    return summarize_frontier(fit)

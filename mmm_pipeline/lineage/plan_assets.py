"""The register of plans: the job that accepts one, and the asset that holds it against what came.

Plans of several fits stand in it. Each fit is read through the gate, or not at all; what was kept
with its plan stands meanwhile.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from mmm_pipeline.decision.register import AcceptedPlan, find_in_force, list_stale, share_out
from mmm_pipeline.errors import GateError, ScenarioError
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.automation import build_op_job
from mmm_pipeline.lineage.checks import report_warnings, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.forms import SummaryForm, TableForm
from mmm_pipeline.lineage.io_managers import MADE_FROM
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import Metadata, show_columns, show_figure, show_table
from mmm_pipeline.lineage.reuse import name_origin
from mmm_pipeline.model.identity import digest_table

PLAN_TRACKING = "plan_tracking"
CHECKS = {
    "plan_is_current": "The plan in force is of the promoted fit, and of this model; never blocks.",
    "on_plan": "Spend and target are as the plan in force expected; never blocks.",
}


class AcceptConfig(dg.Config):
    """What may be said when a plan is accepted."""

    scenario: str
    """The plan, by its name in `budget_scenarios`."""
    start: str = ""
    """First day of its first period, where it is not the scenario's own: 2026-04-06."""
    note: str = ""
    """Why, for whoever reads the history."""


def build_accept_job(model: Model) -> dg.JobDefinition:
    """Make the job that accepts a plan.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    dagster.JobDefinition
        ``<model>__accept_plan``, of one op, ``<model>__accept_scenario``.
    """
    name = model.spec.name

    @dg.op(name=f"{name}__accept_scenario", out=dg.Out(dg.Nothing))
    def accept_scenario(context: dg.OpExecutionContext, config: AcceptConfig) -> None:
        """Keep a plan of `budget_scenarios`, with what its fit expects, if the fit passes."""
        with told_clearly(model.location):
            plan = _accept(model, config, context.run_id)
            earlier = model.plans.read_all()
            model.plans.keep(plan)
            promoted = _find_promoted(model)
        record, superseded = plan.record, _tell_superseded(plan, earlier)
        context.log.info(
            f"Accepted {record.scenario!r} of {name}, {record.start} to {record.end}, as plan "
            f"{record.plan_id}. It supersedes {superseded}."
        )
        for words in list_stale(record, model.spec, promoted):
            context.log.warning(words)
        context.add_output_metadata(
            {"plan_id": record.plan_id, "fit_id": record.fit_id, "supersedes": superseded}
        )

    words = f"Accept a plan of {name}: it is kept, and held against what comes."
    return build_op_job(model, "accept_plan", words, accept_scenario)


def build_plan_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire what holds accepted plans against what came.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``plan_tracking``.
    """
    return [_plan_tracking(model)]


def _plan_tracking(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        PLAN_TRACKING,
        form="table",
        kinds={"pymc", "parquet"},
        reads=["validated_data"],
        checks=specify(model.key(PLAN_TRACKING), CHECKS, blocking=False),
    )
    def plan_tracking(validated_data: pd.DataFrame) -> Iterator[Any]:
        """Every accepted plan against what came: spend, target, and what is due to which.

        It waits for no refit: each plan is held to the fit that it was made with.
        """
        with told_clearly(model.location):
            table, metadata = _track(model, validated_data)
        facts = table.attrs
        if len(table):
            metadata["tracking"] = show_figure("draw_tracking", table=table)
        yield dg.Output(
            table,
            metadata={
                **metadata,
                "in_force": facts["in_force"] or "none",
                "standing": "; ".join((*facts["stale"], *facts["words"])) or "nothing stands out",
                "plans": show_table(pd.DataFrame(facts["plans"])),
                **show_columns(table),
            },
        )
        yield report_warnings("plan_is_current", facts["stale"])
        yield report_warnings("on_plan", facts["words"])

    return plan_tracking


def _accept(model: Model, config: AcceptConfig, run_id: str) -> AcceptedPlan:
    """Lay a plan out with its fit, which must be kept, and pass the gate."""
    from mmm_pipeline.decision.acceptance import Acceptance, accept_plan

    try:
        start = dt.date.fromisoformat(config.start) if config.start else None
    except ValueError:
        message = f"`start` must be a date such as 2026-04-06; got {config.start!r}."
        raise ScenarioError(message) from None
    plans: Summary = model.store.read("budget_scenarios", SummaryForm())
    fit = admit(model.fits.read(str(plans.table.attrs["fit_id"])), model.spec)
    now = dt.datetime.now(dt.UTC)
    return accept_plan(fit, plans, Acceptance(config.scenario, start, now, run_id, config.note))


def _tell_superseded(plan: AcceptedPlan, earlier: Sequence[AcceptedPlan]) -> str:
    """Say which plans count less now."""
    before, after = share_out(earlier), share_out([*earlier, plan])
    taken = [
        f"{len(dates) - len(after[name])} of the {len(dates)} periods of {name}"
        for name, dates in before.items()
        if len(after[name]) < len(dates)
    ]
    return ", ".join(taken) or "no other"


def _track(model: Model, frame: pd.DataFrame) -> tuple[pd.DataFrame, Metadata]:
    """Track all plans, or read what follows from the very same plans, fits and data."""
    plans, promoted = model.plans.read_all(), _find_promoted(model)
    fits = {plan.record.fit_id: _admit(model, plan.record.fit_id) for plan in plans}
    made_from = name_origin(
        PLAN_TRACKING,
        spec=model.spec.model_dump(mode="json"),
        data=digest_table(frame),
        plans=[plan.record.plan_id for plan in plans],
        refused={name: one for name, one in fits.items() if isinstance(one, str)},
        promoted=promoted and [promoted[0], promoted[1].isoformat()],
    )
    table: pd.DataFrame | None = model.store.reuse(PLAN_TRACKING, TableForm(), made_from)
    if table is None:
        table = _compute(model, frame, plans, fits)
        table.attrs |= _tell_standing(model, frame, plans, table.attrs["plans"])
    return table, {MADE_FROM: made_from, "n_plans": len(plans)}


def _compute(
    model: Model,
    frame: pd.DataFrame,
    plans: Sequence[AcceptedPlan],
    fits: Mapping[str, ConvergedFit | str],
) -> pd.DataFrame:
    """Hold the plans against the data, each with its own fit as far as that may be read."""
    from mmm_pipeline.decision.tracking import track_plans
    from mmm_pipeline.model.features import build_features

    return track_plans(plans, build_features(frame, model.spec), fits)


def _admit(model: Model, fit_id: str) -> ConvergedFit | str:
    """Let the fit of a plan through the gate, or say why it may not be read."""
    try:
        return admit(model.fits.read(fit_id), model.spec)
    except GateError as error:
        return str(error)


def _tell_standing(
    model: Model,
    frame: pd.DataFrame,
    plans: Sequence[AcceptedPlan],
    standings: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Say which plan is in force, whether it is stale, and what stands out of it."""
    promoted = _find_promoted(model)
    in_force = find_in_force(share_out(plans), frame["date"].max())
    current = [plan.record for plan in plans if plan.record.plan_id == in_force]
    return {
        "in_force": in_force,
        "stale": [words for one in current for words in list_stale(one, model.spec, promoted)],
        "words": [
            words
            for standing in standings
            if standing["plan_id"] == in_force
            for words in standing["words"]
        ],
    }


def _find_promoted(model: Model) -> tuple[str, dt.datetime] | None:
    """Find which fit is promoted, and since when."""
    promotion = model.fits.find_promotion()
    return (promotion.fit_id, promotion.promoted_at) if promotion else None

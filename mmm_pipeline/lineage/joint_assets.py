"""What several models say together, one budget over them, each beside the first, and the page.

Every asset here reads the fits through `Joint.read_fits`; what it computes lives in its room.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.checks import report_requirement, report_warnings, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.forms import Report
from mmm_pipeline.lineage.joint import Fits, Joint
from mmm_pipeline.lineage.pictures import show_columns, show_comparison, show_figure, show_table
from mmm_pipeline.model.identity import digest_table
from mmm_pipeline.spec import JointSpec

CONFLICTS = {"conflicts": "All views advise the same on every common channel; never blocks."}
CONSTRAINTS = {"constraints_hold": "Every plan keeps its budget and all its limits."}
SHORT = ["view", "channel", "roas", "marginal_roas", "action", "is_conflict"]
"""Columns of the views that the UI shows."""


def build_joint_assets(joint: Joint) -> list[dg.AssetsDefinition]:
    """Wire what lies over several models.

    Parameters
    ----------
    joint : Joint
        The models and their surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``joint_view``, ``joint_budget``, ``model_comparison``, ``report``.
    """
    return [_joint_view(joint), _joint_budget(joint), _model_comparison(joint), _report(joint)]


def _joint_view(joint: Joint) -> dg.AssetsDefinition:
    @joint.asset(
        "joint_view",
        form="views",
        kinds={"parquet", "json"},
        checks=specify(joint.key("joint_view"), CONFLICTS, blocking=False),
    )
    def joint_view(**gated: Any) -> Iterator[Any]:
        """What each model, all together, and their profit advise on every channel's spend."""
        fits = joint.read_fits(gated)
        advice, metadata = joint.compute_once("joint_view", "views", fits, _view)
        table, told = advice.table, advice.portfolio
        metadata |= {
            "next_unit": show_figure(
                "draw_views",
                table=table,
                channels=list(dict.fromkeys(table["channel"])),
                thresholds={view: joint.spec.thresholds.of(view) for view in table["view"]},
            ),
            "views": show_table(table[SHORT]),
            "models": show_table(pd.DataFrame(told["models"])),
            "conflicts": ", ".join(told["conflicts"]) or "none",
            "known_to_some_only": show_table(_list_some(told["only_some"])),
        }
        yield dg.Output(advice, metadata={**metadata, **show_columns(table)})
        words = [
            f"On {channel}, the views do not advise the same." for channel in told["conflicts"]
        ]
        yield report_warnings("conflicts", words)

    return joint_view


def _joint_budget(joint: Joint) -> dg.AssetsDefinition:
    @joint.asset(
        "joint_budget",
        form="summary",
        kinds={"pymc", "parquet"},
        checks=specify(joint.key("joint_budget"), CONSTRAINTS, blocking=True),
    )
    def joint_budget(**gated: Any) -> Iterator[Any]:
        """The best plan of one budget over all models, and what it leaves against today's plan."""
        from mmm_pipeline.decision.comparison import compare_scenarios
        from mmm_pipeline.decision.joint import find_broken_joint_limits
        from mmm_pipeline.report.plans import group_plans

        fits = joint.read_fits(gated)
        summary, metadata = joint.compute_once("joint_budget", "summary", fits, _plan)
        with told_clearly(joint.location):
            broken = find_broken_joint_limits(summary, fits, joint.spec)
        yield report_requirement("constraints_hold", broken)
        if broken:
            raise dg.Failure("; ".join(broken), allow_retries=False)
        drawn = group_plans(summary.table, joint.labels)
        lines = list(dict.fromkeys(drawn["channel"]))
        metadata |= {
            "scenarios": show_figure(
                "draw_scenarios", table=drawn, channels=lines, brings="margin"
            ),
            "comparison": show_table(compare_scenarios(summary)),
            "plans": show_table(summary.table),
            **show_columns(summary.table),
        }
        yield dg.Output(summary, metadata=metadata)

    return joint_budget


def _model_comparison(joint: Joint) -> dg.AssetsDefinition:
    def compare(fits: Fits, spec: JointSpec) -> pd.DataFrame:  # noqa: ARG001
        from mmm_pipeline.evidence.side_words import compare_with_first

        return compare_with_first(fits, joint.labels)

    @joint.asset("model_comparison", form="table", kinds={"pymc", "parquet"})
    def model_comparison(**gated: Any) -> dg.Output[Any]:
        """Each other model beside the first: fit, structure, returns, shares, parameters."""
        fits = joint.read_fits(gated)
        table, metadata = joint.compute_once("model_comparison", "table", fits, compare)
        return dg.Output(table, metadata=metadata | show_comparison(table))

    return model_comparison


def _report(joint: Joint) -> dg.AssetsDefinition:
    @joint.asset(
        "report",
        form="report",
        kinds={"html"},
        reads=["joint_view", "joint_budget", "model_comparison"],
    )
    def report(
        joint_view: Recommendations,
        joint_budget: Summary,
        model_comparison: pd.DataFrame,
        **gated: Any,
    ) -> dg.Output[Any]:
        """One self-contained page: views and conflicts, one budget, models side by side."""

        def render(fits: Fits, spec: JointSpec) -> Report:
            from mmm_pipeline.report.joint import (
                JointInputs,
                draw_joint_figures,
                render_joint_report,
            )

            inputs = JointInputs(spec, fits, joint_view, joint_budget, model_comparison)
            drawn = draw_joint_figures(inputs)
            return Report(render_joint_report(inputs, drawn), drawn)

        tables = (joint_view.table, joint_budget.table, model_comparison)
        page, metadata = joint.compute_once(
            "report",
            "report",
            joint.read_fits(gated),
            render,
            tables=[[digest_table(one), one.attrs] for one in tables],
        )
        return dg.Output(page, metadata=metadata)

    return report


def _list_some(only_some: dict[str, list[str]]) -> pd.DataFrame:
    """List channels that not all models know."""
    rows = [(channel, ", ".join(models)) for channel, models in only_some.items()]
    return pd.DataFrame(rows, columns=["channel", "models"])


def _view(fits: Fits, spec: JointSpec) -> Recommendations:
    from mmm_pipeline.insight.joint import summarize_joint_view

    return summarize_joint_view(fits, spec)


def _plan(fits: Fits, spec: JointSpec) -> Summary:
    from mmm_pipeline.decision.joint import summarize_joint_budget

    return summarize_joint_budget(fits, spec)

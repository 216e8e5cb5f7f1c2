"""The page over several models: views and conflicts, one budget, models side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.decision.comparison import compare_scenarios
from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.evidence.side_by_side import BOTH, DIFFERENT
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.insight.joint import name_fits
from mmm_pipeline.insight.summary import LOWER, UPPER, Summary
from mmm_pipeline.report.figures.budgets import draw_scenarios
from mmm_pipeline.report.figures.joint import draw_views
from mmm_pipeline.report.money import say_currency, tell_currency
from mmm_pipeline.report.page import list_records, open_template
from mmm_pipeline.report.plans import group_plans, tabulate_plans
from mmm_pipeline.report.style import encode_svg, format_probability
from mmm_pipeline.spec import PROFIT, TOTAL, JointSpec


@dataclass(frozen=True)
class JointInputs:
    """Everything the page is made from.

    Attributes
    ----------
    spec : JointSpec
        The models together.
    fits : mapping of str to ConvergedFit
        A fit of each model, by its name.
    view : Recommendations
        From `mmm_pipeline.insight.joint.summarize_joint_view`.
    budget : Summary
        From `mmm_pipeline.decision.joint.summarize_joint_budget`.
    comparison : pandas.DataFrame
        From `mmm_pipeline.evidence.side_words.compare_with_first`.
    """

    spec: JointSpec
    fits: Mapping[str, ConvergedFit]
    view: Recommendations
    budget: Summary
    comparison: pd.DataFrame

    def __post_init__(self) -> None:
        """Refuse a mix of fits."""
        tables = {
            "joint_view": self.view.table,
            "joint_budget": self.budget.table,
            "model_comparison": self.comparison,
        }
        wanted = name_fits(self.fits)
        others = [name for name, table in tables.items() if table.attrs["fit_id"] != wanted]
        if others:
            message = (
                f"The page must be made from one fit of each model, {wanted}; of others are: "
                f"{', '.join(others)}. Materialise them first."
            )
            raise StaleFitError(message)


def draw_joint_figures(inputs: JointInputs) -> dict[str, Figure]:
    """Draw every figure of the page.

    Parameters
    ----------
    inputs : JointInputs
        The page's.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
    """
    table = inputs.view.table
    labels = {one["model"]: one["label"] for one in inputs.view.portfolio["models"]}
    plans = group_plans(inputs.budget.table, labels)
    channels = list(dict.fromkeys(plans["channel"]))
    figures = {
        "views": draw_views(table, _order(table), _list_thresholds(inputs)),
        "scenarios": draw_scenarios(plans, channels, brings="margin"),
    }
    if currency := inputs.view.portfolio["currency"]:
        for figure in figures.values():
            tell_currency(figure, currency)
    return figures


def render_joint_report(inputs: JointInputs, drawn: Mapping[str, Figure]) -> str:
    """Write the page.

    Parameters
    ----------
    inputs : JointInputs
        Everything it is made from, all of the same fits.
    drawn : mapping of str to matplotlib.figure.Figure
        From `draw_joint_figures`.

    Returns
    -------
    str
        HTML without any request to elsewhere.
    """
    table, told = inputs.view.table, inputs.view.portfolio
    plans, comparison = inputs.budget.table, inputs.comparison
    section = {str(name): rows for name, rows in comparison.groupby("section", sort=False)}
    labels = {one["model"]: one["label"] for one in told["models"]}
    structure = section["structure"]
    scenarios = compare_scenarios(inputs.budget)
    page = open_template("joint.html").render(
        spec=inputs.spec,
        told=told,
        verdicts={name: fit.verdict.word for name, fit in inputs.fits.items()},
        labels=labels,
        views=table.drop_duplicates("view")[["view", "label"]].to_dict("records"),
        rows=arrange_views(table),
        conflicts=describe_conflicts(table),
        scenarios=list_records(scenarios),
        start=str(inputs.budget.draws["start"].to_numpy()[0]),
        outcomes=list_records(tabulate_outcomes(inputs.budget, told["models"])),
        plans=tabulate_plans(plans),
        sentences=comparison.attrs["sentences"],
        measures=list_records(section["fit"]),
        structure=list_records(structure[structure["where"] != BOTH]),
        different=DIFFERENT,
        returns=list_records(section["roas"]),
        shares=list_records(section["share"]),
        parameters=list_records(section["parameter"][section["parameter"]["where"] == BOTH]),
        figures={name: encode_svg(figure) for name, figure in drawn.items()},
    )
    return say_currency(page, told["currency"])


def arrange_views(table: pd.DataFrame) -> list[tuple[str, list[dict[str, Any] | None]]]:
    """Put the views of a channel beside each other.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.insight.joint.judge_views`.

    Returns
    -------
    list of tuple
        A channel, and its row in every view; None in a view that does not know it.
    """
    views = table["view"].drop_duplicates().tolist()
    found = {(row["view"], row["channel"]): row for row in list_records(table)}
    return [(channel, [found.get((view, channel)) for view in views]) for channel in _order(table)]


def describe_conflicts(table: pd.DataFrame) -> list[str]:
    """Say where the views do not advise the same.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.insight.joint.judge_views`.

    Returns
    -------
    list of str
        A sentence for each channel.
    """
    told = []
    for channel, rows in table[table["is_conflict"]].groupby("channel", sort=False):
        by_action = rows.groupby("action", sort=False)["label"].agg(", ".join)
        each = "; ".join(f"{action} by {labels}" for action, labels in by_action.items())
        chance = format_probability(float(rows["probability_conflict"].iloc[0]))
        told.append(f"{channel}: {each}. That they differ at all is {chance} probable.")
    return told


def tabulate_outcomes(budget: Summary, models: list[dict[str, Any]]) -> pd.DataFrame:
    """Say what each plan would bring of every model's target, against today's plan.

    Parameters
    ----------
    budget : Summary
        From `mmm_pipeline.decision.joint.summarize_joint_budget`.
    models : list of dict
        Records of the models, with ``model`` and ``label``.

    Returns
    -------
    pandas.DataFrame
        ``scenario, label, today, plan, gain, gain_lower, gain_upper``, target units.
    """
    rows = []
    for name in budget.draws["scenario"].to_numpy():
        for record in models:
            draws = budget.draws[["outcome", "outcome_current"]].sel(
                scenario=name, model=record["model"]
            )
            plan, today = (draws[word].to_numpy() for word in ("outcome", "outcome_current"))
            lower, upper = np.quantile(plan - today, [LOWER, UPPER])
            rows.append(
                {
                    "scenario": name,
                    "label": record["label"],
                    "today": today.mean(),
                    "plan": plan.mean(),
                    "gain": (plan - today).mean(),
                    "gain_lower": lower,
                    "gain_upper": upper,
                }
            )
    return pd.DataFrame(rows)


def _order(table: pd.DataFrame) -> list[str]:
    """Order the channels: the common ones first."""
    names = table.sort_values("is_common", ascending=False, kind="stable")["channel"]
    return list(dict.fromkeys(names))


def _list_thresholds(inputs: JointInputs) -> dict[str, tuple[float, float]]:
    """List the thresholds of every view."""
    return {view: inputs.spec.thresholds.of(view) for view in (*inputs.fits, TOTAL, PROFIT)}

"""Budgets and bounds, and whether a plan keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.insight.recent import mean_recent
from mmm_pipeline.spec import ModelSpec, Scenario

BUDGET_TOLERANCE = 1e-6
"""Largest relative difference between a plan's total and its budget."""


@dataclass(frozen=True)
class Plan:
    """Where a budget goes.

    Attributes
    ----------
    budget : float
        Total of the window, currency.
    current, lower, upper, spend : xarray.DataArray, dims ``(channel,)``
        Today's plan, the bounds, and the plan, all totals of the window in currency.
    """

    budget: float
    current: xr.DataArray
    lower: xr.DataArray
    upper: xr.DataArray
    spend: xr.DataArray


def find_broken_constraints(
    table: pd.DataFrame, features: xr.Dataset, spec: ModelSpec
) -> list[str]:
    """Hold a table of scenarios against what the spec asked for.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.decision.scenarios.summarize_scenarios`.
    features : xarray.Dataset
        Of the fit it was made from.
    spec : ModelSpec
        The model, with its scenarios.

    Returns
    -------
    list of str
        One sentence for each budget that is not met, and each channel out of bounds.
    """
    broken = []
    for name, scenario in list_scenarios(features, spec).items():
        plan = bound_plan(features, scenario)
        spend = table[table["scenario"] == name].set_index("channel")["spend"].to_xarray()
        spend = spend.sel(channel=plan.current["channel"])
        gap = abs(float(spend.sum()) - plan.budget) / plan.budget
        if gap > BUDGET_TOLERANCE:
            broken.append(f"{name} spends {float(spend.sum()):.6g} of {plan.budget:.6g}")
        slack = BUDGET_TOLERANCE * plan.budget
        outside = (spend < plan.lower - slack) | (spend > plan.upper + slack)
        broken += [
            f"{name} moves {channel} out of its bounds"
            for channel in spend["channel"].where(outside, drop=True).to_numpy()
        ]
    return broken


def list_scenarios(features: xr.Dataset, spec: ModelSpec) -> Mapping[str, Scenario]:
    """List the scenarios that can be planned.

    Parameters
    ----------
    features : xarray.Dataset
        Of the fit.
    spec : ModelSpec
        The model.

    Returns
    -------
    mapping of str to Scenario
        Those of the spec; none where nothing is bought, and there is no budget to plan.
    """
    return spec.scenarios if features["is_bought"].any() else {}


def bound_plan(features: xr.Dataset, scenario: Scenario) -> Plan:
    """Work out a scenario's budget and bounds.

    Parameters
    ----------
    features : xarray.Dataset
        Of the fit.
    scenario : Scenario
        As the spec states it.

    Returns
    -------
    Plan
        With today's plan for its spend.
    """
    recent = mean_recent(features, "spend")
    cells = [dim for dim in recent.dims if dim != "channel"]
    bought = recent.sum(cells).where(features["is_bought"], drop=True).reset_coords(drop=True)
    current = bought * scenario.periods
    return Plan(
        budget=scenario.resolve_budget(float(current.sum())),
        current=current,
        lower=current * max(0.0, 1 - scenario.bounds),
        upper=current * (1 + scenario.bounds),
        spend=current,
    )


def require_feasible(plans: Mapping[str, Plan]) -> None:
    """Refuse budgets that no plan within bounds can spend.

    Parameters
    ----------
    plans : mapping of str to Plan
        By the name of the scenario.

    Raises
    ------
    ScenarioError
        Naming every one of them.
    """
    messages = []
    for name, plan in plans.items():
        if plan.budget <= 0:
            messages.append(
                f"`scenarios.{name}` must have something to spend; nothing was spent in the last "
                "52 weeks, so today's plan is nothing. State its `budget` and `bounds` otherwise, "
                "or set `scenarios: {}`."
            )
            continue
        least, most = float(plan.lower.sum()), float(plan.upper.sum())
        slack = BUDGET_TOLERANCE * plan.budget
        if not least - slack <= plan.budget <= most + slack:
            messages.append(
                f"`scenarios.{name}` must be spendable within its bounds, which allow "
                f"{least:,.0f} to {most:,.0f} over the window; its budget is {plan.budget:,.0f}. "
                "Widen `bounds`, or change `budget`."
            )
    if messages:
        raise ScenarioError("\n".join(messages))


def fit_into(plan: Plan, spend: xr.DataArray) -> xr.DataArray:
    """Move spend onto a budget and into its bounds, each channel in proportion to its room.

    Parameters
    ----------
    plan : Plan
        Budget and bounds.
    spend : xarray.DataArray, dims ``(channel,)``
        Totals of the window, currency.

    Returns
    -------
    xarray.DataArray, dims ``(channel,)``
        Within the bounds; on the budget, if they allow it.
    """
    inside = spend.clip(plan.lower, plan.upper)
    missing = plan.budget - float(inside.sum())
    room = plan.upper - inside if missing > 0 else inside - plan.lower
    total_room = float(room.sum())
    if total_room <= 0:
        return inside
    return inside + room * min(1.0, abs(missing) / total_room) * (1 if missing > 0 else -1)


def fill_in_order(plan: Plan, order: Sequence[str]) -> xr.DataArray:
    """Give each channel in turn all it may take, until the budget is spent.

    Parameters
    ----------
    plan : Plan
        Budget and bounds.
    order : sequence of str
        All channels, the first to be filled first.

    Returns
    -------
    xarray.DataArray, dims ``(channel,)``
        Totals of the window, currency; within the bounds and on the budget, if they allow it.
    """
    spend = plan.lower.copy()
    for channel in order:
        left = max(0.0, plan.budget - float(spend.sum()))
        room = float(plan.upper.sel(channel=channel) - plan.lower.sel(channel=channel))
        spend.loc[{"channel": channel}] += min(left, room)
    return spend

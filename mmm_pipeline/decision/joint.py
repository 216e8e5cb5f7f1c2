"""One budget over several models: where money does most for what is left of all targets."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.constraints import require_feasible
from mmm_pipeline.decision.joint_plan import (
    JointPlan,
    limit_joint_plans,
    plan_money,
    tabulate_landscapes,
)
from mmm_pipeline.decision.joint_window import Fits, JointWindow, open_joint_window
from mmm_pipeline.decision.plans import LEVER_COLUMNS, STEP
from mmm_pipeline.decision.utilities import compute_utility
from mmm_pipeline.insight.joint import name_fits
from mmm_pipeline.insight.same_money import require_same_money
from mmm_pipeline.insight.summary import LOWER, UPPER, Summary
from mmm_pipeline.spec import JointSpec

COLUMNS = ("scenario", "channel", "models", *LEVER_COLUMNS, "is_observed")
"""Columns of the plans."""


def summarize_joint_budget(fits: Fits, joint: JointSpec) -> Summary:
    """Plan every scenario over all models.

    Money on a line acts in every model that knows it. A plan is the one of the largest utility of
    ``sum_m value_m margin_m response_m``: money that is left of all targets, before the spend
    itself is paid.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        A fit of each model, by its name.
    joint : JointSpec
        The models together.

    Returns
    -------
    Summary
        Table, a row per scenario and line: `COLUMNS`, as of
        `mmm_pipeline.decision.scenarios.summarize_scenarios`, but that ``response``, ``roas`` and
        ``marginal`` are of the money that is left; ``channel`` names the line, ``models`` those it
        acts in. Draws: ``response, response_current``, dims ``(scenario, channel, sample)``;
        ``outcome, outcome_current``, target units, dims ``(scenario, model, sample)``; and by
        scenario ``budget, periods, held, note, utility, utility_current, start``.

    Raises
    ------
    SpecError
        If periods differ, or money that is said to be shared does.
    ScenarioError
        If limits cannot be kept together, or there is no common first day.
    """
    require_same_money(fits, joint)
    asked = limit_joint_plans(fits, joint)
    require_feasible({name: plan.limits for name, plan in asked.items()})
    landscapes = tabulate_landscapes(fits, asked)
    tables, draws = [], []
    for name, plan in asked.items():
        money = plan_money(plan, landscapes[id(plan.window)])
        table, drawn = _tell(name, plan, _spread_evenly(fits, joint, plan), money)
        tables.append(table)
        draws.append(drawn)
    table = pd.concat(tables, ignore_index=True)[list(COLUMNS)]
    table.attrs["fit_id"] = name_fits(fits)
    # What is told is money already: all of it is margin.
    told = {"fit_id": name_fits(fits), "margin": 1.0}
    return Summary(table, xr.concat(draws, "scenario").assign_attrs(told))


def find_broken_joint_limits(summary: Summary, fits: Fits, joint: JointSpec) -> list[str]:
    """Hold plans against what was asked for.

    Parameters
    ----------
    summary : Summary
        From `summarize_joint_budget`.
    fits : mapping of str to ConvergedFit
        Of the same fits.
    joint : JointSpec
        The models together.

    Returns
    -------
    list of str
        One sentence for each limit that is not kept.
    """
    table = summary.table
    return [
        f"{name}: {words}"
        for name, plan in limit_joint_plans(fits, joint).items()
        for words in plan.limits.list_breaches(
            table.loc[table["scenario"] == name, "spend"].to_numpy()
        )
    ]


def _spread_evenly(fits: Fits, joint: JointSpec, plan: JointPlan) -> JointWindow:
    """Open the window of a plan as it is for today's plan, which spends evenly."""
    if plan.scenario.phasing == "even":
        return plan.window
    evenly = plan.scenario.model_copy(update={"phasing": "even"})
    return open_joint_window(fits, joint, evenly)


def _tell(
    name: str, plan: JointPlan, even: JointWindow, money: np.ndarray
) -> tuple[pd.DataFrame, xr.Dataset]:
    """Measure a plan beside today's, with all draws."""
    window, both = plan.window, np.array([plan.window.current, money])
    pairs = ((even, both[:1]), (window, both[1:]))
    told = [one.respond(plans) for one, plans in pairs]
    left, outcomes = (np.concatenate(parts) for parts in zip(*told, strict=True))
    marginal = np.concatenate([_measure_marginal(one, plans) for one, plans in pairs])
    spend = money[:, None]
    table = pd.DataFrame(
        {
            "scenario": name,
            "channel": window.channels,
            "models": [", ".join(line.models) for line in window.lines],
            "spend_current": both[0],
            "spend": money,
            "response_current": left[0].mean(axis=-1),
            **_summarize(left[1], "response"),
            **_summarize(left[1] / np.where(spend > 0, spend, np.nan), "roas"),
            "marginal_current": marginal[0].mean(axis=-1),
            **_summarize(marginal[1], "marginal"),
            "is_observed": money <= window.seen * (1 + 1e-9),
        }
    )
    return table, _keep_draws(name, plan, money, left, outcomes)


def _measure_marginal(window: JointWindow, plans: np.ndarray) -> np.ndarray:
    """Measure what the next unit of money on each line would leave, in every draw.

    Shape (plans, lines, samples).
    """

    def respond(money: np.ndarray) -> np.ndarray:
        left: np.ndarray = window.respond(money)[0].sum(axis=1)
        return left

    typical = np.maximum(plans.mean(axis=1, keepdims=True), 1e-9)
    step = STEP * np.where(plans > 0, plans, typical)
    now = respond(plans)
    slopes = []
    for line in range(plans.shape[1]):
        ahead = plans.copy()
        ahead[:, line] += step[:, line]
        slopes.append((respond(ahead) - now) / step[:, line, None])
    return np.stack(slopes, axis=1)


def _keep_draws(
    name: str, plan: JointPlan, money: np.ndarray, left: np.ndarray, outcomes: np.ndarray
) -> xr.Dataset:
    """Label the draws of a plan, and what is told of it as a whole."""
    scenario, window, total = plan.scenario, plan.window, left.sum(axis=1)
    utilities = [
        compute_utility(scenario.utility, one, scenario.confidence) for one in (total[1], total[0])
    ]
    told = {
        "budget": plan.limits.budget,
        "periods": scenario.periods,
        "held": ", ".join(plan.limits.list_held(money)),
        "note": "",
        "utility": utilities[0],
        "utility_current": utilities[1],
        "start": f"{window.parts[0].window.dates[0]:%Y-%m-%d}",
    }
    lines, models = ("scenario", "channel", "sample"), ("scenario", "model", "sample")
    return xr.Dataset(
        {
            "response": (lines, left[1:]),
            "response_current": (lines, left[:1]),
            "outcome": (models, outcomes[1:]),
            "outcome_current": (models, outcomes[:1]),
            **{word: ("scenario", [value]) for word, value in told.items()},
        },
        coords={
            "scenario": [name],
            "channel": window.channels,
            "model": [part.outcome.model for part in window.parts],
        },
    )


def _summarize(draws: np.ndarray, name: str) -> dict[str, np.ndarray]:
    """Take the mean and the 5-95 % interval over the last axis."""
    lower, upper = np.quantile(draws, [LOWER, UPPER], axis=-1)
    return {name: draws.mean(axis=-1), f"{name}_lower": lower, f"{name}_upper": upper}

"""A plan is accepted: laid out in time, with what the fit expects of it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.comparison import sum_up_levers
from mmm_pipeline.decision.conditions import lay_out
from mmm_pipeline.decision.register import SCENARIOS, AcceptedPlan, PlanRecord
from mmm_pipeline.decision.window import Window
from mmm_pipeline.errors import ScenarioError, StaleFitError, suggest
from mmm_pipeline.evidence.outlook import draw_outlook
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS, UPPER, Summary
from mmm_pipeline.model.identity import digest_text
from mmm_pipeline.spec import Scenario

MOST_DRAWS = 1000
"""About how many draws of what is expected are kept with a plan."""


@dataclass(frozen=True)
class Acceptance:
    """That somebody accepts a plan.

    Attributes
    ----------
    scenario : str
        Which.
    start : datetime.date or None
        First day of its window, where it is not the scenario's own.
    accepted_at : datetime.datetime
        When, UTC.
    run_id : str
        Dagster's run that does it.
    note : str
        What is said about it.
    """

    scenario: str
    start: dt.date | None
    accepted_at: dt.datetime
    run_id: str
    note: str = ""


def accept_plan(fit: ConvergedFit, plans: Summary, acceptance: Acceptance) -> AcceptedPlan:
    """Lay a plan out in time, and write down what the fit expects of it.

    Until the plan begins, today's plan goes on. What is not planned is as
    `mmm_pipeline.decision.conditions.lay_out` says.

    Parameters
    ----------
    fit : ConvergedFit
        The fit that the plans were made with.
    plans : Summary
        From `summarize_scenarios`, its table with the attribute `SCENARIOS`.
    acceptance : Acceptance
        Which plan, and who says so.

    Returns
    -------
    AcceptedPlan

    Raises
    ------
    StaleFitError
        If the plans do not say what was asked for.
    ScenarioError
        If there is no such plan, or its first day is no period's after the data.
    """
    name, scenario = acceptance.scenario, find_scenario(plans, acceptance.scenario)
    if acceptance.start is not None:
        scenario = scenario.model_copy(update={"start": acceptance.start})
    window = Window(fit, scenario, 1)
    table = plans.table[plans.table["scenario"] == name]
    schedule = window.schedule(table["spend"].to_numpy())
    dates = pd.DatetimeIndex(schedule["date"].to_numpy())
    features = lay_out(fit, scenario, schedule)
    seed = fit.spec.sampling.seed
    arrays = schedule.assign(expected=expect_total(fit, features, dates, seed))
    total = sum_up_levers(plans, name, "response")
    lower, upper = np.quantile(total, [LOWER, UPPER]).tolist()
    said = {
        "scenario": name,
        "words": scenario.model_dump(mode="json"),
        "fit_id": fit.fit_id,
        "model_part": fit.spec.model_part(),
        "start": window.dates[0].date().isoformat(),
        "end": window.dates[-1].date().isoformat(),
        "seed": seed,
        "response": float(total.mean()),
        "response_lower": lower,
        "response_upper": upper,
        "accepted_at": acceptance.accepted_at.isoformat(),
        "run_id": acceptance.run_id,
        "note": acceptance.note,
    }
    record = PlanRecord.model_validate({"plan_id": digest_text(said), **said})
    return AcceptedPlan(record, arrays)


def find_scenario(plans: Summary, name: str) -> Scenario:
    """Find a scenario among those that were planned.

    Parameters
    ----------
    plans : Summary
        From `summarize_scenarios`, its table with the attribute `SCENARIOS`.
    name : str
        Which.

    Returns
    -------
    Scenario

    Raises
    ------
    StaleFitError
        If the plans do not say what was asked for.
    ScenarioError
        If it was not planned.
    """
    known: Mapping[str, Any] | None = plans.table.attrs.get(SCENARIOS)
    if known is None:
        message = (
            "The plans must say what was asked for; an earlier version made them. Materialise "
            "budget_scenarios again."
        )
        raise StaleFitError(message)
    if name not in known:
        message = (
            f"`scenario` must name a plan of budget_scenarios; {name!r} is none. There are: "
            f"{', '.join(known) or 'none'}.{suggest(name, known)}"
        )
        raise ScenarioError(message)
    return Scenario.model_validate(known[name])


def expect_total(
    fit: ConvergedFit, features: xr.Dataset, dates: pd.DatetimeIndex, seed: int
) -> xr.DataArray:
    """Draw the target of all cells together, noise included.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    features : xarray.Dataset
        Of its dates and those that follow.
    dates : pandas.DatetimeIndex
        Which are asked for.
    seed : int
        Of the noise.

    Returns
    -------
    xarray.DataArray, dims ``(sample, date)``
        Target units, `MOST_DRAWS` draws or somewhat less.
    """
    asked = features["date"].sel(date=dates)
    drawn = draw_outlook(fit, features, asked, most=MOST_DRAWS, seed=seed)
    total = drawn.sum(list(fit.spec.data.panel)).transpose(*SAMPLE_DIMS, "date")
    values = total.to_numpy().reshape(-1, len(dates))
    return xr.DataArray(values, dims=("sample", "date"), coords={"date": dates})

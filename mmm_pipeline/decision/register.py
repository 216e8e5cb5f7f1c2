"""Plans that were accepted: what is kept of each, which counts when, and which is stale."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import AwareDatetime, BaseModel, ConfigDict

from mmm_pipeline.spec import ModelSpec
from mmm_pipeline.spec.changes import list_changes

SCENARIOS = "scenarios"
"""Attribute of a table of plans: the scenarios, in the words of the spec, by name."""


class PlanRecord(BaseModel):
    """What is said of a plan that was accepted.

    Attributes
    ----------
    plan_id : str
        Its name, which follows from all the rest.
    scenario : str
        Name of the scenario.
    words : dict
        The scenario, in the words of the spec.
    fit_id : str
        The fit it was planned with.
    model_part : dict
        What of that fit's spec decides the posterior.
    start, end : datetime.date
        First days of its first and last period.
    seed : int
        Of the noise in what is expected.
    response, response_lower, response_upper : float
        What its spend was to bring, carry-out included: target units, mean and 5-95 % interval.
    accepted_at : datetime.datetime
        When it was accepted, UTC.
    run_id : str
        Dagster's run that did it.
    note : str
        What was said about it.
    """

    model_config = ConfigDict(frozen=True)

    plan_id: str
    scenario: str
    words: dict[str, Any]
    fit_id: str
    model_part: dict[str, Any]
    start: dt.date
    end: dt.date
    seed: int
    response: float
    response_lower: float
    response_upper: float
    accepted_at: AwareDatetime
    run_id: str
    note: str = ""


@dataclass(frozen=True)
class AcceptedPlan:
    """A plan that was accepted, with all it is held to.

    Attributes
    ----------
    record : PlanRecord
        What is said of it.
    arrays : xarray.Dataset
        ``spend`` and ``exposure (date, ..., channel)`` of the bought media, and ``expected (sample,
        date)``, draws of the target with noise, cells added up; from the first period after the
        fit's data to the plan's last.
    """

    record: PlanRecord
    arrays: xr.Dataset

    @property
    def dates(self) -> pd.DatetimeIndex:
        """First days of its periods."""
        dates = pd.DatetimeIndex(self.arrays["date"].to_numpy())
        return dates[dates >= pd.Timestamp(self.record.start)]


def share_out(plans: Sequence[AcceptedPlan]) -> dict[str, pd.DatetimeIndex]:
    """Give each date to the plan that was accepted last among those whose window holds it.

    Parameters
    ----------
    plans : sequence of AcceptedPlan
        In any order.

    Returns
    -------
    dict of str to pandas.DatetimeIndex
        By `plan_id`, first accepted first: the dates on which each counts, none where it is wholly
        superseded.
    """
    order = sorted(plans, key=lambda plan: plan.record.accepted_at)
    shares = {}
    for place, plan in enumerate(order):
        is_free = np.ones(len(plan.dates), dtype=bool)
        for later in order[place + 1 :]:
            is_free &= (plan.dates < later.dates[0]) | (plan.dates > later.dates[-1])
        shares[plan.record.plan_id] = plan.dates[is_free]
    return shares


def find_in_force(shares: Mapping[str, pd.DatetimeIndex], last: pd.Timestamp) -> str | None:
    """Find the plan that counts next, once the data end.

    Parameters
    ----------
    shares : mapping of str to pandas.DatetimeIndex
        From `share_out`.
    last : pandas.Timestamp
        First day of the last period of the data.

    Returns
    -------
    str or None
        Its `plan_id`; None where no plan reaches beyond the data.
    """
    following = {name: dates[dates > last] for name, dates in shares.items()}
    first = {name: dates[0] for name, dates in following.items() if len(dates)}
    return min(first, key=lambda name: first[name]) if first else None


def list_stale(
    plan: PlanRecord, spec: ModelSpec, promoted: tuple[str, dt.datetime] | None
) -> list[str]:
    """Say why a plan is no longer what the model would plan.

    Parameters
    ----------
    plan : PlanRecord
        The plan in force.
    spec : ModelSpec
        The model as it is said to be now.
    promoted : tuple of str and datetime.datetime, or None
        The promoted fit and since when, if any is.

    Returns
    -------
    list of str
        A sentence for a fit that is promoted in place of the plan's, and one for a model that was
        changed since; none if the plan is up to date.
    """
    what = f"The plan in force, {plan.scenario!r} of {plan.accepted_at:%Y-%m-%d}"
    words = []
    if promoted is not None and promoted[0] != plan.fit_id:
        words.append(
            f"{what}, was made with fit {plan.fit_id}; fit {promoted[0]} is promoted, since "
            f"{promoted[1]:%Y-%m-%d}. Plan with that one (materialise budget_scenarios with `fit: "
            f"promoted`) and launch {spec.name}__accept_plan, or promote {plan.fit_id} again."
        )
    if changes := list_changes(plan.model_part, spec.model_part()):
        words.append(
            f"{what}, was made with another model: {'; '.join(changes)}. Fit and plan anew, and "
            f"launch {spec.name}__accept_plan."
        )
    return words

"""Plans against what came: what was spent otherwise, and what responded otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.acceptance import expect_total
from mmm_pipeline.decision.ahead import (
    align_actual,
    continue_features,
    list_actual_conditions,
    list_actual_media,
    list_planned_media,
    overwrite,
)
from mmm_pipeline.decision.register import AcceptedPlan, share_out
from mmm_pipeline.decision.standing import PARTS, SPEND, TARGET, Outlook, find_shown, sum_up
from mmm_pipeline.errors import GateError
from mmm_pipeline.gate import ConvergedFit

BANDS = (50, 80, 90)
"""Probabilities of the intervals of what was expected, per cent; tails are equal."""
COLUMNS = [
    *("plan_id", "scenario", "date", "quantity", "channel"),
    *("planned", "actual", *(f"{side}_{band}" for band in BANDS for side in ("lower", "upper"))),
    *("planned_so_far", "actual_so_far"),
    *(f"{side}_{band}_so_far" for band in BANDS for side in ("lower", "upper")),
    *("given_actual", *PARTS),
]
"""Columns of the table."""


def track_plans(
    plans: Sequence[AcceptedPlan],
    actual: xr.Dataset,
    fits: Mapping[str, ConvergedFit | str],
) -> pd.DataFrame:
    """Hold every accepted plan against what came, on the dates on which it counts.

    Parameters
    ----------
    plans : sequence of AcceptedPlan
        In any order.
    actual : xarray.Dataset
        Features of all the data there are now.
    fits : mapping of str to ConvergedFit or str
        By `fit_id`, the fits the plans were made with; or, where one may not be read, why.

    Returns
    -------
    pandas.DataFrame
        By plan and date, a row for the target and one for the spend of each bought channel, cells
        added up: `COLUMNS`. ``planned`` of the target is the mean of what was expected, with its
        predictive intervals; ``actual`` is NaN until it has come. ``_so_far`` adds up from the
        plan's first date on which it counts. ``given_actual`` is what the plan's fit expects,
        given what was really spent, and ``actual - planned`` is ``by_conditions + by_spend +
        by_response``; NaN where the fit may not be read. Money and target units. Attributes:
        ``plans``, a record per plan, see `sum_up`, and ``shown``, see `find_shown`.
    """
    tables, records = [], []
    for name, dates in share_out(plans).items():
        if not len(dates):
            continue
        plan = next(one for one in plans if one.record.plan_id == name)
        outlook = forecast(plan, actual, fits[plan.record.fit_id], dates)
        why = outlook if isinstance(outlook, str) else ""
        expected = plan.arrays["expected"].sel(date=dates)
        seen = None if isinstance(outlook, str) else outlook.on(dates)
        tables.append(_tabulate(plan, actual, expected, seen))
        records.append(sum_up(plan, tables[-1], expected, seen) | {"why_not": why})
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    table = table[COLUMNS]
    table.attrs |= {"plans": records, "shown": find_shown(records)}
    return table


def forecast(
    plan: AcceptedPlan,
    actual: xr.Dataset,
    fit: ConvergedFit | str,
    dates: pd.DatetimeIndex,
) -> Outlook | str:
    """Ask a plan's fit what it expects, given what was really spent.

    Parameters
    ----------
    plan : AcceptedPlan
        The plan.
    actual : xarray.Dataset
        Features of all the data there are now.
    fit : ConvergedFit or str
        The fit it was made with; or, where it may not be read, why.
    dates : pandas.DatetimeIndex
        On which the plan counts.

    Returns
    -------
    Outlook or str
        Why there is none, where the fit may not be read or is not of such data.
    """
    planned = plan.arrays["expected"]
    if isinstance(fit, str):
        return fit
    if actual["date"].to_numpy()[-1] < dates[0]:
        return Outlook(planned, planned, planned)
    ahead = pd.DatetimeIndex(plan.arrays["date"].to_numpy())
    try:
        came = align_actual(fit, actual, ahead)
    except GateError as error:
        return str(error)
    seed, conditions = plan.record.seed, list_actual_conditions(fit, came)
    features = overwrite(continue_features(fit, ahead), list_planned_media(fit, plan.arrays))
    given = planned
    if conditions:
        features = overwrite(features, conditions)
        given = expect_total(fit, features, ahead, seed)
    features = overwrite(features, list_actual_media(fit, came))
    return Outlook(planned, given, expect_total(fit, features, ahead, seed))


def _tabulate(
    plan: AcceptedPlan, actual: xr.Dataset, expected: xr.DataArray, outlook: Outlook | None
) -> pd.DataFrame:
    """Put a plan into rows: the target's, then each channel's spend, by date."""
    dates = pd.DatetimeIndex(expected["date"].to_numpy())
    cells = list(actual["target"].dims[1:])
    came = actual[["target", "spend"]].sum(cells).reindex(date=dates)
    own = [dim for dim in plan.arrays["spend"].dims if dim not in {"date", "channel"}]
    planned = plan.arrays["spend"].sel(date=dates).sum(own)
    spent = came["spend"].reindex(channel=planned["channel"])
    target = pd.DataFrame(
        {
            "date": dates,
            "quantity": TARGET,
            "channel": "",
            "planned": expected.mean("sample").to_numpy(),
            "actual": came["target"].to_numpy(),
            **_bands(expected, ""),
            **_bands(expected.cumsum("date"), "_so_far"),
            **_split(came["target"], outlook),
        }
    )
    spend = [
        pd.DataFrame(
            {
                "date": dates,
                "quantity": SPEND,
                "channel": str(channel),
                "planned": planned.sel(channel=channel).to_numpy(),
                "actual": spent.sel(channel=channel).to_numpy(),
            }
        )
        for channel in planned["channel"].to_numpy()
    ]
    table = pd.concat([_add_up(one) for one in (target, *spend)], ignore_index=True)
    record = plan.record
    return table.assign(plan_id=record.plan_id, scenario=record.scenario).reindex(columns=COLUMNS)


def _add_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up what was planned and what came, date after date."""
    so_far = {f"{name}_so_far": rows[name].cumsum(skipna=False) for name in ("planned", "actual")}
    return rows.assign(**so_far)


def _bands(draws: xr.DataArray, suffix: str) -> dict[str, np.ndarray]:
    """Compute the bounds of the predictive intervals, date by date."""
    levels = {
        f"{side}_{band}{suffix}": 0.5 + sign * band / 200
        for band in BANDS
        for side, sign in (("lower", -1), ("upper", 1))
    }
    bounds = draws.quantile(list(levels.values()), dim="sample").to_numpy()
    return dict(zip(levels, bounds, strict=True))


def _split(came: xr.DataArray, outlook: Outlook | None) -> dict[str, Any]:
    """Split what came otherwise into what was spent otherwise and what responded otherwise."""
    if outlook is None:
        return dict.fromkeys(("given_actual", *PARTS), np.nan)
    means = {name: one.mean("sample").to_numpy() for name, one in vars(outlook).items()}
    return {
        "given_actual": means["actual"],
        "by_conditions": means["conditions"] - means["planned"],
        "by_spend": means["actual"] - means["conditions"],
        "by_response": came.to_numpy() - means["actual"],
    }

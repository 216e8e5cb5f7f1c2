"""How accepted plans stand: what was spent and what came, so far, and what of it stands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.register import AcceptedPlan
from mmm_pipeline.insight.summary import LOWER, UPPER

OFF_PLAN = 0.1
"""Share of its planned spend by which a channel is off the plan."""
TARGET, SPEND = "target", "spend"
"""What rows speak of."""
PARTS = ("by_conditions", "by_spend", "by_response")
"""What the deviation of the target is made of."""


@dataclass(frozen=True)
class Outlook:
    """What a plan's fit expects, given more and more of what came.

    Attributes
    ----------
    planned : xarray.DataArray, dims ``(sample, date)``
        As it was kept with the plan.
    conditions : xarray.DataArray, dims ``(sample, date)``
        Controls, and media that are not bought, being as they really were.
    actual : xarray.DataArray, dims ``(sample, date)``
        Spend being as it really was, too. From the end of the data on the plan is kept to.
    """

    planned: xr.DataArray
    conditions: xr.DataArray
    actual: xr.DataArray

    def on(self, dates: pd.DatetimeIndex) -> "Outlook":
        """Keep some dates.

        Parameters
        ----------
        dates : pandas.DatetimeIndex
            First days of periods.

        Returns
        -------
        Outlook
        """
        return Outlook(*(one.sel(date=dates) for one in vars(self).values()))


def sum_up(
    plan: AcceptedPlan, table: pd.DataFrame, expected: xr.DataArray, outlook: Outlook | None
) -> dict[str, Any]:
    """Say how a plan stands.

    Parameters
    ----------
    plan : AcceptedPlan
        The plan.
    table : pandas.DataFrame
        Its rows.
    expected : xarray.DataArray, dims ``(sample, date)``
        As it was kept, on the dates on which it counts.
    outlook : Outlook or None
        What its fit expects of these dates, if it may be read.

    Returns
    -------
    dict
        ``plan_id, scenario, fit_id, accepted_at, note, start, end`` of the dates on which it
        counts, ``n_dates``, ``n_known`` of them; over those that are known ``spend_planned,
        spend_actual, planned, actual`` (target), the 90 % interval of what was expected ``lower,
        upper``, the `PARTS`, and the interval given what was really spent, ``given_lower,
        given_upper``; over all dates ``whole`` with its interval, and ``whole_now``, given what
        came so far; ``words``, what stands out. NaN is None.
    """
    target = table[table["quantity"] == TARGET]
    spend = table[table["quantity"] == SPEND]
    is_known = target["actual"].notna().to_numpy()
    record = plan.record
    facts: dict[str, Any] = {
        **{name: getattr(record, name) for name in ("plan_id", "scenario", "fit_id", "note")},
        "accepted_at": record.accepted_at.isoformat(),
        "start": f"{target['date'].iloc[0]:%Y-%m-%d}",
        "end": f"{target['date'].iloc[-1]:%Y-%m-%d}",
        "n_dates": len(target),
        "n_known": int(is_known.sum()),
        "spend_planned": spend.loc[spend["actual"].notna(), "planned"].sum(),
        "spend_actual": spend["actual"].sum(),
        "planned": target["planned"][is_known].sum(),
        "actual": target["actual"].sum(),
        **_bound("", expected[:, is_known]),
        **{part: target[part][is_known].sum(min_count=1) for part in PARTS},
        **_bound("given_", outlook.actual[:, is_known] if outlook else None),
        "whole": target["planned"].sum(),
        **_bound("whole_", expected),
        "whole_now": target["actual"].fillna(target["given_actual"]).sum(skipna=False),
    }
    facts = {name: _tell(value) for name, value in facts.items()}
    return facts | {"words": list_flags(facts, table) if is_known.any() else []}


def list_flags(facts: Mapping[str, Any], table: pd.DataFrame) -> list[str]:
    """Say what stands out of a plan against what came.

    Parameters
    ----------
    facts : mapping of str to object
        From `sum_up`.
    table : pandas.DataFrame
        Rows of the plan.

    Returns
    -------
    list of str
        A sentence for each channel whose spend is off the plan by more than `OFF_PLAN`, one for a
        target beyond the 90 % interval of what was expected, with what the difference is made of,
        and one for a target beyond the interval given what was really spent.
    """
    words = [_tell_spend(row) for row in _list_off_plan(table)]
    actual, low, high = facts["actual"], facts["lower"], facts["upper"]
    if not low <= actual <= high:
        split = ""
        if facts["by_spend"] is not None:
            split = (
                f"; of the difference, {_write(facts['by_spend'])} is that spend was otherwise, "
                f"{_write(facts['by_conditions'])} that controls and media that are not bought "
                f"were, {_write(facts['by_response'])} that the response was"
            )
        words.append(
            f"The target so far is {_write(actual)}; the plan expected {_write(facts['planned'])} "
            f"(90 %: {_write(low)} to {_write(high)}){split}"
        )
    low, high = facts["given_lower"], facts["given_upper"]
    if low is not None and not low <= actual <= high:
        words.append(
            f"The target so far is {_write(actual)}; of what was really spent the fit expects "
            f"{_write(low)} to {_write(high)} (90 %): look at the fit, or at what it does not know"
        )
    return words


def find_shown(standings: Sequence[Mapping[str, Any]]) -> str | None:
    """Choose the plan that is spoken of first.

    Parameters
    ----------
    standings : sequence of mapping
        From `sum_up`.

    Returns
    -------
    str or None
        `plan_id` of the one whose dates end last among those that have begun; of the first one, if
        none has. None where there is no plan.
    """
    begun = [one for one in standings if one["n_known"]]
    latest = sorted(begun, key=lambda one: str(one["end"]))[-1:]
    first = sorted(standings, key=lambda one: str(one["start"]))[:1]
    return next((str(one["plan_id"]) for one in (*latest, *first)), None)


def sum_up_spend(table: pd.DataFrame) -> pd.DataFrame:
    """Add up what each channel was to spend, and spent, on the dates that are known.

    Parameters
    ----------
    table : pandas.DataFrame
        From `track_plans`, rows of one plan or of several.

    Returns
    -------
    pandas.DataFrame
        ``plan_id, channel, planned, actual``, in currency; no row where nothing is known.
    """
    known = table[(table["quantity"] == SPEND) & table["actual"].notna()]
    by = known.groupby(["plan_id", "channel"], sort=False)[["planned", "actual"]]
    return by.sum().reset_index()


def _bound(prefix: str, draws: xr.DataArray | None) -> dict[str, float]:
    """Compute the 90 % interval of a total; NaN of nothing."""
    names = (f"{prefix}lower", f"{prefix}upper")
    if draws is None or not draws.sizes["date"]:
        return dict.fromkeys(names, np.nan)
    bounds = draws.sum("date").quantile([LOWER, UPPER]).to_numpy()
    return dict(zip(names, bounds.tolist(), strict=True))


def _tell(value: Any) -> Any:
    """Turn a number into one that JSON knows."""
    if isinstance(value, float):
        return float(value) if np.isfinite(value) else None
    return value


def _list_off_plan(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Find channels whose spend is off the plan; what is small against all of it is let be."""
    totals = sum_up_spend(table)
    off = (totals["actual"] - totals["planned"]).abs()
    is_off = (off > OFF_PLAN * totals["planned"]) & (off > OFF_PLAN**2 * totals["planned"].sum())
    return [
        {str(key): one for key, one in row.items()} for row in totals[is_off].to_dict("records")
    ]


def _tell_spend(row: Mapping[str, Any]) -> str:
    """Say how far a channel is off the plan."""
    spent, planned = row["actual"], row["planned"]
    if planned <= 0:
        return f"{_write(spent)} is spent on {row['channel']} so far; nothing was planned"
    return (
        f"{_write(spent)} is spent on {row['channel']} so far, {spent / planned - 1:+.0%} against "
        f"the {_write(planned)} that were planned"
    )


def _write(value: float) -> str:
    """Write an amount."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"

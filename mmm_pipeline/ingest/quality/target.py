"""Odd outcomes, odd controls, and a history that is short or not finished."""

import datetime as dt

import pandas as pd

from mmm_pipeline.errors import Problem
from mmm_pipeline.ingest.grain import detect_grain, extend_calendar
from mmm_pipeline.ingest.layouts.arranged import name_places, offend
from mmm_pipeline.ingest.roles import Role, list_roles
from mmm_pipeline.spec import ModelSpec

OUTLIER_IQR = 3.0
"""Interquartile ranges beyond the quartiles of its cell at which a target is an outlier."""
ZERO_TARGET_SHARE = 0.1
"""Share of rows with a target of 0 above which the outcome looks intermittent."""
TARGET_PER_SPEND = (0.1, 100.0)
"""Total target over total spend outside which one of them may be in another unit."""
YEAR_MONTHS, DAYS_PER_MONTH = 12, 30.44
"""Shortest history in which a season can be told from a trend."""
UNFINISHED_SHARE, LOOKED_BACK = 0.6, 8
"""Share of the median of the periods before, and how many, below which the last looks cut off."""


def find_target_warnings(
    frame: pd.DataFrame, spec: ModelSpec, received: dt.date | None
) -> list[Problem]:
    """Look at the target, the controls and the calendar.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.
    received : datetime.date or None
        Day on which the data were delivered.

    Returns
    -------
    list of Problem
    """
    roles = {role.column: role for role in list_roles(spec)}
    return [
        *_find_odd_targets(frame, spec, roles["target"]),
        *_find_odd_scale(frame, spec, roles["target"]),
        *_find_unfinished_period(frame, spec, received),
        *_find_short_history(frame, spec),
        *_find_not_binary(frame, spec, roles),
    ]


def _find_odd_targets(frame: pd.DataFrame, spec: ModelSpec, role: Role) -> list[Problem]:
    """Find negative, far-off and intermittent outcomes."""
    target, dims = frame["target"], list(spec.data.panel)
    by_cell = target.groupby([frame[dim] for dim in dims] if dims else [target.eq(target)])
    low, high = by_cell.transform("quantile", 0.25), by_cell.transform("quantile", 0.75)
    reach = OUTLIER_IQR * (high - low)
    masks = {
        "negative_target": (target < 0, "is negative on {places}."),
        "target_outlier": (
            (target < low - reach) | (target > high + reach),
            "lies far outside the quartiles on {places}. Name the reason as an event, if any.",
        ),
    }
    found = [
        _tell_cells(code, frame, spec, role, bad, words)
        for code, (bad, words) in masks.items()
        if bad.any()
    ]
    is_zero = target == 0
    if is_zero.mean() > ZERO_TARGET_SHARE:
        words = f"is 0 in {is_zero.mean():.0%} of the rows, on {{places}}."
        found.append(_tell_cells("zero_target", frame, spec, role, is_zero, words))
    return found


def _find_odd_scale(frame: pd.DataFrame, spec: ModelSpec, role: Role) -> list[Problem]:
    """Find a revenue that is not of the size of what was spent; a count may be of any."""
    if spec.data.kpi == "count":
        return []
    spend = sum(float(frame[f"spend_{name}"].sum()) for name in spec.spend_columns)
    if not spend:
        return []
    ratio, (low, high) = float(frame["target"].sum()) / spend, TARGET_PER_SPEND
    if low <= ratio <= high:
        return []
    message = (
        f"Total {role.name!r} is {ratio:.3g} times total spend, outside {low:g} to {high:g}. If "
        "one of them is in thousands or in another currency, say so in `data.factors`."
    )
    return [Problem("target_scale", message, role.name, role.setting)]


def _find_unfinished_period(
    frame: pd.DataFrame, spec: ModelSpec, received: dt.date | None
) -> list[Problem]:
    """Find a last period that was not over, or does not look as if it was."""
    totals = frame.groupby("date")["target"].sum()
    days = pd.DatetimeIndex(totals.index)
    grain = detect_grain(days)
    assert grain is not None  # noqa: S101  # a validated frame has one
    end = extend_calendar(days[-1], grain, 1)[0]
    before = totals.iloc[-LOOKED_BACK - 1 : -1]
    if received is not None and pd.Timestamp(received) < end and days[-1] < pd.Timestamp(received):
        why = f"it ends on {end - pd.Timedelta(days=1):%Y-%m-%d}, and was delivered on {received}"
    elif totals.iloc[-1] < min(UNFINISHED_SHARE * before.median(), before.min()):
        share = totals.iloc[-1] / before.median()
        why = f"its target is {share:.0%} of the median of the {len(before)} before"
    else:
        return []
    message = (
        f"The last {grain}, {days[-1]:%Y-%m-%d}, may not be complete: {why}. If so, say "
        f"`data.window: {{end: {days[-1] - pd.Timedelta(days=1):%Y-%m-%d}}}`."
    )
    cells = frame["target"].rename(list_roles(spec)[0].name)
    offences = offend(frame, list(spec.data.panel), cells, frame["date"] == days[-1])
    return [Problem("partial_last_period", message, spec.data.date, ("data", "date"), offences)]


def _find_short_history(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Find a history of less than a year."""
    months = (frame["date"].max() - frame["date"].min()).days / DAYS_PER_MONTH
    grain = detect_grain(pd.DatetimeIndex(frame["date"]))
    months += {"day": 1, "week": 7, "month": DAYS_PER_MONTH}[str(grain)] / DAYS_PER_MONTH
    if months >= YEAR_MONTHS:
        return []
    message = (
        f"The history covers {months:.1f} months, {frame['date'].min():%Y-%m-%d} to "
        f"{frame['date'].max():%Y-%m-%d}: less than a year, so that a season cannot be told from "
        "a trend."
    )
    return [Problem("short_history", message, spec.data.date, ("data", "date"))]


def _find_not_binary(frame: pd.DataFrame, spec: ModelSpec, roles: dict[str, Role]) -> list[Problem]:
    """Find controls that hold something else than the 0 and 1 they are said to hold."""
    found = []
    for name in [name for name, control in spec.controls.items() if control.binary]:
        bad = ~frame[name].isin((0.0, 1.0))
        if bad.any():
            words = "is said to be `binary`; it is neither 0 nor 1 on {places}."
            found.append(_tell_cells("not_binary", frame, spec, roles[name], bad, words))
    return found


def _tell_cells(
    code: str, frame: pd.DataFrame, spec: ModelSpec, role: Role, bad: pd.Series, words: str
) -> Problem:
    """Tell what a mask selects of a column."""
    offences = offend(frame, list(spec.data.panel), frame[role.column].rename(role.name), bad)
    told = words.replace("{places}", name_places(offences))
    return Problem(code, f"Column {role.name!r} {told}", role.name, role.setting, offences)

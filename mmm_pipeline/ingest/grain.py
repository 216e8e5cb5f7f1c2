"""How far apart the periods of a table are."""

from typing import Literal

import pandas as pd

type Grain = Literal["day", "week", "month"]

PERIODS_PER_YEAR: dict[Grain, int] = {"day": 364, "week": 52, "month": 12}
"""Whole periods in 52 weeks, or in twelve months."""


def detect_grain(days: pd.DatetimeIndex) -> Grain | None:
    """Recognise days, weeks or months on the distinct dates of a table.

    Parameters
    ----------
    days : pandas.DatetimeIndex
        Dates in any order, repeated or not.

    Returns
    -------
    {"day", "week", "month"} or None
        By the median step: 1 day, 7 days, or 28 to 31 days. None where it is another, or where
        there are fewer than two dates.

    Examples
    --------
    >>> detect_grain(pd.date_range("2024-01-01", periods=4, freq="W-MON"))
    'week'
    """
    steps = days.unique().sort_values().to_series().diff().dt.days.dropna()
    if steps.empty:
        return None
    median = steps.median()
    if median == 1:
        return "day"
    if median == 7:
        return "week"
    return "month" if 28 <= median <= 31 else None


def build_calendar(days: pd.DatetimeIndex, grain: Grain) -> pd.DatetimeIndex:
    """List every period between the first date and the last.

    Parameters
    ----------
    days : pandas.DatetimeIndex
        Dates in any order.
    grain : {"day", "week", "month"}
        Their distance.

    Returns
    -------
    pandas.DatetimeIndex
        Dates of the periods, in order. Months keep the day of the first date, or are all last
        days of their month if the dates given are.

    Examples
    --------
    >>> build_calendar(pd.DatetimeIndex(["2024-01-15", "2024-03-15"]), "month").day.tolist()
    [15, 15, 15]
    """
    first, last = days.min(), days.max()
    calendar = _walk(days, grain, first, (last - first).days + 2)
    return calendar[calendar <= last]


def extend_calendar(days: pd.DatetimeIndex, grain: Grain, periods: int) -> pd.DatetimeIndex:
    """List the periods that follow the last date.

    Parameters
    ----------
    days : pandas.DatetimeIndex
        Dates in any order.
    grain : {"day", "week", "month"}
        Their distance.
    periods : int
        How many are wanted, at least 1.

    Returns
    -------
    pandas.DatetimeIndex

    Examples
    --------
    >>> extend_calendar(pd.DatetimeIndex(["2024-01-01"]), "week", 2).strftime("%m-%d").tolist()
    ['01-08', '01-15']
    """
    first, last = days.min(), days.max()
    calendar = _walk(days, grain, first, (last - first).days + 2 + periods)
    return calendar[calendar > last][:periods]


def _walk(
    days: pd.DatetimeIndex, grain: Grain, first: pd.Timestamp, steps: int
) -> pd.DatetimeIndex:
    """Take steps of a grain from the first date; always from the first, so that the 31st stays."""
    if grain == "month" and days.is_month_end.all():
        return pd.DatetimeIndex(pd.date_range(first, periods=steps, freq="ME"))
    if grain == "month":
        months = range(-(-steps // 28) + 12)
        return pd.DatetimeIndex([first + pd.DateOffset(months=month) for month in months])
    return pd.DatetimeIndex(
        pd.date_range(first, periods=steps, freq={"day": "D", "week": "7D"}[grain])
    )

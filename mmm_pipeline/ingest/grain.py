"""How far apart the periods of a table are."""

import pandas as pd

from mmm_pipeline.spec import Grain, Weekday

GRAINS: tuple[Grain, ...] = ("day", "week", "month")
"""From the finest to the coarsest."""
WEEKDAYS: tuple[Weekday, ...] = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)
"""In pandas' order."""
PERIODS_PER_YEAR: dict[Grain, int] = {"day": 364, "week": 52, "month": 12}
"""Whole periods in 52 weeks, or in twelve months."""

FREQUENCY: dict[Grain, str] = {"day": "D", "week": "7D", "month": "MS"}
"""The grain in pandas' words."""


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
        First days of the periods, in order. Weeks begin on the weekday of the first date, months
        on the first.

    Examples
    --------
    >>> build_calendar(pd.DatetimeIndex(["2024-01-01", "2024-03-01"]), "month").month.tolist()
    [1, 2, 3]
    """
    return pd.DatetimeIndex(pd.date_range(days.min(), days.max(), freq=FREQUENCY[grain]))


def extend_calendar(last: pd.Timestamp, grain: Grain, periods: int) -> pd.DatetimeIndex:
    """List the periods that follow a date.

    Parameters
    ----------
    last : pandas.Timestamp
        First day of the last period known.
    grain : {"day", "week", "month"}
        Distance of the periods.
    periods : int
        How many are wanted, at least 1.

    Returns
    -------
    pandas.DatetimeIndex

    Examples
    --------
    >>> extend_calendar(pd.Timestamp("2024-01-01"), "week", 2).strftime("%m-%d").tolist()
    ['01-08', '01-15']
    """
    return pd.DatetimeIndex(pd.date_range(last, periods=periods + 1, freq=FREQUENCY[grain])[1:])


def floor_dates(days: pd.Series, grain: Grain, week_start: Weekday) -> pd.Series:
    """Find the first day of the period that each date lies in.

    Parameters
    ----------
    days : pandas.Series
        Dates.
    grain : {"day", "week", "month"}
        Length of the periods.
    week_start : {"monday", ..., "sunday"}
        First day of a week.

    Returns
    -------
    pandas.Series

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2024-01-31", "2024-02-04"]))
    >>> floor_dates(days, "week", "sunday").dt.strftime("%m-%d").tolist()
    ['01-28', '02-04']
    """
    if grain == "day":
        return days
    if grain == "month":
        late = days.dt.day - 1
    else:
        late = (days.dt.day_of_week - WEEKDAYS.index(week_start)) % 7
    starts: pd.Series = days - pd.to_timedelta(late, unit="D")
    return starts

"""What the calendar knows: events, months, public holidays."""

import datetime as dt
from collections.abc import Iterable

import holidays
import numpy as np
import pandas as pd

from mmm_pipeline.errors import DataError, Problem, shorten, suggest
from mmm_pipeline.ingest.grain import detect_grain, extend_calendar
from mmm_pipeline.spec import Event, EventWindow, ModelSpec

LANGUAGE = "en_US"
"""Of the names of holidays, where the library has them in it."""


def mark_events(spec: ModelSpec, dates: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Make a column of 0 and 1 for each event.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    dates : pandas.DatetimeIndex
        First days of the periods, in order, each once.

    Returns
    -------
    dict of str to numpy.ndarray
        1.0 in the periods of which a day is one of the event's; for months, in those that begin
        in them.

    Raises
    ------
    DataError
        If a country or a holiday is not known, or an event is on in no period, or in all.
    """
    columns: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    for name, event in spec.events.items():
        try:
            columns[name] = _mark(name, event, dates)
        except DataError as error:
            problems += error.problems
            continue
        if columns[name].min() == columns[name].max():
            problems.append(_tell_idle(name, dates))
    if problems:
        raise DataError(problems)
    return columns


def _mark(name: str, event: Event, dates: pd.DatetimeIndex) -> np.ndarray:
    """Mark one event."""
    if event.months:
        return dates.month.isin(event.months).astype(float)
    grain = detect_grain(dates)
    assert grain is not None  # noqa: S101  # a validated frame has one
    ends = dates[1:].append(extend_calendar(dates[-1], grain, 1))
    windows: Iterable[dt.date | EventWindow] = event.days
    if event.country:
        reach = pd.Timedelta(days=event.before + event.after)
        years = ((dates[0] - reach).year, (ends[-1] + reach).year)
        windows = _list_holidays(name, event, *years)
    is_on = np.zeros(len(dates), dtype=bool)
    for window in windows:
        first, last = (
            (window.start, window.end) if isinstance(window, EventWindow) else (window, window)
        )
        begin = pd.Timestamp(first) - pd.Timedelta(days=event.before)
        end = pd.Timestamp(last) + pd.Timedelta(days=event.after)
        is_on |= np.asarray((dates <= end) & (ends > begin))
    return is_on.astype(float)


def _list_holidays(name: str, event: Event, first: int, last: int) -> list[dt.date]:
    """List the days of a country's public holidays, or of those that are named."""
    setting = ("events", name, "country")
    years = range(first, last + 1)
    try:
        found = holidays.country_holidays(
            str(event.country), subdiv=event.region, years=years, language=LANGUAGE
        )
    except NotImplementedError as error:
        message = f"`events.{name}` must name a country and region that are known: {error}."
        problem = Problem("unknown_holiday", message, setting=setting, is_of_spec=True)
        raise DataError([problem]) from None
    names = {day: found.get_list(day) for day in found}
    known = sorted({one for several in names.values() for one in several})
    if unknown := [one for one in event.only or () if one not in known]:
        message = (
            f"`events.{name}.only` must name holidays of {event.country}; {unknown[0]!r} is none "
            f"in {first} to {last}. There are: {shorten(known, shown=40)}."
            f"{suggest(unknown[0], known)}"
        )
        setting = ("events", name, "only")
        raise DataError([Problem("unknown_holiday", message, setting=setting, is_of_spec=True)])
    wanted = set(event.only or known)
    return sorted(day for day, several in names.items() if wanted & set(several))


def _tell_idle(name: str, dates: pd.DatetimeIndex) -> Problem:
    """Say that an event cannot be told from the baseline."""
    message = (
        f"`events.{name}` must be on in some periods of the data and off in others; between "
        f"{dates[0]:%Y-%m-%d} and {dates[-1]:%Y-%m-%d} it never changes. Correct its days, or "
        "remove it."
    )
    return Problem("idle_event", message, setting=("events", name), is_of_spec=True)

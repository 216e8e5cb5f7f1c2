"""From the rows of the source to one row per period and cell of the model."""

from collections.abc import Sequence

import pandas as pd

from mmm_pipeline.errors import Offence, Problem, shorten
from mmm_pipeline.ingest.grain import GRAINS, detect_grain, extend_calendar, floor_dates
from mmm_pipeline.ingest.layouts.arranged import name_places, offend
from mmm_pipeline.ingest.roles import Role, list_roles
from mmm_pipeline.spec import Grain, ModelSpec


def sum_over_cells(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Bring together the rows that differ only in what the spec adds up over.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``date``, the dims, and a column for each role; complete.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        ``date``, the panel's dims, and the roles: amounts added up, controls by their
        `aggregate`.
    """
    if not spec.data.sum_over:
        return frame
    return _aggregate(frame, ["date", *spec.data.panel], list_roles(spec), order="date")


def find_mixed_population(frame: pd.DataFrame, spec: ModelSpec, source: str) -> list[Problem]:
    """Tell people that differ between rows which are added up to one cell.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``date``, the dims, and a column for each role.
    spec : ModelSpec
        The model.
    source : str
        What the source is called in a message.

    Returns
    -------
    list of Problem
        ``bad_population``, or none.
    """
    column = spec.data.population
    if column is None or not spec.data.sum_over:
        return []
    keys = ["date", *spec.data.panel]
    bad = frame.groupby(keys)["population"].transform("nunique") > 1
    if not bad.any():
        return []
    offences = offend(frame, list(spec.data.panel), frame["population"].rename(column), bad)
    message = (
        f"{source}: column {column!r} must hold the same number in all rows of a period and cell; "
        f"it differs on {name_places(offences)}. Deliver the people of the whole cell."
    )
    return [Problem("bad_population", message, column, ("data", "population"), offences)]


def find_grain_problem(days: pd.Series, spec: ModelSpec, source: str) -> list[Problem]:
    """Tell a source that cannot be brought to the grain that the spec asks for.

    Parameters
    ----------
    days : pandas.Series
        Dates of the source, regular.
    spec : ModelSpec
        The model.
    source : str
        What the source is called in a message.

    Returns
    -------
    list of Problem
        ``grain_mismatch``, or none.
    """
    found = detect_grain(pd.DatetimeIndex(days.dropna()))
    asked, first = spec.data.grain, spec.data.week_start
    if found == "week" and first and (begins := days.min().day_name().lower()) != first:
        message = (
            f"`data.week_start` must be {begins!r}, or left out: the weeks of {source} begin on a "
            f"{begins}, and only days can be brought to other weeks."
        )
        setting = ("data", "week_start")
        return [Problem("grain_mismatch", message, spec.data.date, setting, is_of_spec=True)]
    if asked is None or found is None or found == asked:
        return []
    if GRAINS.index(found) > GRAINS.index(asked):
        why = f"a {asked} is shorter than a {found}"
    elif found == "week":
        why = "weeks do not add up to months"
    else:
        return []
    message = (
        f"`data.grain` must be that of {source} or a coarser one that it adds up to; it steps by "
        f"{found}s, and {why}. Ask for {found}s, or deliver days."
    )
    return [Problem("grain_mismatch", message, spec.data.date, ("data", "grain"), is_of_spec=True)]


def resample(frame: pd.DataFrame, spec: ModelSpec) -> tuple[pd.DataFrame, list[Problem]]:
    """Bring days to the weeks or months that the spec asks for; keep whole ones only.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``date``, the panel's dims, and a column for each role; complete and regular.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        The same columns, one row per period and cell.
    list of Problem
        ``partial_periods``: what was left out at the ends, if anything.
    """
    days = pd.DatetimeIndex(frame["date"])
    found, asked = detect_grain(days), spec.data.grain
    if asked is None or found is None or asked == found:
        return frame, []
    starts = floor_dates(frame["date"], asked, spec.data.week_start or "monday")
    first, last = frame["date"].min(), frame["date"].max()
    end = extend_calendar(starts.max(), asked, 1)[0]
    is_whole = (starts >= first) & ((starts < starts.max()) | (end <= last + pd.Timedelta(days=1)))
    dropped = frame.loc[~is_whole, "date"].drop_duplicates().sort_values()
    whole = frame.assign(date=starts)[is_whole]
    keys = ["date", *spec.data.panel]
    whole = whole.assign(_order=days[is_whole])
    resampled = _aggregate(whole, keys, list_roles(spec), order="_order")
    return resampled, _note_dropped(dropped, asked, spec)


def keep_last(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Keep as many periods as the spec asks for, the last ones.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``date``.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
    """
    if spec.data.window.periods is None:
        return frame
    kept = sorted(frame["date"].dropna().unique())[-spec.data.window.periods :]
    return frame[frame["date"].isin(kept)]


def _aggregate(
    frame: pd.DataFrame, keys: Sequence[str], roles: Sequence[Role], order: str
) -> pd.DataFrame:
    """Bring rows with the same keys together, each column in its own way."""
    by_date = frame.sort_values(order, kind="stable")
    how = {role.column: role.aggregate for role in roles}
    brought: pd.DataFrame = by_date.groupby(list(keys), as_index=False).agg(how)
    return brought


def _note_dropped(dropped: pd.Series, grain: Grain, spec: ModelSpec) -> list[Problem]:
    """Say which days belong to periods that have not been delivered as a whole."""
    if dropped.empty:
        return []
    named = dropped.dt.strftime("%Y-%m-%d").tolist()
    message = (
        f"{len(named)} days belong to {grain}s that were not delivered as a whole, and were left "
        f"out: {shorten(named)}."
    )
    offences = tuple(Offence(day, spec.data.date, f"part of a {grain}") for day in named)
    return [Problem("partial_periods", message, spec.data.date, ("data", "grain"), offences)]

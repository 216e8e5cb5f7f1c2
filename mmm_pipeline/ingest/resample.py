"""From the rows of the source to one row per period and cell of the model."""

from collections.abc import Sequence

import pandas as pd

from mmm_pipeline.errors import Offence, Problem, shorten
from mmm_pipeline.ingest.grain import GRAINS, detect_grain, extend_calendar, floor_dates
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
    return _aggregate(frame, ["date", *spec.data.panel], list_roles(spec))


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
        ``grain_too_coarse``, or none.
    """
    found = detect_grain(pd.DatetimeIndex(days.dropna()))
    asked = spec.data.grain
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
    starts = floor_dates(frame["date"], asked, spec.data.week_start)
    first, last = frame["date"].min(), frame["date"].max()
    end = extend_calendar(starts.max(), asked, 1)[0]
    is_whole = (starts >= first) & ((starts < starts.max()) | (end <= last + pd.Timedelta(days=1)))
    dropped = frame.loc[~is_whole, "date"].drop_duplicates().sort_values()
    whole = frame.assign(date=starts)[is_whole]
    keys = ["date", *spec.data.panel]
    resampled = _aggregate(whole.assign(order=days[is_whole]), keys, list_roles(spec))
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


def _aggregate(frame: pd.DataFrame, keys: Sequence[str], roles: Sequence[Role]) -> pd.DataFrame:
    """Bring rows with the same keys together, each column in its own way."""
    by_date = frame.sort_values("order" if "order" in frame else "date", kind="stable")
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

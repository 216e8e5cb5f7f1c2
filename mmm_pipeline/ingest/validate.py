"""From the source as delivered to one row per period, or every reason why not."""

import difflib

import pandas as pd

from mmm_pipeline.errors import DataError, Problem, shorten
from mmm_pipeline.ingest.contract import ColumnRole, find_breaches, list_roles
from mmm_pipeline.ingest.parse import Parsed, parse_dates, parse_numbers
from mmm_pipeline.spec import ModelSpec


def validate_source(raw: pd.DataFrame, spec: ModelSpec, source: str) -> pd.DataFrame:
    """Turn a source into the validated frame of a model.

    Nothing is filled in, dropped or averaged: a frame that would need it is refused.

    Parameters
    ----------
    raw : pandas.DataFrame
        The source as delivered; columns that the spec does not name are left behind.
    spec : ModelSpec
        The model.
    source : str
        What the source is called in a message.

    Returns
    -------
    pandas.DataFrame
        ``date`` (``datetime64[us]``, ascending), ``target``, ``spend_<channel>``, ``<control>``,
        numbers as float64 in the units of the source.

    Raises
    ------
    DataError
        With every problem found.
    """
    roles = list_roles(spec)
    if absent := [role for role in roles if role.source not in raw.columns]:
        raise DataError([_tell_missing_column(role, raw, source) for role in absent])
    days = parse_dates(raw[spec.data.date], f"{source}: column {spec.data.date!r}")
    parsed = {
        role.column: parse_numbers(
            raw[role.source], days.values, f"{source}: column {role.source!r}"
        )
        for role in roles[1:]
    }
    frame = pd.DataFrame(
        {"date": days.values, **{column: cells.values for column, cells in parsed.items()}}
    )
    problems = [*days.problems, *(found for cells in parsed.values() for found in cells.problems)]
    problems += find_breaches(_stand_in(frame, parsed), spec, source)
    if problems:
        raise DataError(problems)
    return frame.sort_values("date", ignore_index=True)


def _stand_in(frame: pd.DataFrame, parsed: dict[str, Parsed]) -> pd.DataFrame:
    """Put a harmless number where a cell is already told to be none, so it is not told twice."""
    return frame.assign(
        **{column: cells.values.mask(cells.is_wrong, 1.0) for column, cells in parsed.items()}
    )


def _tell_missing_column(role: ColumnRole, raw: pd.DataFrame, source: str) -> Problem:
    """Say which column is absent, which there are, and which one may be meant."""
    there = [str(column) for column in raw.columns]
    near = difflib.get_close_matches(role.source, there, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    message = (
        f"`{'.'.join(role.setting)}` must name a column of {source}; there is no "
        f"{role.source!r}. It has: {shorten(there, shown=40)}.{hint}"
    )
    return Problem("missing_column", message, role.source, role.setting, is_of_spec=True)

"""One row per period and cell, one column per variable: as is, and as an entity panel."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mmm_pipeline.errors import DataError, Problem, shorten, suggest
from mmm_pipeline.ingest.layouts.arranged import (
    Arranged,
    note_grouped,
    read_days,
    tell_missing_columns,
    tell_missing_label,
    tell_not_a_number,
)
from mmm_pipeline.ingest.layouts.window import is_used
from mmm_pipeline.ingest.parse import parse_numbers, parse_texts
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.roles import Role, Source, list_dims, list_roles
from mmm_pipeline.spec import ModelSpec


def arrange_wide(
    raw: pd.DataFrame, spec: ModelSpec, roles: Sequence[Role] | None = None
) -> Arranged:
    """Take from a wide table what the spec names.

    Parameters
    ----------
    raw : pandas.DataFrame
        As delivered; columns that the spec does not name are left behind.
    spec : ModelSpec
        The model.
    roles : sequence of Role, optional
        What is taken; all that the spec names, by default.

    Returns
    -------
    Arranged

    Raises
    ------
    DataError
        If a column is not there.
    """
    shown = show_place(spec.data.path)
    roles = list_roles(spec) if roles is None else roles
    _require_columns(raw, spec, roles, shown)
    days, problems = read_days(raw[spec.data.date], spec.data, shown)
    used = is_used(days.values, spec)
    raw = raw[used].reset_index(drop=True)
    rows = pd.DataFrame({"date": days.values[used].reset_index(drop=True)})
    dims = list_dims(spec)
    for dim, column in dims.items():
        rows[dim] = parse_texts(raw[column])
        problems += tell_missing_label(rows, column, rows[dim], shown)
    arranged = Arranged(rows, tuple(dims), problems=problems)
    return _read_series(raw, spec, roles, arranged, shown)


def _read_series(
    raw: pd.DataFrame, spec: ModelSpec, roles: Sequence[Role], arranged: Arranged, shown: str
) -> Arranged:
    """Read every series; each once."""
    sources = {source.name: source for role in roles for source in role.sources}
    rows, columns = arranged.frame, {}
    for name, source in sources.items():
        cells = raw[source.column]
        if source.equals:
            text = parse_texts(cells)
            is_on = text.isin(source.equals)
            columns[name] = is_on.astype("float64").mask(text == "")
            if not is_on.any():
                arranged.problems.append(_tell_missing_text(text, source, shown))
                arranged.is_wrong[name] = pd.Series(data=True, index=cells.index)
                columns[name] = columns[name].mask(text != "")
            continue
        numbers = parse_numbers(cells, spec.data.csv)
        columns[name] = numbers.values
        arranged.is_wrong[name], arranged.says_nan[name] = numbers.is_wrong, numbers.says_nan
        arranged.problems.extend(tell_not_a_number(rows, arranged.dims, cells, numbers, shown))
        arranged.notes.extend(note_grouped(cells, spec.data.csv, shown))
    return replace(arranged, frame=pd.concat([rows, pd.DataFrame(columns)], axis=1))


def _tell_missing_text(text: pd.Series, source: Source, shown: str) -> Problem:
    """Say that a text never comes, which ones do, and which one may be meant."""
    there = sorted(set(text) - {""})
    message = (
        f"{shown}: column {source.column!r} must hold {' or '.join(map(repr, source.equals))} in "
        f"some row. It holds: {shorten(there, shown=20)}.{suggest(source.equals[0], there)}"
    )
    return Problem("missing_text", message, source.column, ("controls",))


def _require_columns(raw: pd.DataFrame, spec: ModelSpec, roles: Sequence[Role], shown: str) -> None:
    """Refuse a table that lacks what the spec names."""
    wanted: dict[str, tuple[str, ...]] = {spec.data.date: ("data", "date")}
    wanted |= {column: ("data", "panel", name) for name, column in spec.data.panel.items()}
    wanted |= dict.fromkeys(spec.data.sum_over, ("data", "sum_over"))
    wanted |= {source.column: role.setting for role in roles for source in role.sources}
    absent: list[Problem] = tell_missing_columns(wanted, list(map(str, raw.columns)), shown)
    if absent:
        raise DataError(absent)

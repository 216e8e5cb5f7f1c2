"""Records of a long table of media: read, and given to channels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.errors import DataError, Problem, shorten
from mmm_pipeline.ingest.layouts.arranged import (
    name_places,
    offend,
    read_days,
    tell_missing_columns,
    tell_missing_label,
    tell_not_a_number,
)
from mmm_pipeline.ingest.layouts.window import is_used
from mmm_pipeline.ingest.parse import parse_numbers, parse_texts
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.roles import Role, list_dims
from mmm_pipeline.spec import CsvDialect, MediaTable, ModelSpec

LEVEL = re.compile(r"(lvl|level)_?(\d+)", re.IGNORECASE)
"""How the columns are called that say of which channel a record is."""
NOTHING = frozenset({"", "-"})
"""What stands in an export of a media plan where nothing was spent."""


@dataclass(frozen=True)
class MediaRecords:
    """The long table, read.

    Attributes
    ----------
    rows : pandas.DataFrame
        ``date`` and the dims of each record.
    labels : mapping of str to pandas.Series
        Text of each level.
    measures : mapping of str to pandas.Series
        Numbers of each measure, NaN where a record says so.
    problems, notes : list of Problem
        What is wrong with them, and what is to be looked at.
    """

    rows: pd.DataFrame
    labels: Mapping[str, pd.Series]
    measures: Mapping[str, pd.Series]
    problems: list[Problem]
    notes: list[Problem]


def read_media(media: pd.DataFrame, spec: ModelSpec, roles: Sequence[Role]) -> MediaRecords:
    """Read dates, labels and measures.

    Parameters
    ----------
    media : pandas.DataFrame
        As delivered.
    spec : ModelSpec
        The model.
    roles : sequence of Role
        What its measures stand for.

    Returns
    -------
    MediaRecords

    Raises
    ------
    DataError
        If a column is not there.
    """
    table, shown = media_table(spec), show_place(media_table(spec).path)
    date = table.date or spec.data.date
    levels = list(table.levels or _find_levels(media))
    _require_columns(media, spec, roles, levels)
    days, problems = read_days(media[date], spec.data, shown)
    used = is_used(days.values, spec)
    media = media[used].reset_index(drop=True)
    rows = pd.DataFrame({"date": days.values[used].reset_index(drop=True)})
    for dim, column in list_dims(spec).items():
        rows[dim] = parse_texts(media[column])
        problems += tell_missing_label(rows, column, rows[dim], shown)
    asked = {column for role in roles for source in role.sources for column, _ in source.where}
    asked |= set(table.entity or ())
    labels = {column: parse_texts(media[column]) for column in [*levels, *(asked - {"", *levels})]}
    measures = {}
    dialect = _with_groups(spec.data.csv)
    for column in dict.fromkeys(source.column for role in roles for source in role.sources):
        cells = media[column]
        if pd.api.types.is_numeric_dtype(cells.dtype):
            cells = cells.fillna(0)
        else:
            text = parse_texts(cells)
            cells = text.mask(text.isin(NOTHING), "0").rename(column)
        numbers = parse_numbers(cells, dialect)
        problems += tell_not_a_number(rows, list(list_dims(spec)), cells, numbers, shown)
        measures[column] = numbers.values.mask(numbers.is_wrong, 1.0)
    notes = _note_repeated(media, rows, shown)
    return MediaRecords(rows, labels, measures, problems, notes)


def _note_repeated(media: pd.DataFrame, rows: pd.DataFrame, shown: str) -> list[Problem]:
    """Say which records stand there twice, every column alike."""
    repeated = media.duplicated()
    if not repeated.any():
        return []
    cells = pd.Series("again", index=rows.index, name="record")
    offences = offend(rows, (), cells, repeated)
    message = (
        f"{int(repeated.sum())} records of {shown} stand there more than once, and were added up: "
        f"{name_places(offences)}. Take the copies out, if they are copies."
    )
    return [Problem("repeated_records", message, None, ("data", "media_long"), offences)]


def _find_levels(media: pd.DataFrame) -> list[str]:
    """Find the columns that are called levels, the first one first."""
    found = [match for match in map(LEVEL.fullmatch, map(str, media.columns)) if match]
    return [match[0] for match in sorted(found, key=lambda match: int(match[2]))]


def _require_columns(
    media: pd.DataFrame, spec: ModelSpec, roles: Sequence[Role], levels: Sequence[str]
) -> None:
    """Refuse a table that lacks what the spec names."""
    table, shown = media_table(spec), show_place(media_table(spec).path)
    wanted: dict[str, tuple[str, ...]] = {
        table.date or spec.data.date: ("data", "media_long", "date")
    }
    wanted |= {column: ("data", "panel", name) for name, column in spec.data.panel.items()}
    wanted |= dict.fromkeys(spec.data.sum_over, ("data", "sum_over"))
    wanted |= dict.fromkeys(table.levels or (), ("data", "media_long", "levels"))
    wanted |= dict.fromkeys(table.entity or (), ("data", "media_long", "entity"))
    for role in roles:
        for source in role.sources:
            wanted[source.column] = role.setting
            where = ("media", role.setting[1], "where")
            wanted |= {column: where for column, _ in source.where if column}
    there = [str(column) for column in media.columns]
    absent = tell_missing_columns(wanted, there, shown)
    if not levels and any(source.where[0][0] == "" for role in roles for source in role.sources):
        message = (
            f"`data.media_long.levels` must name the columns of {shown} that say which channel a "
            f"record is of; none is called lvl1 or level1. It has: {shorten(there, shown=40)}."
        )
        setting = ("data", "media_long", "levels")
        absent.append(Problem("missing_column", message, None, setting, is_of_spec=True))
    if absent:
        raise DataError(absent)


def _with_groups(dialect: CsvDialect) -> CsvDialect:
    """Let thousands be grouped, by a comma unless that is the decimal sign."""
    if dialect.thousands:
        return dialect
    return dialect.model_copy(update={"thousands": "," if dialect.decimal == "." else "."})


def media_table(spec: ModelSpec) -> MediaTable:
    """Take the spec's table of media.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    MediaTable
    """
    assert spec.data.media_long is not None  # noqa: S101  # the spec's validator saw to it
    return spec.data.media_long

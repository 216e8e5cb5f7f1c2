"""A long table of media, one record per period and line of a media plan, beside a wide one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mmm_pipeline.errors import Offence, Problem, shorten
from mmm_pipeline.ingest.layouts.arranged import Arranged, name_places, offend
from mmm_pipeline.ingest.layouts.media_channels import (
    note_unmapped,
    select_records,
    tell_ambiguous,
)
from mmm_pipeline.ingest.layouts.media_records import MediaRecords, media_table, read_media
from mmm_pipeline.ingest.layouts.wide import arrange_wide
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.roles import Role, list_roles
from mmm_pipeline.spec import ModelSpec


def arrange_media_long(raw: pd.DataFrame, media: pd.DataFrame, spec: ModelSpec) -> Arranged:
    """Add up the records of each channel, and set them beside the rest.

    Media records are sparse: a channel without a record in a period spent nothing in it, if
    other channels have one. Periods that only one of the tables has are left out at the ends of
    the history and said; between them they are refused.

    Parameters
    ----------
    raw : pandas.DataFrame
        The wide table, as delivered.
    media : pandas.DataFrame
        The long table, as delivered. Commas between thousands, ``-`` and empty cells are
        understood.
    spec : ModelSpec
        The model.

    Returns
    -------
    Arranged

    Raises
    ------
    DataError
        If a column is not there, or a channel has no record.
    """
    roles = list_roles(spec)
    arranged = arrange_wide(raw, spec, [role for role in roles if not role.is_media])
    roles = [role for role in roles if role.is_media]
    records = read_media(media, spec, roles)
    masks = select_records(records, roles, spec)
    arranged.problems.extend(records.problems)
    arranged.problems.extend(tell_ambiguous(records, masks, spec))
    arranged.notes.extend(records.notes)
    arranged.notes.extend(note_unmapped(records, masks, spec))
    arranged = _keep_common_dates(arranged, records.rows["date"], spec)
    arranged.problems.extend(_find_cells_alone(arranged, records, masks, spec))
    return _add_media(arranged, records, masks, roles)


def _keep_common_dates(arranged: Arranged, days: pd.Series, spec: ModelSpec) -> Arranged:
    """Join the tables on their dates; say what is left out, refuse what would leave a hole."""
    here = pd.DatetimeIndex(arranged.frame["date"].dropna().unique())
    there = pd.DatetimeIndex(days.dropna().unique())
    common = here.intersection(there)
    alone = here.symmetric_difference(there).sort_values()
    inside = alone[(alone > common.min()) & (alone < common.max())] if len(common) else alone
    media, rest = show_place(media_table(spec).path), show_place(spec.data.path)
    column = spec.data.date
    if len(inside):
        offences = _list_alone(inside, here, media, rest, column)
        message = (
            f"{rest} and {media} must have the same periods; "
            f"{shorten([f'{one.date} is {one.value}' for one in offences])}. Add rows with 0 where "
            "nothing was spent, or bring both to the same grain."
        )
        arranged.problems.append(
            Problem("join_gap", message, column, ("data", "media_long"), offences)
        )
    elif len(alone):
        offences = _list_alone(alone, here, media, rest, column)
        message = (
            f"{len(common)} periods are in both tables; {len(here.difference(there))} are in "
            f"{rest} alone and {len(there.difference(here))} in {media} alone, and left out: "
            f"{name_places(offences)}."
        )
        arranged.notes.append(
            Problem("dropped_periods", message, column, ("data", "media_long"), offences)
        )
    keep = arranged.frame["date"].isin(common) | arranged.frame["date"].isna()
    return arranged if len(inside) else arranged.keep(keep)


def _find_cells_alone(
    arranged: Arranged, records: MediaRecords, masks: Mapping[str, pd.Series], spec: ModelSpec
) -> list[Problem]:
    """Refuse media of cells that the other table does not have: they would be lost."""
    if not arranged.dims:
        return []
    dims = list(arranged.dims)
    is_used = pd.DataFrame(masks).any(axis=1)
    is_used &= records.rows["date"].isin(arranged.frame["date"])
    rows = records.rows[is_used]
    known = pd.MultiIndex.from_frame(arranged.frame[dims])
    bad = pd.Series(~pd.MultiIndex.from_frame(rows[dims]).isin(known), rows.index)
    if not bad.any():
        return []
    media, rest = show_place(media_table(spec).path), show_place(spec.data.path)
    cells = pd.Series("no such cell", rows.index, name=spec.data.date)
    offences = offend(rows, dims, cells, bad)
    labels = shorten(list(dict.fromkeys(offence.cell for offence in offences)))
    message = (
        f"{media}: media must be of cells that {rest} has; it does not have {labels}. Correct the "
        "labels, or take the records out."
    )
    return [Problem("join_gap", message, spec.data.date, ("data", "media_long"), offences)]


def _list_alone(
    alone: pd.DatetimeIndex, here: pd.DatetimeIndex, media: str, rest: str, column: str
) -> tuple[Offence, ...]:
    """Name the table that has a period to itself."""
    return tuple(
        Offence(f"{day:%Y-%m-%d}", column, f"in {rest if day in here else media} alone")
        for day in alone
    )


def _add_media(
    arranged: Arranged, records: MediaRecords, masks: Mapping[str, pd.Series], roles: Sequence[Role]
) -> Arranged:
    """Sum the records of each channel over date and cell; no record is no spend."""
    keys = ["date", *arranged.dims]
    columns = {}
    for role in roles:
        mask = masks[role.setting[1]]
        for source in role.sources:
            values = records.rows[mask].assign(_value=records.measures[source.column][mask])
            sums = values.groupby(keys, as_index=False)["_value"].sum(skipna=False)
            joined = arranged.frame[keys].merge(sums, "left", keys, indicator="_origin")
            absent = joined["_origin"] == "left_only"
            arranged.filled[source.name] = int(absent.sum())
            columns[source.name] = joined["_value"].mask(absent, 0.0)
    frame = pd.concat([arranged.frame, pd.DataFrame(columns)], axis=1)
    return replace(arranged, frame=frame)

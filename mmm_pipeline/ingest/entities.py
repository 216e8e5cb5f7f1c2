"""What is finer than a channel, campaigns, creatives or publishers: what each spent and showed."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DataError, Problem, shorten, suggest
from mmm_pipeline.ingest.grain import floor_dates
from mmm_pipeline.ingest.layouts.arranged import (
    read_days,
    tell_missing_columns,
    tell_not_a_number,
)
from mmm_pipeline.ingest.layouts.media_channels import select_records
from mmm_pipeline.ingest.layouts.media_records import media_table, read_media
from mmm_pipeline.ingest.parse import parse_numbers, parse_texts
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.read import ENTITIES_SETTING
from mmm_pipeline.ingest.roles import list_roles
from mmm_pipeline.spec import ModelSpec

UNMAPPED = "(not mapped)"
"""What a channel spent or showed beyond what is said of its entities."""
MEASURES = ("spend", "exposure")
"""What may be said of an entity; one at least."""
CODE = "bad_entity"
"""The rule that is broken."""


def validate_entities(raw: pd.DataFrame, spec: ModelSpec, features: xr.Dataset) -> pd.DataFrame:
    """Read what was delivered of entities, and hold it against the model.

    Parameters
    ----------
    raw : pandas.DataFrame
        As delivered: of `entities` a row per period, cell, channel and entity, its date and dims
        named as in `data`; or the long table of media.
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Whose dates and cells are the model's.

    Returns
    -------
    pandas.DataFrame
        ``date``, the panel's dims, ``channel``, ``entity``, ``spend``, ``exposure``: a row for
        each, added up, in the units of the validated data; NaN where a measure is not delivered.
        Without the periods outside the model's.

    Raises
    ------
    DataError
        With every problem found.
    """
    records = _read_table(raw, spec) if spec.entities else _read_media(raw, spec)
    if spec.data.grain:
        week_start = spec.data.week_start or "monday"
        records["date"] = floor_dates(records["date"], spec.data.grain, week_start)
    dates = pd.DatetimeIndex(features["date"].to_numpy())
    records = records[records["date"].between(dates[0], dates[-1])]
    if records.empty:
        window = f"{dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}"
        raise DataError([_tell(f"Entities must be of the model's periods, {window}; none is.")])
    if problems := [*_check_places(records, spec, features), *_check_measures(records, spec)]:
        raise DataError(problems)
    records = records.assign(entity=records["entity"].replace("", UNMAPPED))
    keys = ["date", *spec.data.panel, "channel", "entity"]
    added = records.groupby(keys, as_index=False)[list(MEASURES)].sum(min_count=1)
    return added[[*keys, *MEASURES]]


def choose_measure(spec: ModelSpec, records: pd.DataFrame, channel: str) -> str:
    """Choose what a channel is split by: what acts, as far as that is delivered.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    records : pandas.DataFrame
        From `validate_entities`.
    channel : str
        The channel.

    Returns
    -------
    {"spend", "exposure"}
    """
    told = records.loc[records["channel"] == channel, "exposure"]
    acts = channel in spec.exposure_columns or channel in spec.frequency_columns
    return "exposure" if acts and told.notna().any() else "spend"


def _read_table(raw: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Read a table of entities."""
    shown = show_place(spec.entities or "")
    there = [str(column) for column in raw.columns]
    wanted: dict[str, tuple[str, ...]] = dict.fromkeys(
        (spec.data.date, "channel", "entity"), ENTITIES_SETTING
    )
    wanted |= {column: ("data", "panel", dim) for dim, column in spec.data.panel.items()}
    problems = tell_missing_columns(wanted, there, shown)
    if not set(MEASURES) & set(there):
        problems.append(_tell(f"{shown} must have a column 'spend' or 'exposure'; it has neither."))
    if problems:
        raise DataError(problems)
    days, problems = read_days(raw[spec.data.date], spec.data, shown)
    records = pd.DataFrame({"date": days.values})
    for dim, column in spec.data.panel.items():
        records[dim] = parse_texts(raw[column])
    records["channel"], records["entity"] = parse_texts(raw["channel"]), parse_texts(raw["entity"])
    for measure in MEASURES:
        records[measure] = np.nan
        if measure in there:
            numbers = parse_numbers(raw[measure], spec.data.csv)
            problems += tell_not_a_number(records, (), raw[measure], numbers, shown)
            records[measure] = numbers.values
    if problems:
        raise DataError(problems)
    return records


def _read_media(media: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Take the entities of a long table of media, each channel's by its own records."""
    roles = [role for role in list_roles(spec) if role.is_media]
    records = read_media(media, spec, roles)
    masks = select_records(records, roles, spec)
    parts = []
    for channel, mask in masks.items():
        labels = pd.DataFrame(
            {name: records.labels[name] for name in media_table(spec).entity or ()}
        )
        entity = labels[mask].apply(lambda row: " / ".join(filter(None, row)), axis=1)
        part = records.rows[mask].assign(channel=channel, entity=entity)
        part = part.assign(**dict.fromkeys(MEASURES, np.nan))
        for role in roles:
            if role.setting[1] == channel and role.kind in MEASURES:
                values = [
                    records.measures[one.column][mask] * spec.data.factors.get(one.column, 1.0)
                    for one in role.sources
                ]
                part[role.kind] = sum(values[1:], values[0])
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _check_places(
    records: pd.DataFrame, spec: ModelSpec, features: xr.Dataset
) -> Iterator[Problem]:
    """Refuse what is of no channel, no period or no cell of the model."""
    known: dict[str, Sequence[str]] = {"channel": list(spec.media)}
    known |= {dim: features[dim].to_numpy().tolist() for dim in spec.data.panel}
    for column, labels in known.items():
        strange = sorted(set(records[column]) - set(labels))
        if strange:
            yield _tell(
                f"Entities must be of a {column} of the model ({shorten(labels, shown=20)}); "
                f"{shorten([repr(one) for one in strange])} is none.{suggest(strange[0], labels)}"
            )
    days = pd.DatetimeIndex(features["date"].to_numpy())
    between = sorted(set(records["date"]) - set(days))
    if between:
        yield _tell(
            f"Entities must be dated by the first day of a period; "
            f"{shorten([f'{day:%Y-%m-%d}' for day in between])} is none. Bring them to the periods "
            "of the data, or say `data.grain`."
        )


def _check_measures(records: pd.DataFrame, spec: ModelSpec) -> Iterator[Problem]:
    """Refuse amounts below 0, and channels of which nothing is said."""
    for measure in MEASURES:
        if (records[measure] < 0).any():
            yield _tell(f"Entities must not have {measure} below 0; some do.")
    for channel in records["channel"].unique():
        measure = choose_measure(spec, records, str(channel))
        mine = records.loc[records["channel"] == channel, measure]
        if mine.isna().any() or (measure == "spend" and channel not in spec.bought_media):
            needed = "exposure" if channel not in spec.bought_media else measure
            yield _tell(
                f"Entities of {channel!r} must each have a number in the column {needed!r}; some "
                "have none. Write 0 where nothing was."
            )


def _tell(message: str) -> Problem:
    """Word a problem of the entities."""
    return Problem(CODE, message, setting=ENTITIES_SETTING)

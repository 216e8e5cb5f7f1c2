"""Records of a media plan given to channels: each to one, and said which to none."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mmm_pipeline.errors import DataError, Problem, shorten, suggest
from mmm_pipeline.ingest.layouts.arranged import offend
from mmm_pipeline.ingest.layouts.media_records import MediaRecords, media_table
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.roles import Conditions, Role
from mmm_pipeline.spec import ModelSpec


def select_records(
    records: MediaRecords, roles: Sequence[Role], spec: ModelSpec
) -> dict[str, pd.Series]:
    """Mark the records of each channel.

    Parameters
    ----------
    records : MediaRecords
        The table.
    roles : sequence of Role
        What its measures stand for.
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of str to pandas.Series
        True for a record of the channel.

    Raises
    ------
    DataError
        If a channel has none.
    """
    masks, problems = {}, []
    for role in roles:
        channel = role.setting[1]
        if channel in masks:
            continue
        where = role.sources[0].where
        masks[channel] = _matches(records, where)
        if not masks[channel].any():
            problems.append(_tell_no_record(records, channel, where, spec))
    if problems:
        raise DataError(problems)
    return masks


def _matches(records: MediaRecords, where: Conditions) -> pd.Series:
    """Mark the records that say what is asked of them."""
    mask = pd.Series(data=True, index=records.rows.index)
    for column, texts in where:
        labels = records.labels[column or next(iter(records.labels))]
        mask &= labels.isin(texts)
    return mask


def _tell_no_record(
    records: MediaRecords, channel: str, where: Conditions, spec: ModelSpec
) -> Problem:
    """Say what was looked for, and what there is."""
    if records.rows.empty:
        message = (
            f"`media.{channel}` must have records in {show_place(media_table(spec).path)}; the "
            "table has none in `data.window`."
        )
        return Problem("missing_variable", message, None, ("media", channel), is_of_spec=True)
    column, texts = where[0]
    column = column or next(iter(records.labels))
    there = sorted(set(records.labels[column]) - {""})
    asked = " and ".join(f"{one or column}={'|'.join(several)}" for one, several in where)
    message = (
        f"`media.{channel}` must have records in {show_place(media_table(spec).path)}; none says "
        f"{asked}. {column!r} holds: {shorten(there, shown=20)}.{suggest(texts[0], there)}"
    )
    return Problem("missing_variable", message, column, ("media", channel), is_of_spec=True)


def tell_ambiguous(
    records: MediaRecords, masks: Mapping[str, pd.Series], spec: ModelSpec
) -> list[Problem]:
    """Refuse records that would be counted twice.

    Parameters
    ----------
    records : MediaRecords
        The table.
    masks : mapping of str to pandas.Series
        Records of each channel.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of Problem
        None or one, ``ambiguous_record``.
    """
    bad = pd.DataFrame(masks).sum(axis=1) > 1
    if not bad.any():
        return []
    first = int(bad.to_numpy().argmax())
    channels = [channel for channel, mask in masks.items() if mask.iloc[first]]
    labels = _join_labels(records)
    offences = offend(records.rows, (), labels, bad)
    message = (
        f"{show_place(media_table(spec).path)}: a record must be of one channel; "
        f"{labels.iloc[first]!r} on {offences[0].date} is of "
        f"{', '.join(f'`media.{channel}`' for channel in channels)}."
    )
    return [Problem("ambiguous_record", message, None, ("media", channels[0]), offences)]


def note_unmapped(
    records: MediaRecords, masks: Mapping[str, pd.Series], spec: ModelSpec
) -> list[Problem]:
    """Say which records no channel takes, and what they come to.

    Parameters
    ----------
    records : MediaRecords
        The table.
    masks : mapping of str to pandas.Series
        Records of each channel.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of Problem
        None or one, ``unmapped_records``.
    """
    bad = ~pd.DataFrame(masks).any(axis=1)
    if not bad.any():
        return []
    labels = _join_labels(records)
    named = shorten([repr(label) for label in dict.fromkeys(labels[bad])])
    column, values = next(iter(records.measures.items()))
    share = values[bad].sum() / total if (total := values.sum()) else 0.0
    message = (
        f"{int(bad.sum())} records of {show_place(media_table(spec).path)} are of no channel: "
        f"{named}. They hold {share:.1%} of {column!r}."
    )
    offences = offend(records.rows, (), labels, bad)
    return [Problem("unmapped_records", message, None, ("media",), offences)]


def _join_labels(records: MediaRecords) -> pd.Series:
    """Write the levels of each record as one text."""
    joined = pd.Series("", index=records.rows.index)
    for labels in records.labels.values():
        joined = joined.where(labels == "", joined + " / " + labels)
    return joined.str.removeprefix(" / ").rename("record")

"""What became of history: what a delivery says otherwise than the one before."""

import duckdb
import pandas as pd
from upath import UPath

from mmm_pipeline.errors import Offence, Problem, shorten
from mmm_pipeline.ingest.layouts.arranged import offend
from mmm_pipeline.spec import ModelSpec

LISTED = 1000
"""Cells that are named one by one; a history that changes everywhere needs no more."""


def find_restated(
    before: pd.DataFrame, now: pd.DataFrame, spec: ModelSpec, since: str
) -> list[Problem]:
    """Compare two validated frames of one spec where both speak of the same periods.

    Parameters
    ----------
    before, now : pandas.DataFrame
        Validated frames.
    spec : ModelSpec
        The model.
    since : str
        What the earlier one is called in a message.

    Returns
    -------
    list of Problem
        None or one, ``restated_history``, with every cell that changed, every row that vanished
        although its period is still looked at, and every row that appeared in a period that was
        there before.
    """
    keys = ["date", *spec.data.panel]
    columns = [column for column in now.columns if column in before.columns and column not in keys]
    both = before[[*keys, *columns]].merge(
        now[[*keys, *columns]], "outer", keys, suffixes=("_before", "_now"), indicator="_origin"
    )
    first, last = now["date"].min(), before["date"].max()
    vanished = both[(both["_origin"] == "left_only") & (both["date"] >= first)]
    appeared = both[(both["_origin"] == "right_only") & (both["date"] <= last)]
    same = both[both["_origin"] == "both"]
    changed = pd.DataFrame({c: same[f"{c}_before"] != same[f"{c}_now"] for c in columns})
    rows = pd.concat([vanished, appeared, same[changed.any(axis=1)]])
    if rows.empty:
        return []
    offences = [
        *_list_rows(vanished, spec, "there, now gone"),
        *_list_rows(appeared, spec, "not there, now is"),
        *_list_changes(same, changed, spec),
    ]
    offences.sort(key=lambda offence: (offence.date, offence.cell, offence.column))
    moves = {column: _change(same, column) for column in columns}
    told = [f"total {column!r} by {move:+.2%}" for column, move in moves.items() if move]
    message = (
        f"{len(rows)} rows say otherwise than {since}: "
        f"{shorten([f'{one.place} {one.column} {one.value}' for one in offences])}."
        f"{f' This moves {shorten(told)}.' if told else ''}"
    )
    return [Problem("restated_history", message, None, ("data", "path"), tuple(offences[:LISTED]))]


def open_history(outputs: UPath, model: str, asset: str = "raw_data") -> duckdb.DuckDBPyConnection:
    """Open all deliveries of a model for queries.

    Parameters
    ----------
    outputs : UPath
        Folder or address of all outputs.
    model : str
        Whose deliveries.
    asset : str
        ``raw_data`` or ``raw_media``.

    Returns
    -------
    duckdb.DuckDBPyConnection
        In memory, with the views ``deliveries`` (``delivery``, ``received_at``, ``sha256``,
        ``rows``: one row per arrival) and ``history`` (the rows of every delivery, with
        ``delivery``), and the table macro ``as_of(moment)``: the rows as they were known then.
    """
    folder = outputs / model / "deliveries" / asset
    connection = duckdb.connect(":memory:")
    place = folder.path
    if folder.protocol not in {"", "file", "local"}:
        connection.register_filesystem(folder.fs)
        place = str(folder)
    quoted = place.replace("'", "''")
    connection.execute(
        f"""
        CREATE VIEW deliveries AS
        SELECT delivery, received_at::TIMESTAMPTZ AS received_at, sha256, rows
        FROM read_json('{quoted}/log.json', columns = {{
            delivery: 'VARCHAR', received_at: 'VARCHAR', sha256: 'VARCHAR', rows: 'BIGINT'
        }});
        CREATE VIEW history AS
        SELECT * FROM read_parquet(
            '{quoted}/*/data.parquet',
            hive_partitioning = true, hive_types = {{'delivery': VARCHAR}}, union_by_name = true
        );
        CREATE MACRO as_of(moment) AS TABLE
        SELECT history.* FROM history WHERE delivery = (
            SELECT delivery FROM deliveries WHERE received_at <= moment
            ORDER BY received_at DESC LIMIT 1
        );
        """  # noqa: S608  # A view cannot be prepared; the folder is ours, and quoted.
    )
    return connection


def _list_rows(rows: pd.DataFrame, spec: ModelSpec, words: str) -> list[Offence]:
    """Name rows that only one of the frames has."""
    rows = rows.head(LISTED)
    cells = pd.Series(words, index=rows.index, name="", dtype="str")
    return list(offend(rows, list(spec.data.panel), cells, cells.notna()))


def _list_changes(same: pd.DataFrame, changed: pd.DataFrame, spec: ModelSpec) -> list[Offence]:
    """Name cells that both frames have, and hold otherwise."""
    found: list[Offence] = []
    for column in changed.columns:
        rows = same[changed[column]].head(LISTED)
        old, new = rows[f"{column}_before"], rows[f"{column}_now"]
        both = pd.Series(
            [f"{one:.10g} -> {other:.10g}" for one, other in zip(old, new, strict=True)],
            index=rows.index,
            name=column,
            dtype="str",
        )
        found += offend(rows, list(spec.data.panel), both, both.notna())
    return found


def _change(same: pd.DataFrame, column: str) -> float:
    """Compute the relative change of a column's total."""
    old, new = float(same[f"{column}_before"].sum()), float(same[f"{column}_now"].sum())
    return (new - old) / abs(old) if old else 0.0

"""Read a source as it was delivered: nothing guessed, nothing repaired."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mmm_pipeline.errors import Problem
from mmm_pipeline.ingest.delivery import Delivery
from mmm_pipeline.ingest.query import ask, show_place
from mmm_pipeline.ingest.sources import (
    Setting,
    digest_files,
    join_digests,
    load_files,
    refuse,
)
from mmm_pipeline.ingest.tables import read_files
from mmm_pipeline.spec import CsvDialect, ModelSpec, Place, Query

PATH_SETTING = ("data", "path")
MEDIA_SETTING = ("data", "media_long", "path")
EXPERIMENTS_SETTING = ("experiments",)
ENTITIES_SETTING = ("entities",)
NAME_LENGTH = 16
"""Hexadecimal digits of a delivery's name."""


def list_places(spec: ModelSpec) -> dict[Setting, Place]:
    """List every table that a spec reads.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of tuple of str to str or Query
        What it names, by the words that name it.
    """
    places: dict[Setting, Place] = {PATH_SETTING: spec.data.path}
    if spec.data.media_long:
        places[MEDIA_SETTING] = spec.data.media_long.path
    if spec.experiments:
        places[EXPERIMENTS_SETTING] = spec.experiments
    if spec.entities:
        places[ENTITIES_SETTING] = spec.entities
    return places


def digest_sources(root: Path, spec: ModelSpec) -> str:
    """Fingerprint the content of everything that a spec reads.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    spec : ModelSpec
        The model.

    Returns
    -------
    str
        64 hexadecimal digits. Of files their bytes count, of a query its answer.

    Raises
    ------
    SourceError
        If something cannot be read.
    """
    digests = []
    for setting, place in list_places(spec).items():
        if isinstance(place, Query):
            digests.append(read_source(root, place, spec.data.csv, setting).digest)
        else:
            digests.append(digest_files(load_files(root, place, setting)))
    return join_digests(digests)


def read_source(
    root: Path, place: str | Query, dialect: CsvDialect, setting: Setting = PATH_SETTING
) -> Delivery:
    """Read a file, several files of one kind, or the answer to a query, as they stand.

    A CSV file is read as text in every column, so that what is wrong with a cell can be said
    in the words of the file. Types are given later, once, by `mmm_pipeline.ingest.parse`.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    place : str or Query
        What the spec names.
    dialect : CsvDialect
        How CSV files are written.
    setting : tuple of str
        The words of the spec that name it.

    Returns
    -------
    Delivery

    Raises
    ------
    SourceError
        If there is nothing, or what is there is no table: cut off, of another kind, with columns
        that repeat or hold several values a cell, or without a row.
    """
    if isinstance(place, Query):
        table = ask(root, place, dialect, setting)
        digest, notes = _digest_table(table), []
    else:
        files = load_files(root, place, setting)
        digest = digest_files(files)
        table = read_files(files, dialect, setting)
        notes = [_note_cut_off(name) for name in files if _is_cut_off(name, files[name])]
    if table.num_rows == 0:
        message = f"{show_place(place)} must hold at least one row; there is none."
        raise refuse("source_empty", message, setting)
    reading = dialect.model_dump(include={"delimiter", "quote", "encoding", "skip_lines"})
    name = hashlib.sha256(f"{digest} {json.dumps(reading)}".encode()).hexdigest()[:NAME_LENGTH]
    return Delivery(_to_frame(table), digest, name, notes)


def _to_frame(table: pa.Table) -> pd.DataFrame:
    """Hand a table to pandas; a column that says NaN keeps it apart from what is not there."""
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    for column, cells in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_floating(cells.type) and pc.any(pc.is_nan(cells)).as_py():
            frame[column] = pd.Series(cells, index=frame.index, dtype=pd.ArrowDtype(cells.type))
    return frame


def _is_cut_off(name: str, content: bytes) -> bool:
    """Tell a CSV file that does not end with a line break."""
    return name.lower().endswith(".csv") and not content.endswith((b"\n", b"\r", b"\n\0"))


def _note_cut_off(name: str) -> Problem:
    """Say what a missing line break may mean."""
    message = (
        f"{name} should end with a line break; without one it may have been cut off in the middle "
        "of its last number. Compare its last row with where it came from."
    )
    return Problem("cut_off", message, setting=PATH_SETTING)


def _digest_table(table: pa.Table) -> str:
    """Name the content of an answer; the order of its rows, which SQL leaves open, is ignored."""
    frame = _to_frame(table)
    rows = pd.util.hash_pandas_object(frame.astype(str), index=False).sort_values().to_numpy()
    head = "|".join(f"{field.name}:{field.type}" for field in table.schema)
    return hashlib.sha256(head.encode() + rows.tobytes()).hexdigest()

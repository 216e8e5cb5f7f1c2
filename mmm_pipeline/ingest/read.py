"""Read a source as it was delivered: nothing guessed, nothing repaired."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from mmm_pipeline.errors import PathError, Problem, SourceError, shorten
from mmm_pipeline.paths import resolve_below

PATH_SETTING = ("data", "path")


def resolve_source(root: Path, path: str, setting: tuple[str, ...] = PATH_SETTING) -> Path:
    """Find the file that the spec names.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    path : str
        Relative to it.
    setting : tuple of str
        The words of the spec that name it.

    Returns
    -------
    pathlib.Path
        An existing file.

    Raises
    ------
    SourceError
        If the path leaves the data root, or no file is there.
    """
    try:
        file = resolve_below(root, path)
    except PathError as error:
        raise _unreadable("path_leaves_root", f"`{'.'.join(setting)}`: {error}.", setting) from None
    if not file.is_file():
        message = (
            f"`{'.'.join(setting)}` must name a file below the data root; there is no {path!r}."
        )
        raise _unreadable("source_missing", message, setting)
    return file


def read_truth(root: Path, path: str | None) -> dict[str, Any] | None:
    """Read the known truth of a simulated world.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    path : str or None
        The spec's `truth`.

    Returns
    -------
    dict or None
        What is true, by quantity; None where the spec names no file.

    Raises
    ------
    SourceError
        If the file is not there, or holds no JSON object.
    """
    if path is None:
        return None
    setting = ("truth",)
    file = resolve_source(root, path, setting)
    try:
        truth = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except ValueError as error:
        message = f"`truth` must name a JSON file; {path!r} is none: {_first_line(error)}."
        raise _unreadable("source_unreadable", message, setting) from None
    quantities = ("roas", "alpha", "lam")
    if not isinstance(truth, dict) or not all(
        isinstance(truth.get(name, {}), dict) for name in quantities
    ):
        message = (
            f"`truth` must hold numbers by channel under {', '.join(quantities)}; see {path!r}."
        )
        raise _unreadable("source_unreadable", message, setting)
    return truth


def _no_constant(name: str) -> float:
    """Refuse NaN and infinity, which are no JSON."""
    message = f"{name} is no JSON number"
    raise ValueError(message)


def digest_source(file: Path) -> str:
    """Fingerprint the content of a file.

    Parameters
    ----------
    file : pathlib.Path
        Any file.

    Returns
    -------
    str
        SHA-256 of its bytes, as 64 hexadecimal digits.
    """
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_source(file: Path, shown_as: str) -> pd.DataFrame:
    """Read a CSV or Parquet file as it stands.

    A CSV file is read as text in every column, so that what is wrong with a cell can be said
    in the words of the file. Types are given later, once, by `mmm_pipeline.ingest.parse`.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    shown_as : str
        What it is called in a message.

    Returns
    -------
    pandas.DataFrame
        Columns and rows in the order of the file.

    Raises
    ------
    SourceError
        If the file is no table of its kind, repeats a column, or holds no row.
    """
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        message = f"`data.path` must end in {' or '.join(readers)}; got {shown_as!r}."
        raise _unreadable("source_kind", message)
    try:
        table = reader(file)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        message = f"{shown_as} must be a readable {file.suffix} table: {_first_line(error)}."
        raise _unreadable("source_unreadable", message) from None
    repeated = [name for name, count in Counter(table.column_names).items() if count > 1]
    if repeated:
        named = shorten([repr(name) for name in repeated])
        message = f"{shown_as} must name each column once; it repeats {named}."
        raise _unreadable("column_repeated", message)
    if nested := [field.name for field in table.schema if pa.types.is_nested(field.type)]:
        named = shorten([repr(name) for name in nested])
        message = f"{shown_as} must hold one value per cell; it holds more in {named}."
        raise _unreadable("column_nested", message)
    if table.num_rows == 0:
        message = f"{shown_as} must hold at least one row; it has a header and nothing below."
        raise _unreadable("source_empty", message)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_csv(file: Path) -> pa.Table:
    """Read every column as text; only an empty cell is missing."""
    with pyarrow.csv.open_csv(file) as reader:
        names = reader.schema.names
    return pyarrow.csv.read_csv(
        file,
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _read_parquet(file: Path) -> pa.Table:
    """Read the whole table, without pandas' stored index."""
    return pyarrow.parquet.read_table(file).replace_schema_metadata(None)


def _unreadable(code: str, message: str, setting: tuple[str, ...] = PATH_SETTING) -> SourceError:
    """Wrap one message about the source as a whole."""
    return SourceError([Problem(code=code, message=message, setting=setting, is_of_spec=True)])


def _first_line(error: Exception) -> str:
    """Keep what a reader can act on."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")

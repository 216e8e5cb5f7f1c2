"""Read a source as it was delivered: nothing guessed, nothing repaired."""

import hashlib
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from mmm_pipeline.errors import PathError, Problem, SourceError, shorten
from mmm_pipeline.paths import resolve_below

PATH_SETTING = ("data", "path")


def resolve_source(root: Path, path: str) -> Path:
    """Find the file that the spec names.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    path : str
        The spec's `data.path`.

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
        raise _unreadable("path_leaves_root", f"`data.path`: {error}.") from None
    if not file.is_file():
        message = f"`data.path` must name a file below the data root; there is no {path!r}."
        raise _unreadable("source_missing", message)
    return file


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
        message = f"{shown_as} must name each column once; it repeats {shorten(repeated)}."
        raise _unreadable("column_repeated", message)
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


def _unreadable(code: str, message: str) -> SourceError:
    """Wrap one message about the source as a whole."""
    return SourceError([Problem(code=code, message=message, setting=PATH_SETTING, is_of_spec=True)])


def _first_line(error: Exception) -> str:
    """Keep what a reader can act on."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")

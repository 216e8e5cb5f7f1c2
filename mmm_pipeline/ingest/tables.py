"""From the bytes of a file to a plain table, or the reason why they are none."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from mmm_pipeline.errors import shorten
from mmm_pipeline.ingest.sources import Setting, first_line, refuse
from mmm_pipeline.spec import CsvDialect

SIGNATURES = {b"PK\x03\x04": "a zip, as Excel workbooks are", b"\x1f\x8b": "compressed by gzip"}
"""First bytes of what is often renamed to CSV."""


HINTS = {
    "columns, got": " If another sign stands between its cells, say `data.csv.delimiter`.",
    "UTF8": " If it is not UTF-8, say `data.csv.encoding`, for example latin-1.",
    "codec can't decode": " Say `data.csv.encoding`, for example latin-1.",
}
"""What to do about what pyarrow says of a CSV file."""


def read_files(files: dict[str, bytes], dialect: CsvDialect, setting: Setting) -> pa.Table:
    """Read files one by one, and put them under each other.

    Parameters
    ----------
    files : dict of str to bytes
        Content by name, which ends in .csv or .parquet.
    dialect : CsvDialect
        How CSV files are written.
    setting : tuple of str
        The words of the spec that name them.

    Returns
    -------
    pyarrow.Table
        All columns of a CSV file as text.

    Raises
    ------
    SourceError
        If a file is no table of its kind, or has other columns than the first.
    """
    tables = {name: _read_file(name, files[name], dialect, setting) for name in files}
    first, *rest = tables
    for name in rest:
        if differing := set(tables[name].column_names) ^ set(tables[first].column_names):
            named = shorten([repr(column) for column in sorted(differing)])
            message = f"{name} must have the columns of {first}; they differ in {named}."
            raise refuse("columns_differ", message, setting)
    if not rest:
        return tables[first]
    order = tables[first].column_names
    try:
        return pa.concat_tables([table.select(order) for table in tables.values()])
    except pa.ArrowInvalid as error:
        message = f"{', '.join(tables)} must have the same types: {first_line(error)}."
        raise refuse("columns_differ", message, setting) from None


def _read_file(name: str, content: bytes, dialect: CsvDialect, setting: Setting) -> pa.Table:
    """Read one file by its ending, and refuse what is no plain table."""
    kind = Path(name).suffix.lower()
    if kind not in {".csv", ".parquet"}:
        message = f"`{'.'.join(setting)}` must end in .csv or .parquet; got {name!r}."
        raise refuse("source_kind", message, setting)
    try:
        if kind == ".csv":
            _check_text(name, content, dialect, setting)
            table = _read_csv(content, dialect)
            _check_columns(name, table, setting)
            _check_lines(name, table, setting)
        else:
            table = pyarrow.parquet.ParquetFile(pa.BufferReader(content)).read()
            table.validate(full=True)
    except (pa.ArrowException, UnicodeError, OSError) as error:
        words = first_line(error)
        hint = next((hint for sign, hint in HINTS.items() if sign in words), "")
        message = f"{name} must be a readable {kind} table: {words}.{hint}"
        raise refuse("source_unreadable", message, setting) from None
    return make_plain(table, name, setting)


def _check_text(name: str, content: bytes, dialect: CsvDialect, setting: Setting) -> None:
    """Refuse what only bears the name of a CSV file."""
    for signature, words in SIGNATURES.items():
        if content.startswith(signature):
            message = f"{name} must be a text; it is {words}. Save it as CSV."
            raise refuse("source_unreadable", message, setting)
    if dialect.encoding.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return
    if b"\0" in content:
        message = (
            f"{name} must be a text in {dialect.encoding}; it holds NUL bytes. If it is UTF-16, "
            "say `data.csv.encoding: utf-16`."
        )
        raise refuse("source_unreadable", message, setting)


def _read_csv(content: bytes, dialect: CsvDialect) -> pa.Table:
    """Read every column as text; only an empty cell is missing."""
    reading = pyarrow.csv.ReadOptions(encoding=dialect.encoding, skip_rows=dialect.skip_lines)
    parsing = pyarrow.csv.ParseOptions(delimiter=dialect.delimiter, quote_char=dialect.quote)
    with pyarrow.csv.open_csv(pa.BufferReader(content), reading, parsing) as reader:
        names = reader.schema.names
    converting = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    return pyarrow.csv.read_csv(pa.BufferReader(content), reading, parsing, converting)


def _check_columns(name: str, table: pa.Table, setting: Setting) -> None:
    """Refuse a table of one column whose name is a row of names."""
    first = table.column_names[0]
    if table.num_columns == 1 and (signs := [sign for sign in ";\t|," if sign in first]):
        message = (
            f"{name} must have several columns; it has one, {first!r}. Say `data.csv.delimiter`, "
            f"perhaps {signs[0]!r}."
        )
        raise refuse("source_unreadable", message, setting)


def _check_lines(name: str, table: pa.Table, setting: Setting) -> None:
    """Refuse a cell that runs over lines: a quote that is not closed swallows all that follows."""
    for column, cells in zip(table.column_names, table.columns, strict=True):
        runs_over = pc.match_substring_regex(cells, "[\n\r]").combine_chunks()
        if pc.any(runs_over).as_py():
            row = pc.index(runs_over, value=True).as_py() + 1
            message = (
                f"{name} must hold one row per line; row {row} has a line break in column "
                f"{column!r}. Close the quote there, or take the line break out."
            )
            raise refuse("source_unreadable", message, setting)


def make_plain(table: pa.Table, name: str, setting: Setting) -> pa.Table:
    """Give numbers and text their plain types.

    Parameters
    ----------
    table : pyarrow.Table
        Any table.
    name : str
        What it is called in a message.
    setting : tuple of str
        The words of the spec that name it.

    Returns
    -------
    pyarrow.Table
        Decimals as float64, booleans as 0 and 1, dictionaries as text.

    Raises
    ------
    SourceError
        If it repeats a column, or holds several values in a cell.
    """
    repeated = [column for column, count in Counter(table.column_names).items() if count > 1]
    if repeated:
        named = shorten([repr(column) for column in repeated])
        message = f"{name} must name each column once; it repeats {named}."
        raise refuse("column_repeated", message, setting)
    if nested := [field.name for field in table.schema if pa.types.is_nested(field.type)]:
        named = shorten([repr(column) for column in nested])
        message = f"{name} must hold one value per cell; it holds more in {named}."
        raise refuse("column_nested", message, setting)
    columns = {
        field.name: _make_plain(cells) for field, cells in zip(table.schema, table, strict=True)
    }
    return pa.table(columns)


def _make_plain(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a column a type that pandas and Parquet both keep; the rest becomes text."""
    kind = cells.type
    if pa.types.is_decimal(kind):
        return cells.cast(pa.float64(), safe=False)  # The nearest number.
    if pa.types.is_boolean(kind):
        return cells.cast(pa.int8())
    if pa.types.is_timestamp(kind) and kind.tz:
        return cells.cast(pa.timestamp(kind.unit, "UTC"))
    known = (pa.types.is_integer, pa.types.is_floating, pa.types.is_date, pa.types.is_timestamp)
    if any(is_known(kind) for is_known in known):
        return cells
    try:
        return cells.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.chunked_array([[_show(value) for value in cells.to_pylist()]], pa.string())


def _show(value: object) -> str | None:
    """Write as text what is neither a number, a date nor text."""
    if isinstance(value, bytes):
        return value.hex()
    return None if value is None else str(value)

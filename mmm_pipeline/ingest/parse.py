"""From cells as delivered to dates and numbers, marking every cell that is neither."""

from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from mmm_pipeline.spec import CsvDialect, DataSource

NAN_WORDS = frozenset({"na", "n/a", "nan", "null", "none", "nat", "#n/a"})
"""Text that says that there is no value, whatever its case."""
DAYFIRST = r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})"
"""A date with the day first, as text."""
ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-]00:?00)?)?"
"""A full date, year first, with or without a time of day."""
UTC_SUFFIX = r"(Z|[+-]00:?00)$"
"""How a time of day says that it is in UTC."""
DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""A plain decimal number, so that 'inf', '0x1F' and '1_000' stay text."""

SPACE = " \t\r\n\u00a0\u202f\ufeff"
"""What may stand around a cell: not the control signs that Python counts as space too."""


class Days(NamedTuple):
    """A column of dates.

    Attributes
    ----------
    values : pandas.Series
        Days as ``datetime64[us]`` without time zone; missing where a cell is none.
    wanted : str
        How a date had to be written, for a message.
    """

    values: pd.Series
    wanted: str


class Numbers(NamedTuple):
    """A column of numbers.

    Attributes
    ----------
    values : pandas.Series
        float64; missing where a cell holds none.
    is_wrong : pandas.Series
        True where a cell holds something that is no number. An empty cell is not wrong.
    says_nan : pandas.Series
        True where a cell says that there is no number, which is more than to be empty.
    """

    values: pd.Series
    is_wrong: pd.Series
    says_nan: pd.Series


def parse_days(cells: pd.Series, source: DataSource) -> Days:
    """Read a column of days.

    Parameters
    ----------
    cells : pandas.Series
        Text as the spec says, ISO 8601 by default (``2024-01-31``, a time of day is cut off), or
        dates.
    source : DataSource
        The spec's, for `dayfirst` and `date_format`.

    Returns
    -------
    Days

    Examples
    --------
    >>> source = DataSource(path="a.csv", date="day", target="sales", dayfirst=True)
    >>> parse_days(pd.Series(["31/1/2024", "1/31/2024"]), source).values.tolist()
    [Timestamp('2024-01-31 00:00:00'), NaT]
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        days = cells.dt.tz_localize(None)
        wanted = "dates"
    elif source.date_format:
        days = pd.to_datetime(parse_texts(cells), format=source.date_format, errors="coerce")
        wanted = f"dates written {source.date_format}, as `data.date_format` says"
    elif source.dayfirst:
        text = parse_texts(cells)
        dashed = text.where(text.str.fullmatch(DAYFIRST)).str.replace("[./]", "-", regex=True)
        days = pd.to_datetime(dashed, format="%d-%m-%Y", errors="coerce")
        wanted = "dates such as 31/01/2024, as `data.dayfirst` says"
    else:
        text = parse_texts(cells)
        zoneless = text.where(text.str.fullmatch(ISO)).str.replace(UTC_SUFFIX, "", regex=True)
        days = pd.to_datetime(zoneless, format="ISO8601", errors="coerce")
        wanted = "ISO 8601 dates such as 2024-01-31"
    if pd.api.types.is_numeric_dtype(cells.dtype) and not source.date_format:
        days = pd.Series(pd.NaT, index=cells.index, name=cells.name)
    days = days.where(days.dt.year.between(1, 9999))
    return Days(days.dt.normalize().astype("datetime64[us]"), wanted)


def parse_numbers(cells: pd.Series, dialect: CsvDialect) -> Numbers:
    """Read a column of numbers.

    Parameters
    ----------
    cells : pandas.Series
        Text such as ``-12.5`` or ``1e3``, or numbers.
    dialect : CsvDialect
        For the decimal sign, and for what may stand between groups of three digits.

    Returns
    -------
    Numbers

    Examples
    --------
    >>> cells = pd.Series(["12", "a lot", "NaN", "", "1,200.5"])
    >>> parse_numbers(cells, CsvDialect(thousands=",")).values.tolist()
    [12.0, nan, nan, nan, 1200.5]
    >>> parse_numbers(cells, CsvDialect()).is_wrong.tolist()
    [False, True, False, False, True]
    """
    if pd.api.types.is_numeric_dtype(cells.dtype):
        none = pd.Series(data=False, index=cells.index)
        values = cells.astype("float64")
        is_told = isinstance(cells.dtype, pd.ArrowDtype)  # As it is read if it says NaN.
        return Numbers(values, none, values.isna() & cells.notna() if is_told else none)
    text = parse_texts(cells)
    plain = _write_plainly(text, dialect)
    plain = plain.where(plain.str.fullmatch(DECIMAL))
    digits = pa.array(plain.str.removeprefix("+"), type=pa.string(), from_pandas=True)
    values = pd.Series(digits.cast(pa.float64()).to_numpy(zero_copy_only=False), cells.index)
    says_nan = text.str.lower().isin(NAN_WORDS)
    is_wrong = values.isna() & ~says_nan & (text != "")
    return Numbers(values, is_wrong, says_nan)


def looks_grouped(cells: pd.Series, dialect: CsvDialect) -> bool:
    """Tell numbers whose decimal mark may well stand between thousands.

    Parameters
    ----------
    cells : pandas.Series
        Text, or numbers.
    dialect : CsvDialect
        How they are written.

    Returns
    -------
    bool
        Whether two cells or more have a mark, and exactly three digits follow it in all of them.

    Examples
    --------
    >>> looks_grouped(pd.Series(["72.060", "367", "1.250"]), CsvDialect())
    True
    >>> looks_grouped(pd.Series(["72.060", "1.25"]), CsvDialect())
    False
    """
    if pd.api.types.is_numeric_dtype(cells.dtype) or dialect.thousands:
        return False
    text = parse_texts(cells)
    marked = text[text.str.contains(dialect.decimal, regex=False)]
    return len(marked) > 1 and bool(
        marked.str.fullmatch(rf"[+-]?[1-9][0-9]{{0,2}}\{dialect.decimal}[0-9]{{3}}").all()
    )


def parse_texts(cells: pd.Series) -> pd.Series:
    """Read a column of labels.

    Parameters
    ----------
    cells : pandas.Series
        Text, or numbers that are names.

    Returns
    -------
    pandas.Series
        Text without space around it; empty where a cell holds nothing.

    Examples
    --------
    >>> parse_texts(pd.Series([" North", None])).tolist()
    ['North', '']
    """
    if pd.api.types.is_float_dtype(cells.dtype) and (cells.dropna() % 1 == 0).all():
        cells = cells.astype("float64").astype("Int64")  # So that 1 is called 1 in every table.
    text = cells if isinstance(cells.dtype, pd.StringDtype) else cells.astype("str")
    return text.mask(cells.isna(), "").str.strip(SPACE)


def _write_plainly(text: pd.Series, dialect: CsvDialect) -> pd.Series:
    """Write numbers with a point and without groups; what is grouped wrongly is no number."""
    decimal, thousands = dialect.decimal, dialect.thousands
    if thousands:
        point, group = rf"\{decimal}", rf"\{thousands}"
        grouped = rf"[+-]?[0-9]{{1,3}}({group}[0-9]{{3}})+({point}[0-9]*)?"
        is_grouped = text.str.fullmatch(grouped)
        text = text.where(~is_grouped, text.str.replace(thousands, "", regex=False))
    if decimal != ".":
        text = text.where(~text.str.contains(".", regex=False), "not a number")
        text = text.str.replace(decimal, ".", regex=False)
    return text

"""From cells as delivered to dates and numbers, naming every cell that is neither."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from mmm_pipeline.errors import Offence, Problem, shorten

MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none", "nat", "#n/a"})
"""Text that says a cell holds nothing, whatever its case."""
UTC_SUFFIX = r"(Z|[+-]00:?00)$"
"""How a time of day says that it is in UTC."""


class Parsed(NamedTuple):
    """A column with its type, and what stood in the way.

    Attributes
    ----------
    values : pandas.Series
        The column as dates or numbers; missing where a cell is neither.
    is_wrong : pandas.Series
        True where a cell holds something that is neither. An empty cell is not wrong.
    problems : list of Problem
        None or one.
    """

    values: pd.Series
    is_wrong: pd.Series
    problems: list[Problem]


def parse_dates(cells: pd.Series, shown_as: str) -> Parsed:
    """Read a column of days.

    Parameters
    ----------
    cells : pandas.Series
        Text in ISO 8601 (``2024-01-31``, a time of day is cut off), or dates.
    shown_as : str
        The column in a message, for example ``data/acme.csv, column 'week'``.

    Returns
    -------
    Parsed
        Days as ``datetime64[us]`` without time zone; ``not_a_date`` where a cell, empty or not,
        is none.

    Examples
    --------
    >>> parsed = parse_dates(pd.Series(["2024-01-01", "01/08/2024"], name="week"), "week")
    >>> parsed.problems[0].message
    "week must hold ISO 8601 dates such as 2024-01-31; got '01/08/2024' in row 2."
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        days = cells.dt.tz_localize(None).dt.normalize().astype("datetime64[us]")
    elif pd.api.types.is_numeric_dtype(cells.dtype):
        days = pd.Series(pd.NaT, index=cells.index, name=cells.name, dtype="datetime64[us]")
    else:
        text = cells.map(_text)
        zoneless = text.where(_is_iso(text)).str.replace(UTC_SUFFIX, "", regex=True)
        days = pd.to_datetime(zoneless, format="ISO8601", errors="coerce")
        days = days.dt.normalize().astype("datetime64[us]")
    bad = days.isna()
    if not bad.any():
        return Parsed(days, bad, [])
    offences = tuple(
        Offence(f"row {position + 1}", str(cells.name), str(cells.iloc[position]))
        for position in np.flatnonzero(bad)
    )
    named = shorten(
        [
            f"{'nothing' if _is_empty(offence.value) else repr(offence.value)} in {offence.date}"
            for offence in offences
        ]
    )
    message = f"{shown_as} must hold ISO 8601 dates such as 2024-01-31; got {named}."
    return Parsed(days, bad, [Problem("not_a_date", message, str(cells.name), offences=offences)])


def parse_numbers(cells: pd.Series, days: pd.Series, shown_as: str) -> Parsed:
    """Read a column of numbers.

    Parameters
    ----------
    cells : pandas.Series
        Text such as ``-12.5`` or ``1e3`` (a point for decimals, nothing between thousands), or
        numbers, or booleans.
    days : pandas.Series
        Date of each row, to name offenders by.
    shown_as : str
        The column in a message.

    Returns
    -------
    Parsed
        float64; ``not_a_number`` where a cell holds other text. An empty cell is not a problem
        here.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-08"]))
    >>> parsed = parse_numbers(pd.Series(["12", "a lot"], name="tv"), days, "column tv")
    >>> parsed.problems[0].message
    "column tv must hold numbers; got 'a lot' on 2024-01-08. Remove units, signs and separators."
    """
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return Parsed(cells.astype("float64"), pd.Series(data=False, index=cells.index), [])
    text = cells.map(_text)
    numbers = pd.to_numeric(text.where(_is_decimal(text)), errors="coerce").astype("float64")
    bad = numbers.isna() & ~text.map(_is_empty)
    if not bad.any():
        return Parsed(numbers, bad, [])
    offences = offend(cells, days, bad)
    named = shorten([f"{offence.value!r} on {offence.date}" for offence in offences])
    message = f"{shown_as} must hold numbers; got {named}. Remove units, signs and separators."
    problem = Problem("not_a_number", message, str(cells.name), offences=offences)
    return Parsed(numbers, bad, [problem])


def offend(cells: pd.Series, days: pd.Series, bad: pd.Series) -> tuple[Offence, ...]:
    """List the cells that a mask selects.

    Parameters
    ----------
    cells : pandas.Series
        One column.
    days : pandas.Series
        Date of each row; where it is missing, the row's number is named instead.
    bad : pandas.Series
        True for an offender.

    Returns
    -------
    tuple of Offence
        In the order of the rows.
    """
    return tuple(
        Offence(
            _name_row(days.iloc[position], int(position)),
            str(cells.name),
            str(cells.iloc[position]),
        )
        for position in np.flatnonzero(bad)
    )


def _name_row(day: pd.Timestamp, position: int) -> str:
    """Name a row by its date, or by its number where it has none."""
    return f"row {position + 1}" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _is_empty(text: str) -> bool:
    """Tell whether text says that there is nothing."""
    return text.strip().lower() in MISSING_WORDS


def _text(cell: object) -> str:
    """Write a cell as bare text; nothing for a missing one."""
    is_missing = cell is None or cell is pd.NA or cell != cell
    return "" if is_missing else str(cell).strip()


def _is_iso(text: pd.Series) -> pd.Series:
    """Select full dates, year first, with or without a time of day."""
    return text.str.fullmatch(
        r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]00:?00)?)?"
    )


def _is_decimal(text: pd.Series) -> pd.Series:
    """Select plain decimal numbers, so that 'inf', '0x1F' and '1_000' stay text."""
    return text.str.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")

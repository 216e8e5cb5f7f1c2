"""Tables as files that other programs open: Parquet, CSV, JSON."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a text begins with that a spreadsheet may run."""


def make_safe(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    Parameters
    ----------
    text : str
        A cell, or the name of a column.

    Returns
    -------
    str
        Any other text as it is.

    References
    ----------
    OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection. Texts are quoted
    too, so that none can begin a cell of its own.

    Examples
    --------
    >>> make_safe("=1+1"), make_safe("tv"), make_safe("a=1")
    ("'=1+1", 'tv', 'a=1')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def list_rows(frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Walk the rows of a table in Python's own types.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any table.

    Yields
    ------
    tuple
        Texts, numbers, booleans and dates; None where nothing is known, or a number is infinite,
        for which neither JSON nor a spreadsheet has a word.
    """
    finite = frame.replace([np.inf, -np.inf], np.nan)
    columns = [
        column.dt.date if pd.api.types.is_datetime64_any_dtype(column) else column
        for _, column in finite.items()
    ]
    plain = [column.astype(object).where(column.notna(), None).tolist() for column in columns]
    yield from zip(*plain, strict=True)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, with its attributes.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    path : pathlib.Path
        Where to.
    """
    frame.to_parquet(path, index=False)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: texts quoted and safe, numbers as they are, nothing where nothing is.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    path : pathlib.Path
        Where to; UTF-8 without a mark, which many programs take for part of the first name.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_STRINGS, lineterminator="\n")
        writer.writerow([make_safe(str(name)) for name in frame.columns])
        for row in list_rows(frame):
            writer.writerow([make_safe(one) if isinstance(one, str) else one for one in row])


def write_json(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as a list of records, one a line.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; dates become ISO 8601, what is not known null.
    path : pathlib.Path
        Where to.
    """
    names = [str(name) for name in frame.columns]
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for place, row in enumerate(list_rows(frame)):
            record = dict(zip(names, row, strict=True))
            text = json.dumps(record, default=str, allow_nan=False, ensure_ascii=False)
            file.write(f"{',' if place else ''}\n{text}")
        file.write("\n]\n")


WRITERS = {"parquet": write_parquet, "csv": write_csv, "json": write_json}
"""By the ending of the file."""

"""What every layout is brought to, and what all of them need on the way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mmm_pipeline.errors import Offence, Problem, shorten, suggest
from mmm_pipeline.ingest.parse import Days, Numbers, looks_grouped, parse_days
from mmm_pipeline.spec import CsvDialect, DataSource


@dataclass(frozen=True)
class Arranged:
    """A source with one row per date and cell, one column per series.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``date``, the dims as text, and each series under its name as float64.
    dims : tuple of str
        Names of the dims: those of the panel, then those that are added up over.
    is_wrong : dict of str to pandas.Series
        Cells of a series that a problem already speaks of.
    says_nan : dict of str to pandas.Series
        Cells of a series that say that there is no number.
    problems : list of Problem
        What is wrong with dates, labels and numbers.
    notes : list of Problem
        What was left out on the way, and is to be looked at.
    filled : dict of str to int
        How many cells of a series hold what the layout or the spec says they hold by default.
    """

    frame: pd.DataFrame
    dims: tuple[str, ...]
    is_wrong: dict[str, pd.Series] = field(default_factory=dict)
    says_nan: dict[str, pd.Series] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    filled: dict[str, int] = field(default_factory=dict)

    def with_series(self, name: str, values: pd.Series) -> "Arranged":
        """Replace one series.

        Parameters
        ----------
        name : str
            Of the series.
        values : pandas.Series
            On the same rows.

        Returns
        -------
        Arranged
        """
        return replace(self, frame=self.frame.assign(**{name: values}))

    def keep(self, rows: pd.Series) -> "Arranged":
        """Keep some of the rows, and number them anew.

        Parameters
        ----------
        rows : pandas.Series
            True for a row that stays.

        Returns
        -------
        Arranged
        """

        def cut(cells: dict[str, pd.Series]) -> dict[str, pd.Series]:
            return {name: mask[rows].reset_index(drop=True) for name, mask in cells.items()}

        frame = self.frame[rows].reset_index(drop=True)
        return replace(self, frame=frame, is_wrong=cut(self.is_wrong), says_nan=cut(self.says_nan))


def offend(
    rows: pd.DataFrame, dims: Sequence[str], cells: pd.Series, bad: pd.Series
) -> tuple[Offence, ...]:
    """List the cells that a mask selects.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``date`` and the dims of each row.
    dims : sequence of str
        Columns of `rows` that tell cells apart.
    cells : pandas.Series
        One column, as it is to be shown; its name is that of the column.
    bad : pandas.Series
        True for an offender.

    Returns
    -------
    tuple of Offence
        In the order of the rows. A row without a date is named by its number.
    """
    positions = np.flatnonzero(bad.to_numpy())
    chosen = rows.iloc[positions]
    days = chosen["date"].dt.strftime("%Y-%m-%d")
    numbers = pd.Series([f"row {position + 1}" for position in positions], chosen.index, str)
    named = days.where(chosen["date"].notna(), numbers)
    parts = zip(*(chosen[dim] for dim in dims), strict=True)
    labels = [" / ".join(filter(None, label)) for label in parts]
    values = [str(value) for value in cells.iloc[positions]]
    columns = (named, values, labels or [""] * len(positions))
    return tuple(
        Offence(day, str(cells.name), value, label)
        for day, value, label in zip(*columns, strict=True)
    )


def name_places(offences: Sequence[Offence]) -> str:
    """Name the places of offenders, each once.

    Parameters
    ----------
    offences : sequence of Offence
        In order.

    Returns
    -------
    str
        The first few, and how many more.
    """
    return shorten(list(dict.fromkeys(offence.place for offence in offences)))


def read_days(cells: pd.Series, source: DataSource, shown_as: str) -> tuple[Days, list[Problem]]:
    """Read dates, and tell those that are none.

    Parameters
    ----------
    cells : pandas.Series
        The column.
    source : DataSource
        The spec's.
    shown_as : str
        What the table is called in a message.

    Returns
    -------
    Days
    list of Problem
        None or one, ``not_a_date``.
    """
    days = parse_days(cells, source)
    bad = days.values.isna()
    if not bad.any():
        return days, []
    rows = pd.DataFrame({"date": days.values})
    offences = offend(rows, (), cells.mask(cells.isna(), ""), bad)
    named = shorten(
        [
            f"{repr(offence.value) if offence.value else 'nothing'} in {offence.date}"
            for offence in offences
        ]
    )
    message = f"{shown_as}: column {cells.name!r} must hold {days.wanted}; got {named}."
    if not (source.dayfirst or source.date_format):
        message += " If they are written otherwise, say `data.dayfirst` or `data.date_format`."
    return days, [Problem("not_a_date", message, str(cells.name), ("data", "date"), offences)]


def tell_not_a_number(
    rows: pd.DataFrame, dims: Sequence[str], cells: pd.Series, numbers: Numbers, shown_as: str
) -> list[Problem]:
    """Tell the cells that hold something else than a number.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``date`` and the dims of each row.
    dims : sequence of str
        Columns of `rows` that tell cells apart.
    cells : pandas.Series
        The column as delivered, under the name it is shown by.
    numbers : Numbers
        What was read of it.
    shown_as : str
        What the table is called in a message.

    Returns
    -------
    list of Problem
        None or one, ``not_a_number``.
    """
    if not numbers.is_wrong.any():
        return []
    offences = offend(rows, dims, cells, numbers.is_wrong)
    named = shorten([f"{offence.value!r} on {offence.place}" for offence in offences])
    message = (
        f"{shown_as}: column {cells.name!r} must hold numbers; got {named}. Remove units, signs "
        "and separators, or say `data.csv.decimal` and `data.csv.thousands`."
    )
    return [Problem("not_a_number", message, str(cells.name), offences=offences)]


def note_grouped(cells: pd.Series, dialect: CsvDialect, shown_as: str) -> list[Problem]:
    """Say that the decimal marks of a column may be marks between thousands.

    Parameters
    ----------
    cells : pandas.Series
        The column as delivered, under the name it is shown by.
    dialect : CsvDialect
        How its numbers are read.
    shown_as : str
        What the table is called in a message.

    Returns
    -------
    list of Problem
        None or one, ``thousands_or_decimals``.
    """
    if not looks_grouped(cells, dialect):
        return []
    mark = "a point" if dialect.decimal == "." else "a comma"
    message = (
        f"{shown_as}: every number of column {cells.name!r} with {mark} has three digits after it, "
        f"and is read as a fraction. If {mark} stands between thousands, say so in "
        "`data.csv.thousands` and `data.csv.decimal`."
    )
    return [Problem("thousands_or_decimals", message, str(cells.name), ("data", "csv"))]


def tell_missing_label(
    rows: pd.DataFrame, column: str, labels: pd.Series, shown_as: str
) -> list[Problem]:
    """Tell the rows of which it is not said to which cell they belong.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``date`` of each row.
    column : str
        Of the source.
    labels : pandas.Series
        Text.
    shown_as : str
        What the table is called in a message.

    Returns
    -------
    list of Problem
        None or one, ``missing_label``.
    """
    bad = labels == ""
    if not bad.any():
        return []
    offences = offend(rows, (), labels.rename(column), bad)
    message = (
        f"{shown_as}: column {column!r} must name a cell in every row; it is empty on "
        f"{name_places(offences)}."
    )
    return [Problem("missing_label", message, column, ("data", "panel"), offences)]


def tell_missing_columns(
    wanted: Mapping[str, tuple[str, ...]], there: Collection[str], shown_as: str
) -> list[Problem]:
    """Say which columns are absent, which there are, and which ones may be meant.

    Parameters
    ----------
    wanted : mapping of str to tuple of str
        Words of the spec that name a column, by column.
    there : collection of str
        Columns of the table.
    shown_as : str
        What the table is called in a message.

    Returns
    -------
    list of Problem
        ``missing_column``.
    """
    return [
        Problem(
            "missing_column",
            f"`{'.'.join(setting)}` must name a column of {shown_as}; there is no {column!r}. "
            f"It has: {shorten(list(there), shown=40)}.{suggest(column, there)}",
            column,
            setting,
            is_of_spec=True,
        )
        for column, setting in wanted.items()
        if column not in there
    ]

"""Which columns an export has, and whether that is what it had before."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from mmm_pipeline.errors import SpecError
from mmm_pipeline.exports.tables import Export
from mmm_pipeline.spec import ColumnChoice, ExportName, refuse_columns

type Schema = Mapping[str, Sequence[tuple[str, str]]]
"""Name and type of each column in order, by table."""
type Drift = Literal["none", "minor", "major"]

TYPES = {"f": "number", "i": "integer", "u": "integer", "b": "boolean", "M": "date"}
"""Types by NumPy's letter; whatever is none of these is text."""


def choose_columns(export: Export, choices: Mapping[ExportName, ColumnChoice]) -> dict[str, str]:
    """Choose the columns of an export.

    Parameters
    ----------
    export : Export
        The table.
    choices : mapping of str to ColumnChoice
        What the spec says, by table.

    Returns
    -------
    dict of str to str
        The name that is delivered by the one this package knows, in the order of delivery.

    Raises
    ------
    SpecError
        If a column is not there, or must not be hidden, or two would have one name.
    """
    choice, columns = choices.get(export.name, ColumnChoice()), list(export.frame.columns)
    where = f"`exports.columns.{export.name}"
    for word, message in refuse_columns(choice, columns, {*export.keys, export.kpi}):
        raise SpecError(f"{where}.{word}` {message}")
    shown = [one for one in dict.fromkeys((*choice.order, *columns)) if one not in choice.hide]
    names = {column: choice.rename.get(column, column) for column in shown}
    if twice := [one for n, one in enumerate(names.values()) if one in list(names.values())[:n]]:
        message = (
            f"{where}.rename` must give a name that no other column has; {twice[0]!r} is taken"
        )
        raise SpecError(message)
    return names


def list_types(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """List the columns of a table with their types.

    Parameters
    ----------
    frame : pandas.DataFrame
        As it is delivered.

    Returns
    -------
    list of tuple of str
        Name, and ``number``, ``integer``, ``boolean``, ``date`` or ``text``.
    """
    return [(str(name), TYPES.get(kind.kind, "text")) for name, kind in frame.dtypes.items()]


def compare_schemas(before: Schema, now: Schema) -> tuple[Drift, list[str]]:
    """Tell how far the columns of exports have changed.

    Parameters
    ----------
    before, now : mapping of str to sequence of tuple
        Of the last export and of this one.

    Returns
    -------
    drift : {"none", "minor", "major"}
        Minor where columns or tables were added or stand in another order, which what reads them
        by name survives; major where some are gone or of another type.
    sentences : list of str
        What changed, the gravest first.
    """
    gone, added = [], []
    for table in dict.fromkeys((*before, *now)):
        if table not in now:
            gone.append(f"`{table}` is gone")
        elif table not in before:
            added.append(f"`{table}` was added")
        else:
            graver, lighter = _compare_columns(table, dict(before[table]), dict(now[table]))
            gone += graver
            added += lighter
    word: Drift = "major" if gone else "minor" if added else "none"
    return word, [*gone, *added]


def _compare_columns(
    table: str, before: Mapping[str, str], now: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Compare two tables: what breaks a reader, and what does not."""
    gone = [f"`{table}.{name}` is gone" for name in before if name not in now]
    gone += [
        f"`{table}.{name}` was {before[name]} and is {now[name]}"
        for name in before
        if name in now and before[name] != now[name]
    ]
    added = [f"`{table}.{name}` was added" for name in now if name not in before]
    common = [name for name in before if name in now]
    if common != [name for name in now if name in before]:
        added.append(f"the columns of `{table}` stand in another order")
    return gone, added

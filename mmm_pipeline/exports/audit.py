"""Whether a catalogue says what the exports say that it was made from."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from mmm_pipeline.exports.catalogue import COMBINED, VALUE, Entry, quote_name
from mmm_pipeline.exports.columns import COMBINED as SIDE_BY_SIDE
from mmm_pipeline.exports.reconcile import SAME
from mmm_pipeline.spec import EXPORT_NAMES, KPI


def find_differences(path: Path, entries: Sequence[Entry]) -> list[str]:
    """Add up what every view says, and compare it with the exported tables.

    Parameters
    ----------
    path : pathlib.Path
        The catalogue.
    entries : sequence of Entry
        What it was made from.

    Returns
    -------
    list of str
        A sentence for every number of rows and every sum of a column, model by model, that is
        another; and for every `kpi_total` that is not the sum over the models.
    """
    included = [entry for entry in entries if not entry.reason]
    with duckdb.connect(str(path), read_only=True) as connection:
        found = [
            words
            for entry in included
            for table in EXPORT_NAMES
            if table in entry.frames
            for words in _compare(connection, entry, table)
        ]
        return found + (list(_compare_combined(connection)) if included else [])


def _compare(connection: duckdb.DuckDBPyConnection, entry: Entry, table: str) -> Iterator[str]:
    """Compare one table of a model."""
    columns = _read_numbers(entry, table)
    sums = ", ".join(f"sum({quote_name(name)})" for name in columns)
    query = f"SELECT count(*), {sums or 'NULL'} FROM {table} WHERE model = ?"  # noqa: S608  # ours
    n_rows, *totals = connection.execute(query, [entry.model]).fetchone() or (0,)
    if n_rows != len(entry.frames[table]):
        yield f"{table} has {n_rows} rows of {entry.model}, not {len(entry.frames[table])}"
    for (name, values), total in zip(columns.items(), totals, strict=False):
        expected, size = math.fsum(values), math.fsum(abs(values))
        if not math.isclose(total or 0.0, expected, rel_tol=SAME, abs_tol=SAME * size):
            yield f"{name} of {entry.model} in {table} adds up to {total!r}, not to {expected!r}"


def _read_numbers(entry: Entry, table: str) -> dict[str, pd.Series]:
    """Read the numbers of an exported table, by the names that the catalogue gives them."""
    known = {one["name"]: one["known_as"] for one in entry.description["tables"][table]["columns"]}
    frame = entry.frames[table].rename(columns=known)
    numbers = frame.select_dtypes("number")
    return {
        VALUE if str(name).startswith(KPI) else str(name): values.dropna()
        for name, values in numbers.items()
    }


def _compare_combined(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Compare what stands side by side with what stands below each other."""
    for table in COMBINED:
        query = (
            f"SELECT (SELECT sum(kpi_total) FROM {table}{SIDE_BY_SIDE}), "  # noqa: S608  # ours
            f"sum({VALUE}), sum(abs({VALUE})) FROM {table}"
        )
        total, expected, size = connection.execute(query).fetchone() or (0.0, 0.0, 0.0)
        if not math.isclose(total, expected, rel_tol=SAME, abs_tol=SAME * size):
            name = f"{table}{SIDE_BY_SIDE}"
            yield f"kpi_total of {name} adds up to {total!r}, not to {expected!r}"

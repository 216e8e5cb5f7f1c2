"""Tables of a DuckDB file, and answers to queries that see nothing else."""

from pathlib import Path

import duckdb
import pyarrow as pa

from mmm_pipeline.errors import shorten, suggest
from mmm_pipeline.ingest.sources import Setting, first_line, load_files, refuse, resolve_source
from mmm_pipeline.ingest.tables import make_plain, read_files
from mmm_pipeline.spec import CsvDialect, Query

CONFINED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "lock_configuration": "true",
}
"""What keeps a query inside its file: no other file, no network, no extension."""

TABLES = "SELECT table_name FROM information_schema.tables ORDER BY table_name"
"""Lists what a DuckDB file has."""


def show_place(place: str | Query) -> str:
    """Name a source in a message.

    Parameters
    ----------
    place : str or Query
        A path of the spec.

    Returns
    -------
    str
    """
    if isinstance(place, str):
        return place
    if place.table:
        return f"{place.duckdb}, table {place.table}"
    return f"the query of {place.duckdb or ', '.join(place.tables.values())}"


def ask(root: Path, query: Query, dialect: CsvDialect, setting: Setting) -> pa.Table:
    """Answer a query that sees its own file and its own tables only.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    query : Query
        What the spec says.
    dialect : CsvDialect
        How CSV files are written.
    setting : tuple of str
        The words of the spec that name it.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    SourceError
        If a file is not there, or the query does not answer, or would do more than read.
    """
    file = resolve_source(root, query.duckdb, (*setting, "duckdb")) if query.duckdb else None
    tables = {
        name: read_files(
            load_files(root, path, (*setting, "tables", name)), dialect, (*setting, "tables", name)
        )
        for name, path in query.tables.items()
    }
    try:
        with duckdb.connect(
            str(file or ":memory:"), read_only=file is not None, config=CONFINED
        ) as connection:
            for name, table in tables.items():
                connection.register(name, table)
            answer = _select(connection, query, setting)
    except duckdb.Error as error:
        message = f"{show_place(query)} cannot be read: {first_line(error)}."
        raise refuse("query_failed", message, setting) from None
    return make_plain(answer, show_place(query), setting)


def _select(connection: duckdb.DuckDBPyConnection, query: Query, setting: Setting) -> pa.Table:
    """Run the one statement there may be, if it only reads."""
    if query.sql is None:
        try:
            return connection.table(str(query.table)).to_arrow_table()
        except duckdb.CatalogException:
            there = [str(row[0]) for row in connection.sql(TABLES).fetchall()]
            message = (
                f"`{'.'.join(setting)}.table` must name a table of {query.duckdb}; there is no "
                f"{query.table!r}. It has: {shorten(there, shown=40)}."
                f"{suggest(str(query.table), there)}"
            )
            raise refuse("query_failed", message, (*setting, "table")) from None
    statements = duckdb.extract_statements(query.sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        message = f"`{'.'.join(setting)}.sql` must be one SELECT; got {query.sql!r}."
        raise refuse("query_failed", message, (*setting, "sql"))
    return connection.sql(query.sql).to_arrow_table()

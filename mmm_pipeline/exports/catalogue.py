"""The exports of all models in one DuckDB file, with views that say what they hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from mmm_pipeline.exports.columns import COMBINED as SIDE_BY_SIDE
from mmm_pipeline.exports.columns import describe_column
from mmm_pipeline.spec import EXPORT_NAMES, KPI

VALUE = "kpi_value"
"""What the column of target units is called, whatever the target of a model."""
MODELS = "models"
FACTS = (
    *("model", "brand", "kpi", "target", "currency", "grain", "first_date", "last_date"),
    *("fit_id", "fitted_at", "verdict"),
)
VIEWS = {
    MODELS: "Every model, the fit that its rows were made from, and why it is left out if it is.",
    "decomps_stacked": "Where each model's target came from: a row per model, date, cell of a "
    "panel and component.",
    "media_results": "What each channel cost, showed and brought: a row per model, date, cell and "
    "channel.",
    "actual_vs_fitted": "Each model's target as it was observed and as the model fits it, per date "
    "and cell.",
    "channel_returns": "What each channel of each model earned on its spend.",
    "returns_by_period": "The same in every quarter and year.",
    "response_curves": "How each channel's response per period bends with its spend.",
    "contributions_by_period": "Where each model's target came from in every week, month, quarter "
    "and year.",
    "carryover_curves": "Which part of what an exposure brings comes in which period after it.",
    "seasonal_indices": "When in the year each channel earns more than usual, and the target is "
    "higher.",
    "recommendations": "Whether to spend more, as much or less on each channel of each model, and "
    "why.",
    "budget_scenarios": "The plan of every scenario of every model.",
    "scenario_comparison": "The scenarios of each model side by side, against today's plan.",
    "budget_frontier": "What budgets from a tenth to twice of today's would bring.",
    "disaggregated_results": "Each channel's contribution, split over its campaigns, creatives or "
    "publishers.",
}
COMBINED = {
    "decomps_stacked": ("decomp_lvl1", "decomp_lvl2", "decomp"),
    "media_results": ("decomp_lvl1", "decomp_lvl2", "decomp"),
    "actual_vs_fitted": ("series",),
}
"""Views that stand the models side by side, and what their rows are told apart by, besides date
and what the target is."""


@dataclass(frozen=True)
class Entry:
    """What a catalogue has of one model.

    Attributes
    ----------
    model : str
        Its name.
    description : mapping of str to object
        What its export says of itself, from `Bundle.describe`; empty where there is none.
    frames : mapping of str to pandas.DataFrame
        Its exported tables; empty where it is left out.
    reason : str
        Why it is left out; nothing where it is not.
    """

    model: str
    description: Mapping[str, Any] = field(default_factory=dict)
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    reason: str = ""


def write_catalogue(entries: Sequence[Entry], path: Path) -> None:
    """Write a catalogue: tables in the schema `data`, documented views over them in `main`.

    The rows are in the file itself, not in Parquet files beside it, so that it opens wherever it
    is put. Columns bear the names that this package gives them, whatever an export calls them.

    Parameters
    ----------
    entries : sequence of Entry
        All models.
    path : pathlib.Path
        A file that is not there yet.
    """
    included = [entry for entry in entries if not entry.reason]
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA data")
        _create(connection, MODELS, [_list_models(entries)])
        for table in EXPORT_NAMES:
            parts = [_name_as_known(entry, table) for entry in included if table in entry.frames]
            if parts:
                _create(connection, table, parts)
        if included:
            for name, keys in COMBINED.items():
                _combine(connection, name, keys, [entry.model for entry in included])


def _list_models(entries: Sequence[Entry]) -> pa.Table:
    """List all models with what is known of them."""
    columns = {
        fact: pa.array([entry.description.get(fact) for entry in entries], pa.string())
        for fact in FACTS[1:]
    }
    columns = {"model": pa.array([entry.model for entry in entries], pa.string())} | columns
    for name in ("first_date", "last_date"):
        columns[name] = columns[name].cast(pa.date32())
    columns["is_included"] = pa.array([not entry.reason for entry in entries], pa.bool_())
    columns["reason"] = pa.array([entry.reason or None for entry in entries], pa.string())
    return pa.table(columns)


def _name_as_known(entry: Entry, table: str) -> pa.Table:
    """Give the columns of an exported table the names that this package gives them."""
    frame = entry.frames[table]
    known = {one["name"]: one["known_as"] for one in entry.description["tables"][table]["columns"]}
    names = [known[str(name)] for name in frame.columns]
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    columns = {
        VALUE if name.startswith(KPI) else name: _as_days(values)
        for name, values in zip(names, rows.columns, strict=True)
    }
    return pa.table({"model": pa.array([entry.model] * len(frame), pa.string()), **columns})


def _as_days(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Make dates of moments."""
    return values.cast(pa.date32()) if pa.types.is_timestamp(values.type) else values


def _create(connection: duckdb.DuckDBPyConnection, name: str, parts: Sequence[pa.Table]) -> None:
    """Create a table of what several models have, and the view that is read."""
    for place, part in enumerate(parts):
        connection.register(f"part_{place}", part)
    rows = " UNION ALL BY NAME ".join(f"FROM part_{place}" for place in range(len(parts)))
    connection.execute(f"CREATE TABLE data.{name} AS {rows}")
    for place in range(len(parts)):
        connection.unregister(f"part_{place}")
    _view(connection, name, f"FROM data.{name}", VIEWS[name])


def _combine(
    connection: duckdb.DuckDBPyConnection, table: str, keys: Sequence[str], models: Sequence[str]
) -> None:
    """Stand models side by side: their target units in a column each, and in total."""
    there = connection.table(f"data.{table}").columns  # What every model hides is not.
    shown = [one for one in ((VALUE, KPI), ("spend", "spend_")) if one[0] in there]
    sums = [
        f"sum({measure}) FILTER (model = {_quote_text(model)}) AS {quote_name(prefix + label)}"
        for measure, prefix in shown
        for model, label in _label(models)
    ]
    told = [key for key in ("date", "wc_mon", *keys) if key in there]
    columns = ", ".join(("kpi", "currency", "grain", *told, *sums))
    query = (
        f"SELECT {columns}, sum({VALUE}) AS kpi_total FROM data.{table} "  # noqa: S608  # ours
        f"JOIN (SELECT model, kpi, currency, grain FROM data.{MODELS}) USING (model) GROUP BY ALL"
    )
    words = (
        f"The models of `{table}` side by side: a column each, and kpi_total, their sum. Revenue "
        "is added to revenue and counts to counts, of one currency and of periods of one length. "
        "Spend has no total: models may share it."
    )
    _view(connection, f"{table}{SIDE_BY_SIDE}", query, words)


def _label(models: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name each model's column; one that is called total is not taken for the sum."""
    for model in models:
        yield model, "model_total" if model.lower() == "total" else model


def _view(connection: duckdb.DuckDBPyConnection, name: str, query: str, words: str) -> None:
    """Create a view, and say of it and of each of its columns what it holds."""
    connection.execute(f"CREATE VIEW {name} AS {query}")
    connection.execute(f"COMMENT ON VIEW {name} IS {_quote_text(words)}")
    for column in connection.table(name).columns:
        meaning = _quote_text(describe_column(column, name))
        connection.execute(f"COMMENT ON COLUMN {name}.{quote_name(column)} IS {meaning}")


def quote_name(name: str) -> str:
    """Write a name in SQL.

    Parameters
    ----------
    name : str
        Any.

    Returns
    -------
    str
    """
    return '"' + name.replace('"', '""') + '"'


def _quote_text(text: str) -> str:
    """Write a text in SQL."""
    return "'" + text.replace("'", "''") + "'"

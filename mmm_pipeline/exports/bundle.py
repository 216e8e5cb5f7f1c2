"""Everything that is exported of one fit, as it is delivered, and what says what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmm_pipeline.exports.columns import describe_column
from mmm_pipeline.exports.schema import Schema, choose_columns, list_types
from mmm_pipeline.exports.tables import Export
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.model.identity import digest_table, digest_text

EXPORT_ID = "export_id"
"""Attribute of a delivered table that names the export it was made in."""

WORKBOOK = "workbook.xlsx"
"""File that holds all tables."""


@dataclass(frozen=True)
class Delivered:
    """One table as it is delivered.

    Attributes
    ----------
    words : str
        What a row is.
    frame : pandas.DataFrame
        With the names, the choice and the order of columns that the spec asks for.
    names : mapping of str to str
        The name that is delivered by the one this package knows.
    meanings : mapping of str to str
        What each delivered column holds.
    """

    words: str
    frame: pd.DataFrame
    names: Mapping[str, str]
    meanings: Mapping[str, str]


@dataclass(frozen=True)
class Bundle:
    """The tables of one export, and what they have in common.

    Attributes
    ----------
    facts : mapping of str to object
        Of model and fit, as plain data.
    tables : mapping of str to Delivered
        By name.
    """

    facts: Mapping[str, Any]
    tables: Mapping[str, Delivered]

    @property
    def export_id(self) -> str:
        """Name of all that is in it, so that files of two exports are not taken for one."""
        digests = {name: digest_table(one.frame) for name, one in self.tables.items()}
        return digest_text({"facts": dict(self.facts), "tables": digests})

    def describe(self) -> dict[str, Any]:
        """Write down what the export is, so that it can be read without this package.

        Returns
        -------
        dict
            Plain data: `export_id`, the facts, and of each table its `description`, `rows` and
            `columns` (`name`, `type`, `description`, `known_as`: its name before any renaming).
        """
        return {"export_id": self.export_id, **self.facts, "tables": self._describe_tables()}

    def _describe_tables(self) -> dict[str, Any]:
        """Write down what each table is."""
        found = {}
        for name, one in self.tables.items():
            known = {delivered: own for own, delivered in one.names.items()}
            columns = [
                {
                    "name": column,
                    "type": kind,
                    "description": one.meanings[column],
                    "known_as": known[column],
                }
                for column, kind in list_types(one.frame)
            ]
            found[name] = {"description": one.words, "rows": len(one.frame), "columns": columns}
        return found


def bundle_exports(fit: ConvergedFit, exports: Sequence[Export]) -> Bundle:
    """Give tables the columns that the spec asks for, and say what they are of.

    Parameters
    ----------
    fit : ConvergedFit
        The fit they were made from.
    exports : sequence of Export
        The tables.

    Returns
    -------
    Bundle

    Raises
    ------
    SpecError
        If the spec speaks of columns that are not there.
    """
    spec = fit.spec
    tables = {}
    for one in exports:
        names = choose_columns(one, spec.exports.columns)
        frame = one.frame[list(names)].rename(columns=names)
        meanings = {names[column]: describe_column(column, one.name) for column in names}
        tables[str(one.name)] = Delivered(one.words, frame, names, meanings)
    dates = pd.DatetimeIndex(fit.features["date"].to_numpy())
    facts = {
        "model": spec.name,
        "brand": spec.exports.brand or spec.name,
        "kpi": spec.data.kpi,
        "target": " x ".join(spec.data.target_columns),
        "currency": spec.data.currency or "",
        "grain": fit.features.attrs["grain"],
        "first_date": f"{dates[0]:%Y-%m-%d}",
        "last_date": f"{dates[-1]:%Y-%m-%d}",
        "fit_id": fit.fit_id,
        "fitted_at": str(fit.trace.attrs["fitted_at"]),
        "verdict": fit.verdict.word,
        "force_to_actuals": spec.exports.force_to_actuals,
    }
    return Bundle(facts, tables)


def read_schema(description: Mapping[str, Any] | None) -> Schema:
    """Read which columns an export had.

    Parameters
    ----------
    description : mapping or None
        From `Bundle.describe`.

    Returns
    -------
    mapping of str to sequence of tuple
        Name and type of each column, by table; empty where there is no export.
    """
    tables = (description or {}).get("tables", {})
    return {
        name: [(column["name"], column["type"]) for column in table["columns"]]
        for name, table in tables.items()
    }

"""A Master Flat File: one record per period, variable, and dims of the variable's own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from mmm_pipeline.errors import DataError, Problem
from mmm_pipeline.ingest.layouts.arranged import Arranged
from mmm_pipeline.ingest.layouts.mff_checks import find_record_problems, note_unmapped
from mmm_pipeline.ingest.layouts.mff_records import (
    Records,
    choose_weights,
    name_columns,
    read_records,
)
from mmm_pipeline.ingest.layouts.spread import spread_over_cells
from mmm_pipeline.ingest.roles import Role, Source, list_roles
from mmm_pipeline.spec import ModelSpec


def arrange_mff(raw: pd.DataFrame, spec: ModelSpec) -> Arranged:
    """Bring every variable of a flat file to the periods and cells of the panel.

    Finer records are added up (or brought together as the control's `aggregate` says). A
    variable without a dim of the panel is split over it by `weights` if it is an amount, and
    repeated if it is a control that is averaged. Media without a record spent nothing; a record
    that says NaN is kept, and is told.

    Parameters
    ----------
    raw : pandas.DataFrame
        As delivered.
    spec : ModelSpec
        The model.

    Returns
    -------
    Arranged

    Raises
    ------
    DataError
        If a column or variable is not there, or its records cannot be told apart.
    """
    records = read_records(raw, spec)
    roles = list_roles(spec)
    records.problems.extend(find_record_problems(records, spec, roles))
    if any(problem.code != "not_a_number" for problem in records.problems):
        raise DataError(records.problems)
    records.notes.extend(note_unmapped(records, roles))
    grid = _build_grid(records)
    arranged = Arranged(grid, tuple(records.panel), problems=records.problems, notes=records.notes)
    columns: dict[str, pd.Series] = {}
    # What amounts are split by comes first.
    for role in sorted(roles, key=lambda role: role.kind not in {"target", "population"}):
        for source in role.sources:
            brought = _bring_to_grid(records, role, source, grid, spec)
            series = brought.values
            arranged.says_nan[source.name] = brought.says_nan
            if role.is_media:
                arranged.filled[source.name] = int(brought.is_absent.sum())
                series = series.mask(brought.is_absent, 0.0)
            if brought.lacking and role.aggregate == "sum":
                weights = _weigh(records, columns, grid, spec)
                series = series * spread_over_cells(
                    grid, brought.lacking, weights, records.problems
                )
                records.notes.append(_note_split(role, source, brought.lacking, spec))
            columns[source.name] = series
    return replace(arranged, frame=pd.concat([grid, pd.DataFrame(columns)], axis=1))


class _Brought(NamedTuple):
    """A series on the rows of the grid.

    Attributes
    ----------
    values : pandas.Series
        Missing where there is no record, or one that says NaN.
    says_nan, is_absent : pandas.Series
        Which of the two.
    lacking : list of str
        The panel's dims that the series does not have.
    """

    values: pd.Series
    says_nan: pd.Series
    is_absent: pd.Series
    lacking: list[str]


def _build_grid(records: Records) -> pd.DataFrame:
    """List every period with every cell."""
    table = records.table
    labels = [table.loc[table[dim] != "", dim] for dim in records.panel.values()]
    levels = [np.sort(values.unique()) for values in (table["date"], *labels)]
    index = pd.MultiIndex.from_product(levels, names=["date", *records.panel])
    grid = index.to_frame(index=False)
    return grid.astype({"date": "datetime64[us]", **dict.fromkeys(records.panel, "str")})


def _bring_to_grid(
    records: Records, role: Role, source: Source, grid: pd.DataFrame, spec: ModelSpec
) -> _Brought:
    """Aggregate what is finer, repeat what is coarser, and mark what is absent."""
    table = records.of(source)
    if (declared := name_columns(spec).dimensions.get(source.column)) is not None:
        table = table.drop_duplicates(["date", *declared])
        dims = [name for name, dim in records.panel.items() if dim in declared]
    else:
        dims = records.dims_of(table)
    keys = ["date", *dims]
    named = pd.DataFrame(
        {
            "date": table["date"],
            **{name: table[records.panel[name]] for name in dims},
            "_value": table["value"],
            "_is_nan": table["value"].isna(),
        }
    )
    groups = named.groupby(keys, as_index=False)
    how = "first" if len(named) == groups.ngroups else role.aggregate
    values = groups.agg(_value=("_value", how), _is_nan=("_is_nan", "any"))
    values["_value"] = values["_value"].mask(values["_is_nan"])
    joined = grid[keys].merge(values, "left", keys)
    return _Brought(
        joined["_value"],
        joined["_is_nan"].eq(True),  # noqa: FBT003
        joined["_is_nan"].isna(),
        [name for name in records.panel if name not in dims],
    )


def _note_split(role: Role, source: Source, lacking: list[str], spec: ModelSpec) -> Problem:
    """Say that an amount was split, and by what."""
    message = (
        f"Variable {source.name!r} has no {' and no '.join(lacking)}, and was split over it by "
        f"weights: {choose_weights(spec)}."
    )
    return Problem("split_amount", message, source.column, role.setting)


def _weigh(
    records: Records, columns: Mapping[str, pd.Series], grid: pd.DataFrame, spec: ModelSpec
) -> pd.DataFrame | None:
    """Look up how much each period and cell weighs when an amount is split."""
    word = choose_weights(spec)
    if word == "equal":
        return None
    if word == "population":
        values = columns[str(spec.data.population)]
    elif word == "sales":
        values = pd.concat([columns[name] for name in spec.data.target_columns], axis=1).prod(
            axis=1, skipna=False
        )
    else:
        role = Role(word, "control", (Source(word),), ("data", "mff", "weights"), "mean")
        values = _bring_to_grid(records, role, role.sources[0], grid, spec).values
    return grid.assign(_value=values)

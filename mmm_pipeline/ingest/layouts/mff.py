"""A Master Flat File: one record per period, variable, and dims of the variable's own."""

import numpy as np
import pandas as pd

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.layouts.arranged import Arranged
from mmm_pipeline.ingest.layouts.mff_checks import find_record_problems
from mmm_pipeline.ingest.layouts.mff_records import Records, name_columns, read_records
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
    grid = _build_grid(records)
    arranged = Arranged(grid, tuple(records.panel), problems=records.problems, notes=records.notes)
    columns = {}
    for role in roles:
        for source in role.sources:
            columns[source.name] = _bring_to_grid(records, role, source, arranged, spec)
    frame = pd.concat([grid, pd.DataFrame(columns)], axis=1)
    return Arranged(
        frame,
        arranged.dims,
        {name: pd.Series(data=False, index=frame.index) for name in columns},
        arranged.says_nan,
        arranged.problems,
        arranged.notes,
        arranged.filled,
    )


def _build_grid(records: Records) -> pd.DataFrame:
    """List every period with every cell."""
    table = records.table
    labels = [table.loc[table[dim] != "", dim] for dim in records.panel.values()]
    levels = [np.sort(values.unique()) for values in (table["date"], *labels)]
    index = pd.MultiIndex.from_product(levels, names=["date", *records.panel])
    grid = index.to_frame(index=False)
    return grid.astype({"date": "datetime64[us]", **dict.fromkeys(records.panel, "str")})


def _bring_to_grid(
    records: Records, role: Role, source: Source, arranged: Arranged, spec: ModelSpec
) -> pd.Series:
    """Aggregate what is finer, spread what is coarser, and mark what is absent."""
    table = records.of(source)
    if (declared := name_columns(spec).dimensions.get(source.column)) is not None:
        table = table.drop_duplicates(["date", *declared])
        dims = [name for name, dim in records.panel.items() if dim in declared]
    else:
        dims = records.dims_of(table)
    keys = ["date", *dims]
    named = table.assign(**{name: table[records.panel[name]] for name in dims})
    named["is_nan"] = named["value"].isna()
    groups = named.groupby(keys, as_index=False)
    how = "first" if len(named) == groups.ngroups else role.aggregate
    values = groups.agg(value=("value", how), is_nan=("is_nan", "any"))
    values["value"] = values["value"].mask(values["is_nan"])
    joined = arranged.frame[keys].merge(values, "left", keys)
    absent = joined["is_nan"].isna()
    arranged.says_nan[source.name] = joined["is_nan"].eq(True)  # noqa: FBT003
    series = joined["value"]
    if role.is_media:
        arranged.filled[source.name] = int(absent.sum())
        series = series.mask(absent, 0.0)
    lacking = [name for name in records.panel if name not in dims]
    if lacking and role.aggregate == "sum":
        series = series * spread_over_cells(
            arranged.frame, lacking, _weigh(records, spec), records.problems
        )
    return series.rename(source.name)


def _weigh(records: Records, spec: ModelSpec) -> pd.DataFrame | None:
    """Choose the records whose totals say how much of an amount belongs to a cell."""
    word = name_columns(spec).weights
    if word == "equal":
        return None
    variables = {"population": (spec.data.population,), "sales": spec.data.target_columns}
    chosen = variables.get(word, (word,))
    table = records.table[records.table["variable"].isin(chosen[:1])]
    return table.assign(**{name: table[dim] for name, dim in records.panel.items()})

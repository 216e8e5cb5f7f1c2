"""Records of a Master Flat File that cannot be told apart, or do not say where they belong."""

from collections.abc import Sequence

import pandas as pd

from mmm_pipeline.errors import Problem, shorten
from mmm_pipeline.ingest.layouts.arranged import name_places, offend, suggest
from mmm_pipeline.ingest.layouts.mff_records import Records, name_columns
from mmm_pipeline.ingest.roles import Role, Source
from mmm_pipeline.spec import MFF_DIMENSIONS, ModelSpec


def find_record_problems(records: Records, spec: ModelSpec, roles: Sequence[Role]) -> list[Problem]:
    """Look for records that contradict each other or the spec.

    Parameters
    ----------
    records : Records
        The file.
    spec : ModelSpec
        The model.
    roles : sequence of Role
        What its variables stand for.

    Returns
    -------
    list of Problem
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for role in roles:
        for source in role.sources:
            table = records.of(source)
            if not len(table):
                problems.append(_tell_no_record(records, role, source))
                continue
            problems += _find_mixed(records, table, role, source)
            if source.column not in seen:
                seen.add(source.column)
                problems += _find_varying(records, spec, source.column)
                problems += _find_repeated(records, spec, source.column)
    return problems


def _tell_no_record(records: Records, role: Role, source: Source) -> Problem:
    """Say that nothing of a variable meets its conditions."""
    dim, texts = source.where[0]
    there = sorted(set(records.table.loc[records.table["variable"] == source.column, dim]))
    message = (
        f"`media.{role.setting[1]}.where` must be met by records of {source.column!r} in "
        f"{records.shown}; none says {dim}={'|'.join(texts)}. It holds: {shorten(there, shown=20)}."
        f"{suggest(texts[0], there)}"
    )
    setting = ("media", role.setting[1], "where")
    return Problem("missing_variable", message, source.column, setting, is_of_spec=True)


def _find_mixed(records: Records, table: pd.DataFrame, role: Role, source: Source) -> list[Problem]:
    """Refuse a variable that some records place in the panel and others do not."""
    problems = []
    for name, dim in records.panel.items():
        blank = table[dim] == ""
        if role.kind == "target" and blank.all():
            message = (
                f"{records.shown}: variable {source.column!r} must have the dim {dim!r} of the "
                f"panel; no record fills it in. Take {name!r} out of `data.panel`."
            )
            setting = ("data", "panel", name)
            problems.append(Problem("mixed_dimension", message, source.column, setting))
        elif blank.any() and not blank.all():
            cells = table["as_written"].rename(source.column)
            offences = offend(table, (), cells, blank)
            message = (
                f"{records.shown}: variable {source.column!r} must have the dim {dim!r} in every "
                f"record or in none; it is empty on {name_places(offences)}."
            )
            problems.append(
                Problem("mixed_dimension", message, source.column, role.setting, offences)
            )
    return problems


def _find_varying(records: Records, spec: ModelSpec, variable: str) -> list[Problem]:
    """Refuse a variable that varies over a dim which it is said not to have."""
    declared = name_columns(spec).dimensions.get(variable)
    if declared is None:
        return []
    table = records.table[records.table["variable"] == variable]
    varies = table.groupby(["date", *declared])["value"].transform("nunique", dropna=False) > 1
    if not varies.any():
        return []
    has = " x ".join(["period", *declared])
    offences = offend(table, (), table["as_written"].rename(variable), varies)
    message = (
        f"{records.shown}: variable {variable!r} is said to have one value per {has}; it has "
        f"several on {name_places(offences)}."
    )
    setting = ("data", "mff", "dimensions", variable)
    return [Problem("varies_over_dimension", message, variable, setting, offences)]


def _find_repeated(records: Records, spec: ModelSpec, variable: str) -> list[Problem]:
    """Refuse two records of the same period, variable and dims."""
    if variable in name_columns(spec).dimensions:
        return []  # Copies of one value are what `dimensions` allows.
    table = records.table[records.table["variable"] == variable]
    repeated = table.duplicated(["date", *MFF_DIMENSIONS], keep=False)
    if not repeated.any():
        return []
    offences = offend(table, (), table["as_written"].rename(variable), repeated)
    message = (
        f"{records.shown}: variable {variable!r} must have one record per period and dims; it "
        f"repeats {name_places(offences)}."
    )
    return [Problem("duplicate_record", message, variable, ("data", "path"), offences)]

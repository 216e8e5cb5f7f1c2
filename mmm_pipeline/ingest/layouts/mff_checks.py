"""Records of a Master Flat File that cannot be told apart, or do not say where they belong."""

from collections.abc import Sequence

import pandas as pd

from mmm_pipeline.errors import Problem, shorten, suggest
from mmm_pipeline.ingest.layouts.arranged import name_places, offend
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
    if len(spec.data.target_columns) > 1:
        problems += _find_finer_value(records, spec)
    return [*problems, *_find_ambiguous(records, roles)]


def note_unmapped(records: Records, roles: Sequence[Role]) -> list[Problem]:
    """Say which records of a channel's variable no channel takes.

    Parameters
    ----------
    records : Records
        The file.
    roles : sequence of Role
        What its variables stand for.

    Returns
    -------
    list of Problem
        ``unmapped_records``.
    """
    problems = []
    for variable, taken in _count_takers(records, roles).items():
        if (bad := taken == 0).any():
            table = records.table.loc[taken.index]
            offences = offend(table, (), table["as_written"].rename(variable), bad)
            total = table["value"].sum()
            share = table.loc[bad, "value"].sum() / total if total else 0.0
            message = (
                f"{int(bad.sum())} records of {variable!r} in {records.shown} are of no channel, "
                f"{share:.1%} of its total: {name_places(offences)}."
            )
            setting = ("media",)
            problems.append(Problem("unmapped_records", message, variable, setting, offences))
    return problems


def _count_takers(records: Records, roles: Sequence[Role]) -> dict[str, pd.Series]:
    """Count, for each variable that media take, the channels that take each record."""
    takers: dict[str, pd.Series] = {}
    for role in roles:
        for source in role.sources if role.is_media else ():
            chosen = records.table["variable"] == source.column
            if source.column not in takers:
                takers[source.column] = pd.Series(0, index=records.table.index[chosen])
            takers[source.column].loc[records.of(source).index] += 1
    return takers


def _find_ambiguous(records: Records, roles: Sequence[Role]) -> list[Problem]:
    """Refuse records that would be counted twice."""
    problems = []
    for variable, taken in _count_takers(records, roles).items():
        if (bad := taken > 1).any():
            table = records.table.loc[taken.index]
            offences = offend(table, (), table["as_written"].rename(variable), bad)
            message = (
                f"{records.shown}: a record of variable {variable!r} must be of one channel; "
                f"several take those of {name_places(offences)}. Tell them apart by `where`."
            )
            setting = ("media",)
            problems.append(Problem("ambiguous_record", message, variable, setting, offences))
    return problems


def _find_finer_value(records: Records, spec: ModelSpec) -> list[Problem]:
    """Refuse a value per count that is finer than the panel: sums cannot be multiplied."""
    variable = spec.data.target_columns[1]
    table = records.table[records.table["variable"] == variable]
    keys = ["date", *records.panel.values()]
    finer = table.duplicated(keys, keep=False)
    declared = name_columns(spec).dimensions.get(variable)
    if not finer.any() or (declared is not None and set(declared) <= set(keys)):
        return []
    offences = offend(table, (), table["as_written"].rename(variable), finer)
    message = (
        f"{records.shown}: variable {variable!r} must have one record per period and cell of the "
        f"panel, since the count is multiplied by it; it has several on {name_places(offences)}. "
        "Deliver the product as a variable of its own."
    )
    setting = ("data", "target", "value")
    return [Problem("varies_over_dimension", message, variable, setting, offences)]


def _tell_no_record(records: Records, role: Role, source: Source) -> Problem:
    """Say that nothing of a variable meets its conditions, or lies in the window."""
    if not source.where or not (records.table["variable"] == source.column).any():
        message = (
            f"`{'.'.join(role.setting)}` must name a variable with records in `data.window`; "
            f"{source.column!r} has none there."
        )
        return Problem("missing_variable", message, source.column, role.setting, is_of_spec=True)
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
    cells = table["as_written"].rename(variable)
    offences = offend(table, MFF_DIMENSIONS, cells, repeated)
    message = (
        f"{records.shown}: variable {variable!r} must have one record per period and dims; it "
        f"repeats {name_places(offences)}."
    )
    return [Problem("duplicate_record", message, variable, ("data", "path"), offences)]

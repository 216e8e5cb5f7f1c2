"""Records of a Master Flat File: read, told apart, and refused where they cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.errors import DataError, Problem, shorten, suggest
from mmm_pipeline.ingest.layouts.arranged import (
    note_grouped,
    read_days,
    tell_missing_columns,
    tell_not_a_number,
)
from mmm_pipeline.ingest.layouts.window import is_used
from mmm_pipeline.ingest.parse import Numbers, parse_numbers, parse_texts
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.roles import Role, Source, list_roles
from mmm_pipeline.spec import MFF_DIMENSIONS, MasterFlatFile, ModelSpec

KNOWN_WEIGHTS = frozenset({"equal", "population", "sales"})
"""Words for weights that are no variable of the file."""


@dataclass(frozen=True)
class Records:
    """The records of the variables that the spec names.

    Attributes
    ----------
    table : pandas.DataFrame
        ``date``, ``variable``, ``value``, ``as_written``, and a column for each dim, empty text
        where a record does not say.
    panel : dict of str to str
        Dim of the file by dim of the panel.
    shown : str
        What the file is called in a message.
    problems, notes : list of Problem
        What was found so far.
    """

    table: pd.DataFrame
    panel: dict[str, str]
    shown: str
    problems: list[Problem]
    notes: list[Problem]

    def of(self, source: Source) -> pd.DataFrame:
        """Select the records of one series.

        Parameters
        ----------
        source : Source
            The series.

        Returns
        -------
        pandas.DataFrame
        """
        chosen = self.table["variable"] == source.column
        for dim, texts in source.where:
            chosen &= self.table[dim].isin(texts)
        return self.table[chosen]

    def dims_of(self, records: pd.DataFrame) -> list[str]:
        """List the panel's dims that records fill in.

        Parameters
        ----------
        records : pandas.DataFrame
            Of one series.

        Returns
        -------
        list of str
        """
        return [name for name, dim in self.panel.items() if (records[dim] != "").any()]


def name_columns(spec: ModelSpec) -> MasterFlatFile:
    """Take the spec's names of a flat file.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    MasterFlatFile
    """
    assert spec.data.mff is not None  # noqa: S101  # the spec's validator saw to it
    return spec.data.mff


def choose_weights(spec: ModelSpec) -> str:
    """Say by what an amount is split over a dim that it does not have.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    str
        ``equal``, ``population``, ``sales``, or a variable.
    """
    default = "population" if spec.data.population else "equal"
    return name_columns(spec).weights or default


def read_records(raw: pd.DataFrame, spec: ModelSpec) -> Records:
    """Read dates, variables, dims and values of the records that are used.

    Parameters
    ----------
    raw : pandas.DataFrame
        As delivered.
    spec : ModelSpec
        The model.

    Returns
    -------
    Records

    Raises
    ------
    DataError
        If a column or a variable is not there.
    """
    mff, shown = name_columns(spec), show_place(spec.data.path)
    roles = list_roles(spec)
    _require_columns(raw, spec, roles, shown)
    variables = parse_texts(raw[mff.variable])
    wanted = _list_variables(spec, roles)
    _require_variables(wanted, variables, shown)
    notes = _note_unused(variables, set(wanted), mff.variable, shown)
    raw = raw[variables.isin(list(wanted))]
    days, problems = read_days(raw[spec.data.date], spec.data, shown)
    used = is_used(days.values, spec)
    raw, dates = raw[used].reset_index(drop=True), days.values[used].reset_index(drop=True)
    numbers = parse_numbers(raw[mff.value], spec.data.csv)
    table = pd.DataFrame(
        {
            "date": dates,
            "variable": parse_texts(raw[mff.variable]),
            "value": numbers.values.mask(numbers.is_wrong, 1.0),
            "as_written": raw[mff.value],
        }
    )
    for dim in MFF_DIMENSIONS:
        column = getattr(mff, dim)
        table[dim] = parse_texts(raw[column]) if column in raw.columns else ""
    problems += _tell_no_numbers(table, numbers, shown)
    for variable in table["variable"].unique():
        cells = table.loc[table["variable"] == variable, "as_written"].rename(variable)
        notes += note_grouped(cells, spec.data.csv, shown)
    return Records(table, dict(spec.data.panel), shown, problems, notes)


def _list_variables(spec: ModelSpec, roles: Sequence[Role]) -> dict[str, tuple[str, ...]]:
    """List the variables that the spec names, with the words that do."""
    wanted = {source.column: role.setting for role in roles for source in role.sources}
    if (weights := choose_weights(spec)) not in KNOWN_WEIGHTS:
        wanted.setdefault(weights, ("data", "mff", "weights"))
    for variable in name_columns(spec).dimensions:
        wanted.setdefault(variable, ("data", "mff", "dimensions", variable))
    return wanted


def _require_columns(raw: pd.DataFrame, spec: ModelSpec, roles: Sequence[Role], shown: str) -> None:
    """Refuse a file that lacks columns the spec needs."""
    mff, there = name_columns(spec), [str(column) for column in raw.columns]
    wanted: dict[str, tuple[str, ...]] = {
        spec.data.date: ("data", "date"),
        mff.variable: ("data", "mff", "variable"),
        mff.value: ("data", "mff", "value"),
    }
    asked = {dim for role in roles for source in role.sources for dim, _ in source.where}
    problems = []
    for dim in sorted(asked - set(MFF_DIMENSIONS)):
        known = ", ".join(MFF_DIMENSIONS)
        message = f"`where` must name dims of a flat file ({known}); got {dim!r}."
        problems.append(Problem("missing_column", message, dim, ("media",), is_of_spec=True))
    asked |= set(spec.data.panel.values())
    asked |= {dim for dims in mff.dimensions.values() for dim in dims}
    for dim in MFF_DIMENSIONS:
        if dim in asked:
            wanted[getattr(mff, dim)] = ("data", "mff", dim)
    problems += tell_missing_columns(wanted, there, shown)
    if problems:
        raise DataError(problems)


def _require_variables(
    wanted: dict[str, tuple[str, ...]], variables: pd.Series, shown: str
) -> None:
    """Refuse a file that has no record of a variable."""
    there = sorted(set(variables) - {""})
    problems = [
        Problem(
            "missing_variable",
            f"`{'.'.join(setting)}` must name a variable of {shown}; there is no {variable!r}. "
            f"It has: {shorten(there, shown=40)}.{suggest(variable, there)}",
            variable,
            setting,
            is_of_spec=True,
        )
        for variable, setting in wanted.items()
        if variable not in there
    ]
    if problems:
        raise DataError(problems)


def _note_unused(variables: pd.Series, wanted: set[str], column: str, shown: str) -> list[Problem]:
    """Say which variables nobody asked for."""
    unused = sorted(set(variables) - wanted - {""})
    if not unused:
        return []
    message = f"{shown} holds variables that the spec does not name: {shorten(unused)}."
    return [Problem("unused_variables", message, column, ("data", "path"))]


def _tell_no_numbers(table: pd.DataFrame, numbers: Numbers, shown: str) -> list[Problem]:
    """Tell the values that are no numbers, variable by variable."""
    problems = []
    for variable in table.loc[numbers.is_wrong, "variable"].unique():
        chosen = table["variable"] == variable
        cells = table.loc[chosen, "as_written"].rename(variable)
        part = Numbers(*(mask[chosen] for mask in numbers))
        problems += tell_not_a_number(table[chosen], (), cells, part, shown)
    return problems

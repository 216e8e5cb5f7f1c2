"""Results of experiments, from what was delivered to what is known to hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DataError, Problem, shorten, suggest
from mmm_pipeline.ingest.parse import parse_days, parse_numbers, parse_texts
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.read import EXPERIMENTS_SETTING
from mmm_pipeline.spec import ModelSpec

REQUIRED = ("channel", "start", "end", "spend", "lift", "standard_error")
"""Columns that a table of experiments has."""
OPTIONAL = ("name", "market")
"""Columns that it may have, beside the dims of the panel."""


@dataclass(frozen=True)
class LiftTest:
    """What an experiment found.

    Attributes
    ----------
    name : str
        Its own, or its channel and first day.
    channel : str
        That it tried.
    start, end : pandas.Timestamp
        First and last day.
    spend : float
        Money put on top of what would have been spent, or, below 0, withheld.
    lift : float
        Target units that this brought in those days, or, below 0, cost.
    standard_error : float
        Of the lift, target units.
    market : float
        Share of the market that it ran in, up to 1.
    cell : mapping of str to str
        Labels of the panel's dims that it ran in; of those that are not named, all.
    """

    name: str
    channel: str
    start: pd.Timestamp
    end: pd.Timestamp
    spend: float
    lift: float
    standard_error: float
    market: float
    cell: Mapping[str, str]

    @property
    def n_days(self) -> int:
        """Its length in days."""
        return int((self.end - self.start).days) + 1


def validate_lift_tests(raw: pd.DataFrame, spec: ModelSpec, features: xr.Dataset) -> list[LiftTest]:
    """Check the results of experiments.

    Parameters
    ----------
    raw : pandas.DataFrame
        As delivered, a row for each: the columns `REQUIRED`, and those of `OPTIONAL` and of the
        panel's dims where there are any; empty for a market of 1, and for all cells.
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Whose dims are the panel's.

    Returns
    -------
    list of LiftTest

    Raises
    ------
    DataError
        With every problem found.
    """
    shown = show_place(spec.experiments or "")
    known = (*REQUIRED, *OPTIONAL, *spec.data.panel)
    columns = [str(column) for column in raw.columns]
    problems = [
        _tell(f"{shown} must have the column {one!r}; it has: {shorten(columns, shown=20)}.")
        for one in REQUIRED
        if one not in columns
    ]
    problems += [
        _tell(
            f"{shown}: column {one!r} is none of an experiment's: {', '.join(known)}."
            f"{suggest(one, known)} Take it out."
        )
        for one in columns
        if one not in known
    ]
    if problems:
        raise DataError(problems)
    table = _read(raw, spec)
    problems = [*_check_rows(table, spec, shown), *_check_cells(table, spec, features, shown)]
    problems += _check_names(table, shown)
    if problems:
        raise DataError(problems)
    return [_make(row, spec) for row in table.to_dict("records")]


def _make(row: Mapping[Any, Any], spec: ModelSpec) -> LiftTest:
    """Take a row that was checked."""
    cell = {dim: row[dim] for dim in spec.data.panel if row[dim]}
    words = {name: row[name] for name in ("name", *REQUIRED, "market")}
    return LiftTest(**words, cell=cell)


def _read(raw: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Read every column as what it is to hold; what is none is missing."""
    table = pd.DataFrame({"channel": parse_texts(raw["channel"])})
    for column in ("start", "end"):
        table[column] = parse_days(raw[column], spec.data).values
    for column in ("spend", "lift", "standard_error"):
        table[column] = parse_numbers(raw[column], spec.data.csv).values
    table["market"] = 1.0
    if "market" in raw:
        numbers = parse_numbers(raw["market"], spec.data.csv)
        table["market"] = numbers.values.mask(parse_texts(raw["market"]) == "", 1.0)
    for dim in spec.data.panel:
        table[dim] = parse_texts(raw[dim]) if dim in raw else ""
    own = table["channel"] + " " + table["start"].dt.strftime("%Y-%m-%d").fillna("")
    if "name" in raw:
        stated = parse_texts(raw["name"])
        own = stated.where(stated != "", own)
    table.insert(0, "name", own)
    return table


def _check_rows(table: pd.DataFrame, spec: ModelSpec, shown: str) -> Iterator[Problem]:
    """Hold every row against what an experiment must be."""
    bought = spec.bought_media
    rules: Mapping[str, tuple[pd.Series, str]] = {
        "channel": (
            table["channel"].isin(bought),
            f"must name a channel that money is spent on ({', '.join(bought)})",
        ),
        "start": (table["start"].notna(), "must hold a date, written as those of the data"),
        "end": (table["end"].notna(), "must hold a date, written as those of the data"),
        "spend": (
            table["spend"].notna() & (table["spend"] != 0),
            "must hold a number that is not 0: money put on top, or, below 0, withheld",
        ),
        "lift": (table["lift"].notna(), "must hold a number, target units"),
        "standard_error": (table["standard_error"] > 0, "must hold a number above 0"),
        "market": (
            table["market"].gt(0) & table["market"].le(1),
            "must hold a share of the market, above 0 and up to 1",
        ),
    }
    for column, (holds, rule) in rules.items():
        if not holds.all():
            yield _tell(f"{shown}: column {column!r} {rule}; it does not {_name_rows(~holds)}.")
    late = table["end"] < table["start"]
    if late.any():
        yield _tell(
            f"{shown}: an experiment must not end before it starts; one does on {_name_rows(late)}."
        )


def _check_cells(
    table: pd.DataFrame, spec: ModelSpec, features: xr.Dataset, shown: str
) -> Iterator[Problem]:
    """Find the cells of every row."""
    for dim in spec.data.panel:
        labels = features[dim].to_numpy().tolist()
        unknown = ~table[dim].isin([*labels, ""])
        if unknown.any():
            yield _tell(
                f"{shown}: column {dim!r} must name one of {shorten(labels, shown=20)}, or nothing "
                f"for all; it does not {_name_rows(unknown)}."
            )


def _check_names(table: pd.DataFrame, shown: str) -> Iterator[Problem]:
    """Give every experiment a name of its own."""
    repeated = table["name"].duplicated(keep=False)
    if repeated.any():
        yield _tell(
            f"{shown}: every experiment must have a name of its own; {_name_rows(repeated)} share "
            "one. Say it in a column `name`."
        )


def _name_rows(bad: pd.Series) -> str:
    """Name rows by their numbers."""
    numbers = [f"row {number + 1}" for number in bad.reset_index(drop=True).index[bad.to_numpy()]]
    return f"in {shorten(numbers)}"


def _tell(message: str) -> Problem:
    """Word a problem of the table."""
    return Problem("bad_experiment", message, setting=EXPERIMENTS_SETTING)

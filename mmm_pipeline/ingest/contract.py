"""What a source and a validated frame must be, as Pandera schemas."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
import pandera.pandas as pa

from mmm_pipeline.ingest.grain import build_calendar, detect_grain
from mmm_pipeline.ingest.layouts import Arranged
from mmm_pipeline.ingest.roles import list_roles
from mmm_pipeline.spec import ModelSpec

MIN_PERIODS = 20
"""Fewest periods a model is fitted to: below, the parameters outnumber what the data can tell."""

type Breach = tuple[str, str | None]
"""Code of a rule, and the column that breaks it; None where it is the table as a whole."""

PRESENT = pa.Check(pd.Series.notna, error="missing_value", ignore_na=False)
FINITE = pa.Check(lambda cells: ~np.isinf(cells), error="infinite_value")


def find_source_breaches(arranged: Arranged) -> list[Breach]:
    """Hold a source against what every source must be: complete, finite, regular.

    Parameters
    ----------
    arranged : Arranged
        The source. A cell that a problem already speaks of is not told twice.

    Returns
    -------
    list of tuple
        In the order of the columns, the calendar first.
    """
    dims = arranged.dims
    frame = arranged.frame.assign(
        **{
            name: arranged.frame[name].mask(is_wrong, 1.0)
            for name, is_wrong in arranged.is_wrong.items()
        }
    )
    series = [name for name in frame.columns if name not in {"date", *dims}]
    schema = pa.DataFrameSchema(
        {
            "date": pa.Column("datetime64[us]", nullable=True),
            **{dim: pa.Column("str") for dim in dims},
            **{name: pa.Column("float64", [PRESENT, FINITE], nullable=True) for name in series},
        },
        checks=_check_calendar(dims),
        strict=True,
        name="source",
    )
    return _find_breaches(schema, frame)


def build_schema(spec: ModelSpec) -> pa.DataFrameSchema:
    """Write the contract of a model's validated frame.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    pandera.pandas.DataFrameSchema
        Every check carries the code of its rule as its error.
    """
    kinds: dict[str, list[pa.Check]] = {
        "target": [pa.Check(_varies, error="constant_column")],
        "control": [pa.Check(_varies, error="constant_column")],
        "population": [pa.Check(lambda cells: cells > 0, error="bad_population")],
        "spend": [
            pa.Check(lambda cells: cells >= 0, error="negative_media"),
            pa.Check(_is_ever_on, error="idle_channel"),
        ],
    }
    kinds["exposure"] = kinds["reach"] = kinds["spend"]
    floors = [name for name, control in spec.controls.items() if not control.allow_negative]
    floor = pa.Check(lambda cells: cells >= 0, error="negative_control")
    numbers = {
        role.column: pa.Column(
            "float64",
            [PRESENT, FINITE, *kinds[role.kind], *([floor] if role.column in floors else [])],
            nullable=True,
        )
        for role in list_roles(spec)
    }
    expect = spec.data.expect
    fewest = max(MIN_PERIODS, expect.min_periods or 0)
    length = [pa.Check(lambda table: _count(table) >= fewest, error="too_few_periods")]
    if (most := expect.max_periods) is not None:
        length.append(pa.Check(lambda table: _count(table) <= most, error="too_many_periods"))
    return pa.DataFrameSchema(
        {
            "date": pa.Column("datetime64[us]", nullable=True),
            **{dim: pa.Column("str") for dim in spec.data.panel},
            **numbers,
        },
        checks=[*_check_calendar(list(spec.data.panel)), *length],
        strict=True,
        ordered=True,
        name=f"{spec.name}/validated_data",
        description="One row per period and cell; numbers as float64, dates without time zone.",
    )


def find_breaches(frame: pd.DataFrame, spec: ModelSpec, told: Collection[str] = ()) -> list[Breach]:
    """Hold a frame against its contract.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of the validated frame.
    spec : ModelSpec
        The model.
    told : collection of str
        Codes of rules that the source has been held against, and not kept.

    Returns
    -------
    list of tuple
    """
    found = _find_breaches(build_schema(spec), frame)
    found += [
        ("contacts_without_reach", f"reach_{name}")
        for name in spec.reach_columns
        if is_without_reach(frame, name).any()
    ]
    return [(code, column) for code, column in found if code not in told]


def is_without_reach(frame: pd.DataFrame, channel: str) -> pd.Series:
    """Mark the rows in which a channel had contacts and reached nobody.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of the validated frame.
    channel : str
        One with `reach`.

    Returns
    -------
    pandas.Series
        Of booleans.
    """
    bad: pd.Series = (frame[f"exposure_{channel}"] > 0) & (frame[f"reach_{channel}"] == 0)
    return bad


def find_missing_rows(frame: pd.DataFrame, dims: Sequence[str]) -> pd.DataFrame:
    """List the periods and cells between the first and the last that have no row.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``date`` and the dims.
    dims : sequence of str
        What tells the rows of a period apart.

    Returns
    -------
    pandas.DataFrame
        ``date`` and the dims, in order. Empty where the calendar itself is in doubt: what a row
        without a date, or off the grid, stands for is not known.
    """
    days = pd.DatetimeIndex(frame["date"].dropna())
    grain = detect_grain(days)
    if grain is None or len(days) < len(frame) or not _is_regular(frame):
        return frame.iloc[:0][["date", *dims]]
    there = frame[["date", *dims]].drop_duplicates()
    calendar = pd.DataFrame({"date": build_calendar(days, grain)}).astype({"date": days.dtype})
    wanted = calendar.merge(frame[list(dims)].drop_duplicates(), how="cross") if dims else calendar
    joined = wanted.merge(there, "left", ["date", *dims], indicator="_origin")
    missing = joined.loc[joined["_origin"] == "left_only", ["date", *dims]]
    return missing.sort_values(["date", *dims], ignore_index=True)


def _check_calendar(dims: Sequence[str]) -> list[pa.Check]:
    """Require one row for each period and cell, and no period left out."""
    keys = ["date", *dims]
    rules: dict[str, Callable[[pd.DataFrame], bool]] = {
        "duplicate_period": lambda table: (
            not table.loc[table["date"].notna(), keys].duplicated().any()
        ),
        "irregular_calendar": _is_regular,
        "missing_period": lambda table: find_missing_rows(table, dims).empty,
    }
    return [pa.Check(rule, error=code) for code, rule in rules.items()]


def _find_breaches(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> list[Breach]:
    """Validate lazily, and name each rule and column that is broken once."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    is_whole = cases["schema_context"] == "DataFrameSchema"
    broken = cases.assign(column=cases["column"].where(~is_whole, ""))
    pairs = broken[["check", "column"]].drop_duplicates().itertuples(index=False)
    return [(str(code), str(column) or None) for code, column in pairs]


def _count(table: pd.DataFrame) -> int:
    """Count distinct dates."""
    return int(table["date"].nunique())


def _varies(cells: pd.Series) -> bool:
    """Hold if there are two values at least; an empty column is told to be empty, not constant."""
    present = cells.dropna()
    return present.empty or bool((present != present.iloc[0]).any())


def _is_ever_on(cells: pd.Series) -> bool:
    """Hold if something was spent; an empty column is told to be empty, not idle."""
    present = cells.dropna()
    return present.empty or bool((present != 0).any())


def _is_regular(table: pd.DataFrame) -> bool:
    """Hold if the distinct dates are days, weeks or months, all on one grid."""
    index = pd.DatetimeIndex(table["date"].dropna())
    grain = detect_grain(index)
    if index.nunique() < 2:
        return True
    return grain is not None and bool(index.isin(build_calendar(index, grain)).all())

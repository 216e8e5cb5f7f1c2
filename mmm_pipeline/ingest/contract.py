"""What a validated frame must be, as a Pandera schema, and how a breach is told."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from mmm_pipeline.errors import Offence, Problem, shorten
from mmm_pipeline.ingest.grain import build_calendar, detect_grain
from mmm_pipeline.ingest.parse import offend
from mmm_pipeline.spec import ModelSpec

MIN_PERIODS = 20
"""Fewest periods a model is fitted to: below, the parameters outnumber what the data can tell."""


@dataclass(frozen=True)
class ColumnRole:
    """What a column of the validated frame stands for.

    Attributes
    ----------
    column : str
        Its name in the validated frame.
    source : str
        Its name in the source.
    setting : tuple of str
        The words of the spec that name it.
    """

    column: str
    source: str
    setting: tuple[str, ...]


def list_roles(spec: ModelSpec) -> list[ColumnRole]:
    """List the columns of the validated frame in their order.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    list of ColumnRole
        ``date``, ``target``, ``spend_<channel>``..., ``<control>``...
    """
    return [
        ColumnRole("date", spec.data.date, ("data", "date")),
        ColumnRole("target", spec.data.target, ("data", "target")),
        *(
            ColumnRole(f"spend_{name}", column, ("media", name, "spend"))
            for name, column in spec.spend_columns.items()
        ),
        *(
            ColumnRole(name, column, ("controls", name, "column"))
            for name, column in spec.control_columns.items()
        ),
    ]


def build_schema(spec: ModelSpec) -> pa.DataFrameSchema:
    """Write the contract of a model's validated frame.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    pandera.pandas.DataFrameSchema
        Every check carries its code as its error; the codes are the keys of `TELL`.
    """
    present = pa.Check(pd.Series.notna, error="missing_value", ignore_na=False)
    finite = pa.Check(lambda cells: ~np.isinf(cells), error="infinite_value")
    varies = pa.Check(_varies, error="constant_column")
    spent = [
        pa.Check(lambda cells: cells >= 0, error="negative_spend"),
        pa.Check(_is_ever_on, error="all_zero_channel"),
    ]
    once = pa.Check(lambda days: ~days.duplicated(keep=False), error="duplicate_period")
    calendar = [
        pa.Check(_is_regular, error="irregular_calendar"),
        pa.Check(_has_no_gap, error="missing_period", ignore_na=False),
    ]
    enough = pa.Check(lambda days: days.nunique() >= MIN_PERIODS, error="too_few_periods")
    numbers = {
        role.column: pa.Column(
            "float64",
            [present, finite, *(spent if role.setting[0] == "media" else [varies])],
            nullable=True,
        )
        for role in list_roles(spec)[1:]
    }
    date = pa.Column("datetime64[us]", [once, *calendar, enough], nullable=True)
    return pa.DataFrameSchema(
        {"date": date, **numbers},
        strict=True,
        ordered=True,
        name=f"{spec.name}/validated_data",
        description="One row per period; numbers as float64, dates without time zone.",
    )


def find_breaches(frame: pd.DataFrame, spec: ModelSpec, source: str) -> list[Problem]:
    """Hold a parsed frame against its contract and tell every breach.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of `list_roles`, rows in the order of the source.
    spec : ModelSpec
        The model.
    source : str
        What the source is called in a message.

    Returns
    -------
    list of Problem
        One for each column and rule that is broken; empty if all hold.
    """
    try:
        build_schema(spec).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    roles = {role.column: role for role in list_roles(spec)}
    broken = cases[["column", "check"]].drop_duplicates().itertuples(index=False)
    return [TELL[check](frame, roles[column], source) for column, check in broken]


def _varies(cells: pd.Series) -> bool:
    """Hold if there are two values at least; an empty column is told to be empty, not constant."""
    present = cells.dropna()
    return present.empty or bool((present != present.iloc[0]).any())


def _is_ever_on(cells: pd.Series) -> bool:
    """Hold if something was spent; an empty column is told to be empty, not idle."""
    present = cells.dropna()
    return present.empty or bool((present != 0).any())


def _is_regular(days: pd.Series) -> bool:
    """Hold if the distinct dates are days, weeks or months, all on one grid."""
    index = pd.DatetimeIndex(days.dropna())
    grain = detect_grain(index)
    if index.nunique() < 2:
        return True
    return grain is not None and bool(index.isin(build_calendar(index, grain)).all())


def _has_no_gap(days: pd.Series) -> bool:
    """Hold if no period between the first and the last is absent."""
    return len(_missing_periods(days)) == 0


def _missing_periods(days: pd.Series) -> pd.DatetimeIndex:
    """List absent periods; none where the calendar itself is in doubt."""
    index = pd.DatetimeIndex(days.dropna())
    grain = detect_grain(index)
    if grain is None or len(index) < len(days) or not _is_regular(days):
        return index[:0]  # What a row without a date, or off the grid, stands for is not known.
    return build_calendar(index, grain).difference(index)


def _breach(
    code: str, frame: pd.DataFrame, role: ColumnRole, bad: pd.Series, message: str
) -> Problem:
    """Fill `{dates}` of a message with the offenders' dates, and keep the offenders."""
    cells = frame[role.column].rename(role.source)
    offences = offend(cells, frame["date"], bad)
    dates = shorten(list(dict.fromkeys(offence.date for offence in offences)))
    return Problem(code, message.replace("{dates}", dates), role.source, role.setting, offences)


def _tell_missing_value(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    bad = frame[role.column].isna()
    advice = "Write 0 where nothing was spent." if role.setting[0] == "media" else "Fill them in."
    message = (
        f"{source}: column {role.source!r} must hold a number in every row; it is empty or NaN "
        f"on {{dates}}. {advice}"
    )
    return _breach("missing_value", frame, role, bad, message)


def _tell_infinite_value(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    bad = pd.Series(np.isinf(frame[role.column]), frame.index)
    message = f"{source}: column {role.source!r} must be finite; it is infinite on {{dates}}."
    return _breach("infinite_value", frame, role, bad, message)


def _tell_negative_spend(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    bad = frame[role.column] < 0
    message = (
        f"{source}: column {role.source!r} must not be negative; it is on {{dates}}. Book "
        "refunds in the period of the spend they correct."
    )
    return _breach("negative_spend", frame, role, bad, message)


def _tell_all_zero(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    first, last = frame["date"].min(), frame["date"].max()
    message = (
        f"{source}: column {role.source!r} must hold spend in some period; it is 0 in all of "
        f"them, {first:%Y-%m-%d} to {last:%Y-%m-%d}. Remove `media.{role.setting[1]}`."
    )
    return Problem("all_zero_channel", message, role.source, role.setting)


def _tell_constant(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    first, last = frame["date"].min(), frame["date"].max()
    value = frame[role.column].dropna().iloc[0]
    message = (
        f"{source}: column {role.source!r} must vary; it holds {value:g} in every row, "
        f"{first:%Y-%m-%d} to {last:%Y-%m-%d}."
    )
    return Problem("constant_column", message, role.source, role.setting)


def _tell_duplicate(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    bad = frame["date"].duplicated(keep=False) & frame["date"].notna()
    message = (
        f"{source}: column {role.source!r} must name each period once; it repeats {{dates}}. "
        "Remove the copies, or add the rows up."
    )
    return _breach("duplicate_period", frame, role, bad, message)


def _tell_irregular(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    index = pd.DatetimeIndex(frame["date"].dropna())
    grain = detect_grain(index)
    if grain is None:
        bad = frame["date"].notna()
        found = "its dates, such as {dates}, are none of these"
    else:
        bad = ~frame["date"].isin(build_calendar(index, grain)) & frame["date"].notna()
        found = f"most of its dates are a {grain} apart, but not {{dates}}"
    message = f"{source}: column {role.source!r} must step by whole days, weeks or months; {found}."
    return _breach("irregular_calendar", frame, role, bad, message)


def _tell_gap(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    missing = _missing_periods(frame["date"]).strftime("%Y-%m-%d").tolist()
    grain = detect_grain(pd.DatetimeIndex(frame["date"].dropna()))
    offences = tuple(Offence(day, role.source, "no row") for day in missing)
    message = (
        f"{source}: column {role.source!r} must hold every {grain} from the first to the last; "
        f"it skips {shorten(missing)}. Add the rows, with spend 0 where nothing was spent."
    )
    return Problem("missing_period", message, role.source, role.setting, offences)


def _tell_too_few(frame: pd.DataFrame, role: ColumnRole, source: str) -> Problem:
    days = frame["date"].dropna()
    span = f", {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}" if len(days) else ""
    message = (
        f"{source}: column {role.source!r} must hold at least {MIN_PERIODS} periods; it holds "
        f"{days.nunique()}{span}. Deliver a longer history."
    )
    return Problem("too_few_periods", message, role.source, role.setting)


TELL: dict[str, Callable[[pd.DataFrame, ColumnRole, str], Problem]] = {
    "missing_value": _tell_missing_value,
    "infinite_value": _tell_infinite_value,
    "negative_spend": _tell_negative_spend,
    "all_zero_channel": _tell_all_zero,
    "constant_column": _tell_constant,
    "duplicate_period": _tell_duplicate,
    "irregular_calendar": _tell_irregular,
    "missing_period": _tell_gap,
    "too_few_periods": _tell_too_few,
}
"""How each rule of the contract is told when it is broken."""

SCHEMA_CODES = frozenset(
    {
        "missing_column",
        "not_a_date",
        "not_a_number",
        "missing_value",
        "infinite_value",
        "negative_spend",
    }
)
"""Rules about single cells and columns."""

DATA_CODES = frozenset(TELL) - SCHEMA_CODES
"""Rules about the table as a whole: its calendar, its length, what it can tell."""

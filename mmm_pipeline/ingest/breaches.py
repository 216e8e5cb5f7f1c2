"""How a breach of the contract is told: what must hold, what was found, where, what to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_pipeline.errors import Offence, Problem
from mmm_pipeline.ingest.contract import (
    MIN_PERIODS,
    Breach,
    find_missing_rows,
    is_without_reach,
)
from mmm_pipeline.ingest.grain import build_calendar, detect_grain
from mmm_pipeline.ingest.layouts.arranged import name_places, offend
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.roles import Role
from mmm_pipeline.spec import ModelSpec

DATE_SETTING = ("data", "date")
"""The words of the spec that name the date."""


@dataclass(frozen=True)
class Context:
    """What a breach is told with.

    Attributes
    ----------
    frame : pandas.DataFrame
        That breaks the rule.
    dims : sequence of str
        Its columns that tell cells apart.
    spec : ModelSpec
        The model.
    names : dict of str to str
        What a column of `frame` is called in the source.
    settings : dict of str to tuple of str
        The words of the spec that name it.
    is_media : dict of str to bool
        Whether it is money, exposure or reach.
    """

    frame: pd.DataFrame
    dims: Sequence[str]
    spec: ModelSpec
    names: dict[str, str]
    settings: dict[str, tuple[str, ...]]
    is_media: dict[str, bool]

    @classmethod
    def of_source(
        cls, frame: pd.DataFrame, dims: Sequence[str], spec: ModelSpec, roles: Sequence[Role]
    ) -> "Context":
        """Speak of the series of a source."""
        pairs = [(one.name, role) for role in roles for one in role.sources]
        names = {"date": spec.data.date} | {name: name for name, _ in pairs}
        settings = {"date": DATE_SETTING} | {name: role.setting for name, role in pairs}
        return cls(
            frame, dims, spec, names, settings, {name: role.is_media for name, role in pairs}
        )

    @classmethod
    def of_frame(cls, frame: pd.DataFrame, spec: ModelSpec, roles: Sequence[Role]) -> "Context":
        """Speak of the columns of a validated frame."""
        names = {"date": spec.data.date} | {role.column: role.name for role in roles}
        settings = {"date": DATE_SETTING} | {role.column: role.setting for role in roles}
        is_media = {role.column: role.is_media for role in roles}
        return cls(frame, list(spec.data.panel), spec, names, settings, is_media)

    def source(self, column: str) -> str:
        """Name the table that a column comes from."""
        long = self.spec.data.media_long
        return show_place(long.path if long and self.is_media.get(column) else self.spec.data.path)

    def breach(self, code: str, column: str, bad: pd.Series, message: str) -> Problem:
        """Fill `{places}` of a message with those of the offenders, and keep the offenders."""
        cells = self.frame[column].rename(self.names[column])
        if column == "date":
            cells = cells.dt.strftime("%Y-%m-%d")
        offences = offend(self.frame, self.dims, cells, bad)
        return self.whole(
            code, column, message.replace("{places}", name_places(offences)), offences
        )

    def whole(
        self, code: str, column: str, message: str, offences: tuple[Offence, ...] = ()
    ) -> Problem:
        """Tell a breach; no cell alone need be to blame for it."""
        name = self.names[column]
        words = f"{self.source(column)}: column {name!r} {message}"
        return Problem(code, words, name, self.settings[column], offences)

    @property
    def span(self) -> str:
        """First and last date."""
        days = self.frame["date"].dropna()
        return f"{days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}" if len(days) else "no date"


def tell_breaches(breaches: Sequence[Breach], context: Context) -> list[Problem]:
    """Tell every breach that was found.

    Parameters
    ----------
    breaches : sequence of tuple
        Codes and columns.
    context : Context
        What they are told with.

    Returns
    -------
    list of Problem
    """
    return [TELL[code](context, column or "date") for code, column in breaches]


def _tell_missing_value(context: Context, column: str) -> Problem:
    advice = "Write 0 where nothing was spent." if context.is_media[column] else "Fill them in."
    setting = context.settings[column]
    if setting[0] == "controls":
        advice = f"Fill them in, or say `controls.{setting[1]}.fill`, which leaves a NaN alone."
    bad = context.frame[column].isna()
    words = f"must hold a number in every row; it is empty or NaN on {{places}}. {advice}"
    return context.breach("missing_value", column, bad, words)


def _tell_infinite_value(context: Context, column: str) -> Problem:
    bad = pd.Series(np.isinf(context.frame[column]), context.frame.index)
    return context.breach(
        "infinite_value", column, bad, "must be finite; it is infinite on {places}."
    )


def _tell_negative(context: Context, column: str) -> Problem:
    bad = context.frame[column] < 0
    words = (
        "must not be negative; it is on {places}. Book refunds in the period of the spend they "
        "correct."
    )
    return context.breach("negative_media", column, bad, words)


def _tell_negative_control(context: Context, column: str) -> Problem:
    bad = context.frame[column] < 0
    word = f"`controls.{context.settings[column][1]}.allow_negative`"
    words = f"must not be negative, as {word} says; it is on {{places}}."
    return context.breach("negative_control", column, bad, words)


def _tell_unreached(context: Context, column: str) -> Problem:
    bad = is_without_reach(context.frame, context.settings[column][1])
    words = (
        "must be above 0 wherever there were contacts; it is 0 on {places}. Deliver the people who "
        "were reached, or 0 contacts."
    )
    return context.breach("contacts_without_reach", column, bad, words)


def _tell_idle(context: Context, column: str) -> Problem:
    channel = context.settings[column][1]
    words = (
        f"must be above 0 in some period; it is 0 in all of them, {context.span}. Remove "
        f"`media.{channel}`."
    )
    return context.whole("idle_channel", column, words)


def _tell_constant(context: Context, column: str) -> Problem:
    value = context.frame[column].dropna().iloc[0]
    words = f"must vary; it holds {value:g} in every row, {context.span}."
    return context.whole("constant_column", column, words)


def _tell_population(context: Context, column: str) -> Problem:
    bad = ~(context.frame[column] > 0)
    return context.breach("bad_population", column, bad, "must be above 0; it is not on {places}.")


def _tell_duplicate(context: Context, column: str) -> Problem:
    keys = ["date", *context.dims]
    frame = context.frame
    bad = frame.duplicated(keys, keep=False) & frame["date"].notna()
    what = "period and cell" if context.dims else "period"
    words = (
        f"must name each {what} once; it repeats {{places}}. Remove the copies, or say with "
        "`data.panel` or `data.sum_over` which column tells the rows apart."
    )
    return context.breach("duplicate_period", column, bad, words)


def _tell_irregular(context: Context, column: str) -> Problem:
    days = context.frame["date"]
    index = pd.DatetimeIndex(days.dropna())
    grain = detect_grain(index)
    if grain is None:
        bad = days.notna() & ~days.duplicated()
        found = "its dates, such as {places}, are none of these"
    else:
        bad = ~days.isin(build_calendar(index, grain)) & days.notna()
        found = f"most of its dates are a {grain} apart, but not {{places}}"
    words = f"must step by whole days, weeks or months, months dated on the first; {found}."
    return context.breach("irregular_calendar", column, bad, words)


def _tell_gap(context: Context, column: str) -> Problem:
    missing = find_missing_rows(context.frame, context.dims)
    grain = detect_grain(pd.DatetimeIndex(context.frame["date"].dropna()))
    absent = pd.Series("no row", index=missing.index, name=context.names[column])
    offences = offend(missing, context.dims, absent, absent.notna())
    cell = " for every cell" if context.dims else ""
    words = (
        f"must hold every {grain} from the first to the last{cell}; it skips "
        f"{name_places(offences)}. Add the rows, with spend 0 where nothing was spent."
    )
    return context.whole("missing_period", column, words, offences)


def _tell_too_few(context: Context, column: str) -> Problem:
    least = max(MIN_PERIODS, context.spec.data.expect.min_periods or 0)
    words = (
        f"must hold at least {least} periods; it holds {_count(context)}, {context.span}. Deliver "
        "a longer history."
    )
    return context.whole("too_few_periods", column, words)


def _tell_too_many(context: Context, column: str) -> Problem:
    most = context.spec.data.expect.max_periods
    words = f"must hold at most {most} periods; it holds {_count(context)}, {context.span}."
    return context.whole("too_many_periods", column, words)


def _count(context: Context) -> int:
    """Count distinct dates."""
    return int(context.frame["date"].nunique())


TELL: dict[str, Callable[[Context, str], Problem]] = {
    "missing_value": _tell_missing_value,
    "infinite_value": _tell_infinite_value,
    "negative_media": _tell_negative,
    "negative_control": _tell_negative_control,
    "contacts_without_reach": _tell_unreached,
    "idle_channel": _tell_idle,
    "constant_column": _tell_constant,
    "bad_population": _tell_population,
    "duplicate_period": _tell_duplicate,
    "irregular_calendar": _tell_irregular,
    "missing_period": _tell_gap,
    "too_few_periods": _tell_too_few,
    "too_many_periods": _tell_too_many,
}
"""How each rule of the contract is told when it is broken."""

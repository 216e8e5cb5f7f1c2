"""From the source as delivered to one row per period and cell, or every reason why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.errors import DataError, Problem
from mmm_pipeline.ingest.breaches import Context, tell_breaches
from mmm_pipeline.ingest.calendar import mark_events
from mmm_pipeline.ingest.contract import find_breaches, find_source_breaches
from mmm_pipeline.ingest.layouts import arrange
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.resample import (
    find_grain_problem,
    find_mixed_population,
    keep_last,
    resample,
    sum_over_cells,
)
from mmm_pipeline.ingest.roles import list_roles
from mmm_pipeline.ingest.shape import fill_controls, shape_columns
from mmm_pipeline.spec import ModelSpec

CALENDAR = frozenset({"duplicate_period", "irregular_calendar", "missing_period"})
"""Rules about the rows, not the numbers in them."""
LENGTH = frozenset({"too_few_periods", "too_many_periods"})
"""Rules about how many periods there are."""
CELLS = frozenset({"missing_value", "infinite_value"})
"""Rules about single numbers."""
FILLED = "filled"
"""Attribute of a validated frame: share of a series' cells that were filled, by series."""


@dataclass(frozen=True)
class Validated:
    """A frame that keeps its contract.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``date`` (``datetime64[us]``, ascending), the panel's dims, ``target``,
        ``spend_<channel>``, ``exposure_<channel>``, ``<control>``, ``population``; numbers as
        float64 in the units of the source times the spec's factors. Attribute `filled`: the
        share of cells that stand for nothing in the source, by series.
    notes : list of Problem
        What was left out on the way, and is to be looked at.
    """

    frame: pd.DataFrame
    notes: list[Problem]


def validate_source(tables: Mapping[str, pd.DataFrame], spec: ModelSpec) -> Validated:
    """Turn a source into the validated frame of a model.

    Nothing is filled in, dropped or averaged but what the spec asks for: a frame that would need
    more is refused.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As delivered: ``raw_data``, and ``raw_media`` with `layout: media_long`.
    spec : ModelSpec
        The model.

    Returns
    -------
    Validated

    Raises
    ------
    DataError
        With every problem found.
    """
    source = show_place(spec.data.path)
    arranged = fill_controls(arrange(tables, spec), spec)
    if arranged.frame.empty:
        raise DataError([_tell_empty_window(spec, source)])
    breaches = find_source_breaches(arranged)
    context = Context.of_source(arranged.frame, arranged.dims, spec, list_roles(spec))
    problems = [*arranged.problems, *tell_breaches(breaches, context)]
    problems += find_grain_problem(arranged.frame["date"], spec, source)
    shaped = shape_columns(arranged, spec)
    problems += find_mixed_population(shaped, spec, source)
    is_brought_together = bool(spec.data.sum_over or spec.data.grain)
    if problems and is_brought_together:
        raise DataError(problems)  # What would become of the rows is not known.
    frame, dropped = _bring_together(shaped, spec)
    told = {problem.code for problem in problems} | (CALENDAR | CELLS if problems else set())
    told |= LENGTH if "not_a_date" in told else set()
    context = Context.of_frame(frame, spec, list_roles(spec))
    problems += tell_breaches(find_breaches(frame, spec, told), context)
    if problems:
        raise DataError(problems)
    mark_events(spec, pd.DatetimeIndex(frame["date"].unique()))
    n_rows = len(arranged.frame)
    filled = {name: count / n_rows for name, count in arranged.filled.items() if count}
    frame.attrs[FILLED] = filled
    return Validated(frame, [*arranged.notes, *dropped])


def _bring_together(
    shaped: pd.DataFrame, spec: ModelSpec
) -> tuple[pd.DataFrame, Sequence[Problem]]:
    """Add up what is finer than the model, keep what is used, sort."""
    frame = sum_over_cells(shaped, spec)
    frame, dropped = resample(frame, spec)
    frame = keep_last(frame, spec)
    return frame.sort_values(["date", *spec.data.panel], ignore_index=True), dropped


def _tell_empty_window(spec: ModelSpec, source: str) -> Problem:
    """Say that nothing lies in the window."""
    window = spec.data.window
    message = (
        f"`data.window` must hold some of {source}; no row lies between "
        f"{window.start or 'the first day'} and {window.end or 'the last'}."
    )
    return Problem("too_few_periods", message, spec.data.date, ("data", "window"), is_of_spec=True)

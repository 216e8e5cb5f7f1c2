"""Where a backtest stands when it predicts: what is known by then, and what follows."""

from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.errors import DataError, Problem
from mmm_pipeline.ingest.contract import MIN_PERIODS
from mmm_pipeline.ingest.grain import detect_grain
from mmm_pipeline.spec import ModelSpec

QUARTER = {"day": 91, "week": 13, "month": 3}
"""Periods that a fold predicts where the spec does not say, by grain."""


@dataclass(frozen=True)
class Fold:
    """One origin of a backtest.

    Attributes
    ----------
    number : int
        From 1, the earliest.
    known : pandas.DatetimeIndex
        First days of the periods before the origin, from the first of the data.
    ahead : pandas.DatetimeIndex
        First days of the periods that are predicted.
    """

    number: int
    known: pd.DatetimeIndex
    ahead: pd.DatetimeIndex

    @property
    def origin(self) -> pd.Timestamp:
        """First day that is not known."""
        return self.ahead[0]


def plan_folds(dates: pd.DatetimeIndex, spec: ModelSpec) -> list[Fold]:
    """Place the folds of a backtest, such that the last one ends with the data.

    Parameters
    ----------
    dates : pandas.DatetimeIndex
        Of a validated frame, in any order, repeated or not.
    spec : ModelSpec
        The model; its `backtest` says how many folds, and how far each predicts.

    Returns
    -------
    list of Fold
        The earliest first. Each knows all that came before its origin; what one predicts ends
        where what the next predicts begins.

    Raises
    ------
    DataError
        If the first fold has fewer periods to learn from than any model needs.
    """
    assert spec.backtest is not None  # noqa: S101  # nobody else asks
    calendar = dates.unique().sort_values()
    grain = detect_grain(calendar)
    assert grain is not None  # noqa: S101  # a validated frame has one
    n_folds, horizon = spec.backtest.folds, spec.backtest.horizon or QUARTER[grain]
    first = len(calendar) - n_folds * horizon
    least = max(MIN_PERIODS, spec.data.expect.min_periods or 0)
    if first < least:
        message = (
            f"`backtest` must leave its first fold {least} periods to learn from; of "
            f"{len(calendar)} {grain}s, {n_folds} x {horizon} are predicted, which leaves "
            f"{max(first, 0)}. Say fewer `folds`, a shorter `horizon`, or `backtest: null`."
        )
        raise DataError([Problem("no_room", message, setting=("backtest",), is_of_spec=True)])
    starts = [first + fold * horizon for fold in range(n_folds)]
    return [
        Fold(number, calendar[:start], calendar[start : start + horizon])
        for number, start in enumerate(starts, 1)
    ]

"""Totals of weeks, months, quarters and years, and which of them are whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from mmm_pipeline.ingest.grain import extend_calendar, floor_dates
from mmm_pipeline.spec import Grain, Weekday

GRAINS = ("day", "week", "month", "quarter", "year")
"""From the finest to the coarsest."""
IN_PANDAS = {"month": "M", "quarter": "Q", "year": "Y"}
"""Calendar periods in pandas' words."""
ALL = "all"
"""Stands for the cells of a panel together, and for the dates of the window."""


@dataclass(frozen=True)
class Calendar:
    """The dates of a model, and what they are brought together in.

    A date belongs to the period in which its first day lies.

    Attributes
    ----------
    dates : pandas.DatetimeIndex
        First days of the model's periods.
    grain : {"day", "week", "month"}
        How long they are.
    week_start : str
        First day of a week made of days.
    """

    dates: pd.DatetimeIndex
    grain: Grain
    week_start: Weekday = "monday"

    @classmethod
    def of(cls, features: xr.Dataset, week_start: Weekday | None = None) -> "Calendar":
        """Read it from features.

        Parameters
        ----------
        features : xarray.Dataset
            With ``date`` and the attribute `grain`.
        week_start : str, optional
            Monday, if not given.

        Returns
        -------
        Calendar
        """
        dates = pd.DatetimeIndex(features["date"].to_numpy())
        return cls(dates, features.attrs["grain"], week_start or "monday")

    def list_grains(self) -> Sequence[str]:
        """List the grains that whole dates can be brought together in.

        Returns
        -------
        sequence of str
            The dates' own and all that are coarser.
        """
        return GRAINS[GRAINS.index(self.grain) :]

    def name_periods(self, grain: str, dates: pd.DatetimeIndex | None = None) -> pd.Series:
        """Name the period of each date by its first day.

        Parameters
        ----------
        grain : str
            One of `GRAINS`.
        dates : pandas.DatetimeIndex, optional
            The calendar's own, if not given.

        Returns
        -------
        pandas.Series
            First days.
        """
        days = pd.Series(self.dates if dates is None else dates)
        if grain == self.grain:
            return days
        if grain in IN_PANDAS:
            return days.dt.to_period(IN_PANDAS[grain]).dt.start_time
        return floor_dates(days, "week", self.week_start)

    def find_unfinished(self, grain: str) -> set[pd.Timestamp]:
        """Find periods of which the data do not hold every date.

        Parameters
        ----------
        grain : str
            One of `GRAINS`.

        Returns
        -------
        set of pandas.Timestamp
            The first, the last, both or none.
        """
        after = extend_calendar(self.dates[-1], self.grain, 1)
        step = pd.DateOffset(months=1) if self.grain == "month" else self.dates[1] - self.dates[0]
        before = pd.DatetimeIndex([self.dates[0] - step])
        periods = self.name_periods(grain)
        found = set()
        for inner, outer in ((periods.iloc[0], before), (periods.iloc[-1], after)):
            if self.name_periods(grain, outer).iloc[0] == inner:
                found.add(inner)
        return found

    def add_up(self, values: xr.DataArray, grain: str) -> xr.DataArray:
        """Add up what is dated.

        Parameters
        ----------
        values : xarray.DataArray, dims ``(date, ...)``
            Amounts.
        grain : str
            One of `GRAINS`, or `ALL` of the window.

        Returns
        -------
        xarray.DataArray, dims ``(start, ...)``
            By the first day of each period.
        """
        if grain == ALL:
            return values.sum("date", skipna=False).expand_dims(start=self.dates[:1])
        if grain == self.grain:
            return values.rename(date="start")
        starts = values.assign_coords(start=("date", self.name_periods(grain).to_numpy()))
        return starts.groupby("start").sum("date")

    def label(self, table: pd.DataFrame, grain: str) -> pd.DataFrame:
        """Say of each row which period it speaks of, and whether the data hold the whole of it.

        Parameters
        ----------
        table : pandas.DataFrame
            With ``start``.
        grain : str
            One of `GRAINS`, or `ALL` of the window.

        Returns
        -------
        pandas.DataFrame
            Behind ``grain``, ``period`` (2024, 2024Q3, 2024-07, else the day; `ALL` of the
            window), ``start`` and ``is_complete``.
        """
        starts = table["start"]
        rest = table.drop(columns="start")
        rest.insert(0, "grain", grain)
        rest.insert(1, "period", _word_periods(starts, grain))
        rest.insert(2, "start", starts)
        unfinished = () if grain == ALL else self.find_unfinished(grain)
        rest.insert(3, "is_complete", ~starts.isin(unfinished))
        return rest


def _word_periods(starts: pd.Series, grain: str) -> pd.Series | str:
    """Write what periods are called."""
    if grain == ALL:
        return ALL
    names: pd.Series = starts.dt.strftime("%Y-%m-%d")
    if grain in IN_PANDAS:
        names = starts.dt.to_period(IN_PANDAS[grain]).astype("str")
    return names


def split_cells(values: xr.DataArray, cells: Sequence[str]) -> Iterator[xr.DataArray]:
    """Give a panel's cells each by itself, then all together.

    Parameters
    ----------
    values : xarray.DataArray, dims ``(..., cells)``
        Amounts.
    cells : sequence of str
        The panel's dims.

    Yields
    ------
    xarray.DataArray
        With the cells' dims, of length 1 and named `ALL` for all of them.
    """
    if cells:
        yield values
    yield values.sum(list(cells)).expand_dims({cell: [ALL] for cell in cells})


def pick_whole(table: pd.DataFrame, cells: Sequence[str]) -> pd.DataFrame:
    """Pick the rows of all of a panel's cells together.

    Parameters
    ----------
    table : pandas.DataFrame
        As `split_cells` gives it.
    cells : sequence of str
        The panel's dims.

    Returns
    -------
    pandas.DataFrame
        All rows where there is no panel.
    """
    return table[(table[list(cells)] == ALL).all(axis=1)]

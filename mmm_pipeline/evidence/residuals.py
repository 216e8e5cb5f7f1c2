"""What is left of the target, and whether there is a pattern in it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate.fitted import autocorrelate

SHORT_RUN = 6
"""Periods in a row of one sign that are never remarkable."""
CHANCE = 0.01
"""Share of series without memory in which the longest run is called remarkable all the same."""
STRONG_RUN = 4.0
"""Standard errors by which the mean of a shorter run must differ from 0 to be remarkable."""
N_WORST = 10
"""Periods that are listed as the worst."""

COLUMNS = frozenset({"date", "observed", "fitted", "residual", "crps"})
"""Columns of a table of a fit, bounds excepted; any other is a dim of the panel."""


@dataclass(frozen=True)
class Run:
    """Periods in a row whose residuals have one sign.

    Attributes
    ----------
    start, end : pandas.Timestamp
        First days of the first and the last of them.
    length : int
        How many.
    share : float
        Sum of the residuals as a share of what was observed; above 0 where the model says too
        little.
    strength : float
        Mean of the residuals in its standard errors, were they without memory.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    length: int
    share: float
    strength: float

    def is_remarkable(self, n_periods: int) -> bool:
        """Tell whether chance would hardly make such a run.

        Parameters
        ----------
        n_periods : int
            Length of the series.

        Returns
        -------
        bool

        Notes
        -----
        Residuals without memory have a run of more than ``log2(n / 0.01)`` periods in at most 1 %
        of series: their number is about ``n 2^-L``. That is 13 of 156, not 6; shorter runs count if
        their mean differs from 0 by four standard errors.
        """
        if self.length <= SHORT_RUN:
            return False
        return self.length > limit_run(n_periods) or abs(self.strength) > STRONG_RUN

    @property
    def direction(self) -> str:
        """What the model does there."""
        return "underestimated" if self.share > 0 else "overestimated"


def limit_run(n_periods: int) -> int:
    """Compute how long a run may be by chance.

    Parameters
    ----------
    n_periods : int
        Length of the series, above 0.

    Returns
    -------
    int

    Examples
    --------
    >>> limit_run(156)
    13
    """
    return max(SHORT_RUN, math.floor(math.log2(n_periods / CHANCE)))


def split_cells(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Take a table of a fit apart, cell by cell.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.fit.summarize_fit`.

    Returns
    -------
    dict of str to pandas.DataFrame
        By the cell's name, such as ``north / a``; by nothing where there is no panel.
    """
    dims = [
        str(column)
        for column in table.columns
        if column not in COLUMNS and not str(column).startswith(("lower", "upper"))
    ]
    if not dims:
        return {"": table}
    return {" / ".join(map(str, name)): cell for name, cell in table.groupby(dims, sort=False)}


def add_up_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Add up the cells of a panel.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_fit`.

    Returns
    -------
    pandas.DataFrame
        ``date, observed, fitted, residual``, target units, in the order of time.
    """
    return table.groupby("date", as_index=False)[["observed", "fitted", "residual"]].sum()


def measure_patterns(table: pd.DataFrame) -> pd.DataFrame:
    """Measure what residuals should not have, in every cell.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_fit`.

    Returns
    -------
    pandas.DataFrame
        A row per cell, by its name: ``autocorrelation`` at lag 1; ``durbin_watson``, 0 to 4, 2
        where there is none (Durbin and Watson 1950); ``heteroscedasticity``, correlation of the
        fitted mean with the absolute residual; ``drift``, correlation of time with the residual;
        ``longest_run``, periods. NaN where nothing is left at all.
    """
    rows = {
        name: {word: measure(cell) for word, measure in _MEASURES.items()}
        for name, cell in split_cells(table).items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def find_runs(series: pd.DataFrame) -> list[Run]:
    """Find runs of one sign, the longest first.

    Parameters
    ----------
    series : pandas.DataFrame
        ``date, observed, residual`` of one cell, or of all added up, in the order of time.

    Returns
    -------
    list of Run
    """
    residual = series["residual"]
    sign = np.sign(residual)
    spread = float(residual.std(ddof=0))
    runs = []
    for _, part in series.groupby((sign != sign.shift()).cumsum()):
        total, level = float(part["residual"].sum()), float(part["observed"].abs().sum())
        if total:
            strength = total / (spread * len(part) ** 0.5) if spread else math.inf
            ends = part["date"].iloc[0], part["date"].iloc[-1]
            runs.append(Run(*ends, len(part), total / level if level else math.nan, strength))
    return sorted(runs, key=lambda run: run.length, reverse=True)


def find_remarkable_runs(series: pd.DataFrame) -> list[Run]:
    """Find the runs that chance would hardly make, in the order of time.

    Parameters
    ----------
    series : pandas.DataFrame
        As `find_runs` takes it.

    Returns
    -------
    list of Run
    """
    found = [run for run in find_runs(series) if run.is_remarkable(len(series))]
    return sorted(found, key=lambda run: run.start)


def list_worst(table: pd.DataFrame) -> pd.DataFrame:
    """List the periods that the model misses most, cells added up.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_fit`.

    Returns
    -------
    pandas.DataFrame
        ``date, observed, fitted, residual, share``, `N_WORST` of them, the worst first; ``share``
        is the residual's of what was observed.
    """
    total = add_up_cells(table)
    total["share"] = total["residual"] / total["observed"].where(total["observed"] != 0)
    order = total["residual"].abs().sort_values(ascending=False, kind="stable").index
    return total.loc[order[:N_WORST]].reset_index(drop=True)


def tabulate_months(table: pd.DataFrame) -> pd.DataFrame:
    """Add up residuals by calendar month.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_fit`.

    Returns
    -------
    pandas.DataFrame
        Residuals as a share of what was observed, cells added up: a row per year, a column for
        each month from 1 to 12, and ``year``, NaN where there are no data.
    """
    total = add_up_cells(table)
    dates = total["date"].dt
    sums = total.groupby([dates.year.rename("year"), dates.month.rename("month")])
    both = sums[["residual", "observed"]].sum()
    both["share"] = both["residual"] / both["observed"].where(both["observed"] != 0)
    wide = both.pivot_table(index="year", columns="month", values="share", dropna=False)
    return wide.reindex(columns=range(1, 13)).reset_index()


def correlate(one: pd.Series, other: pd.Series) -> float:
    """Correlate two series.

    Parameters
    ----------
    one, other : pandas.Series
        Of one length.

    Returns
    -------
    float
        NaN where one of them never moves.
    """
    a, b = one.to_numpy(dtype=float), other.to_numpy(dtype=float)
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _follow(cell: pd.DataFrame) -> float:
    """Correlate each residual with the one before."""
    return float(autocorrelate(xr.DataArray(cell["residual"].to_numpy(), dims="date")))


def _durbin_watson(cell: pd.DataFrame) -> float:
    """Compare squared changes of the residual with its squares."""
    squares = float((cell["residual"] ** 2).sum())
    return float((cell["residual"].diff() ** 2).sum()) / squares if squares else math.nan


def _grow(cell: pd.DataFrame) -> float:
    """Correlate the size of the residual with the fitted mean."""
    return correlate(cell["fitted"], cell["residual"].abs())


def _drift(cell: pd.DataFrame) -> float:
    """Correlate the residual with time."""
    return correlate(pd.Series(range(len(cell))), cell["residual"])


def _longest(cell: pd.DataFrame) -> float:
    """Count the periods of the longest run."""
    runs = find_runs(cell)
    return float(runs[0].length) if runs else 0.0


_MEASURES: dict[str, Callable[[pd.DataFrame], float]] = {
    "autocorrelation": _follow,
    "durbin_watson": _durbin_watson,
    "heteroscedasticity": _grow,
    "drift": _drift,
    "longest_run": _longest,
}

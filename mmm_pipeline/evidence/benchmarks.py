"""Forecasts that need no marketing mix model: what one has to be better than."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.signal import lfilter
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mmm_pipeline.evidence.smoothing import forecast_ets
from mmm_pipeline.ingest.grain import PERIODS_PER_YEAR
from mmm_pipeline.spec import Grain

type Forecast = tuple[np.ndarray, np.ndarray]
"""Mean and standard deviation of a normal distribution, for each period ahead."""

LEAST_ERRORS = 8
"""Fewest errors that a standard deviation is estimated from."""
SEASON = {"day": 7, "week": 52, "month": 12}
"""Periods after which exponential smoothing lets its season recur, by grain."""
RETENTIONS = (0.0, 0.5, 0.8)
"""Shares of an exposure that are left a period later; the regression weighs all three."""
PENALTIES = tuple(np.logspace(-2, 5, 15))
"""Of the regression, on drivers of standard deviation 1; one is chosen."""
SPLITS = 5
"""Stretches of the known periods that every penalty is tried on."""
WAVES = 2
"""Waves of the year that the regression is given."""


@dataclass(frozen=True)
class Series:
    """One cell, as it is known at an origin.

    Attributes
    ----------
    known : numpy.ndarray, dims ``(date,)``
        The target so far.
    drivers : numpy.ndarray, dims ``(date, driver)``
        Of the dates known, then of those ahead.
    year : int
        Periods in a year.
    season : int
        Periods after which exponential smoothing lets its season recur.
    """

    known: np.ndarray
    drivers: np.ndarray
    year: int
    season: int

    @property
    def horizon(self) -> int:
        """Periods ahead."""
        return len(self.drivers) - len(self.known)

    @property
    def has_year(self) -> bool:
        """Whether the same period of the year before can be looked up, and how far that errs."""
        return len(self.known) >= self.year + LEAST_ERRORS


def forecast_benchmarks(ahead: xr.Dataset, n_known: int) -> dict[str, xr.Dataset]:
    """Forecast every cell by every benchmark.

    Parameters
    ----------
    ahead : xarray.Dataset
        Features of the dates known and of those that follow; of the latter, the target is not
        looked at.
    n_known : int
        How many are known.

    Returns
    -------
    dict of str to xarray.Dataset, dims ``(date, ...)``
        ``naive``, ``seasonal_naive``, ``ridge``, ``ets``: ``mean`` and ``sd`` of a normal
        distribution for the dates that follow, target units.
    """
    grain, target = ahead.attrs["grain"], ahead["target"]
    cells = target[0].size
    known = target[:n_known].to_numpy().reshape(n_known, cells)
    drivers = list_drivers(ahead)
    series = [
        Series(known[:, cell], drivers[:, cell], PERIODS_PER_YEAR[grain], SEASON[grain])
        for cell in range(cells)
    ]
    following = target[n_known:].drop_attrs()
    forecasts = {}
    for method, forecast in BENCHMARKS.items():
        both = np.array([forecast(one) for one in series])  # (cell, mean or sd, date)
        forecasts[method] = xr.Dataset(
            {
                name: following.copy(data=both[:, place].T.reshape(following.shape))
                for place, name in enumerate(("mean", "sd"))
            }
        )
    return forecasts


def measure_usual_errors(known: xr.DataArray, grain: Grain) -> xr.DataArray:
    """Measure by how much repeating the past was wrong in the periods known.

    Parameters
    ----------
    known : xarray.DataArray, dims ``(date, ...)``
        The target, target units.
    grain : {"day", "week", "month"}
        Length of a period.

    Returns
    -------
    xarray.DataArray, dims ``(...)``
        Mean absolute difference from the same period of the year before, or, where that is not
        known for enough periods, from the last one.
    """
    year = PERIODS_PER_YEAR[grain]
    lag = year if known.sizes["date"] >= year + LEAST_ERRORS else 1
    return abs(known - known.shift(date=lag)).mean("date")


def list_drivers(features: xr.Dataset) -> np.ndarray:
    """List what a regression explains the target by.

    Parameters
    ----------
    features : xarray.Dataset
        Of a model.

    Returns
    -------
    numpy.ndarray, dims ``(date, cell, driver)``
        Exposure of every channel, carried over at each of `RETENTIONS`; controls and events; a
        line; waves of the year; and, of data by day, the days of the week.
    """
    dates = pd.DatetimeIndex(features["date"].to_numpy())
    n_dates, cells = len(dates), features["target"][0].size
    exposure = features["exposure"].transpose("date", ..., "channel").to_numpy()
    parts = [lfilter([1 - kept], [1, -kept], exposure, axis=0) for kept in RETENTIONS]
    if "control" in features.dims:
        parts.append(features["control_scaled"].transpose("date", ..., "control").to_numpy())
    years = (dates - dates[0]).days.to_numpy() / 365.25
    turns = 2 * np.pi * years[:, None] * np.arange(1, WAVES + 1)
    calendar = [years[:, None], np.sin(turns), np.cos(turns)]
    if features.attrs["grain"] == "day":
        calendar.append(np.eye(7)[dates.dayofweek.to_numpy()])
    along = np.concatenate(calendar, axis=1)[:, None].repeat(cells, axis=1)
    return np.concatenate([*(one.reshape(n_dates, cells, -1) for one in parts), along], axis=2)


def forecast_naive(series: Series) -> Forecast:
    """Forecast that the last value stays.

    Parameters
    ----------
    series : Series
        What is known.

    Returns
    -------
    mean, sd : numpy.ndarray
        The variance grows with the periods ahead, as a random walk's.

    References
    ----------
    Hyndman and Athanasopoulos (2021), "Forecasting: principles and practice", 3rd ed., table 5.2;
    `forecast_seasonal_naive` too.
    """
    steps = np.arange(1, series.horizon + 1)
    sd = np.sqrt(np.mean(np.diff(series.known) ** 2))
    return np.full(series.horizon, series.known[-1]), sd * np.sqrt(steps)


def forecast_seasonal_naive(series: Series) -> Forecast:
    """Forecast that the same period of the last year known comes again.

    Parameters
    ----------
    series : Series
        What is known.

    Returns
    -------
    mean, sd : numpy.ndarray
        Those of `forecast_naive` where less than a year, and enough to see how far it errs, is
        known.
    """
    if not series.has_year:
        return forecast_naive(series)
    known, year = series.known, series.year
    steps = np.arange(series.horizon)
    sd = np.sqrt(np.mean((known[year:] - known[:-year]) ** 2))
    return known[-year:][steps % year], sd * np.sqrt(steps // year + 1)


def forecast_ridge(series: Series) -> Forecast:
    """Forecast by a regression on the drivers, held back by a penalty on large effects.

    The penalty is that whose forecasts of later stretches from earlier ones erred least; the
    standard deviation is that of those errors.

    Parameters
    ----------
    series : Series
        What is known.

    Returns
    -------
    mean, sd : numpy.ndarray
        The same standard deviation for all periods.
    """
    n = len(series.known)
    splits = list(TimeSeriesSplit(SPLITS).split(series.known))
    errors = {
        penalty: np.concatenate(
            [
                series.known[after]
                - _regress(penalty, series.drivers[before], series.known[before]).predict(
                    series.drivers[after]
                )
                for before, after in splits
            ]
        )
        for penalty in PENALTIES
    }
    penalty = min(errors, key=lambda one: float(np.mean(errors[one] ** 2)))
    mean = _regress(penalty, series.drivers[:n], series.known).predict(series.drivers[n:])
    return mean, np.full(series.horizon, np.sqrt(np.mean(errors[penalty] ** 2)))


def _regress(penalty: float, drivers: np.ndarray, target: np.ndarray) -> Pipeline:
    """Fit the regression."""
    return make_pipeline(StandardScaler(), Ridge(penalty)).fit(drivers, target)


BENCHMARKS: dict[str, Callable[[Series], Forecast]] = {
    "naive": forecast_naive,
    "seasonal_naive": forecast_seasonal_naive,
    "ridge": forecast_ridge,
    "ets": lambda series: forecast_ets(series.known, series.horizon, series.season),
}
"""Every benchmark, by the name of its method."""

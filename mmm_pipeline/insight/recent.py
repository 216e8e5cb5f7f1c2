"""What is spent and shown today."""

import xarray as xr

from mmm_pipeline.ingest.grain import PERIODS_PER_YEAR


def mean_recent(features: xr.Dataset, kind: str) -> xr.DataArray:
    """Average what is spent or shown today: the last 52 weeks, or all there is if less.

    Parameters
    ----------
    features : xarray.Dataset
        With ``spend`` and ``exposure``, dims ``(date, ..., channel)``, and the attribute `grain`.
    kind : str
        ``spend`` (currency) or ``exposure`` (its own unit).

    Returns
    -------
    xarray.DataArray, dims ``(..., channel)``
        Per period.
    """
    return average_recent(features[kind], features)


def average_recent(
    values: xr.DataArray, features: xr.Dataset, periods: int | None = None
) -> xr.DataArray:
    """Average anything dated over the last periods, or over all there is if less.

    Parameters
    ----------
    values : xarray.DataArray, dims ``(date, ...)``
        Unit kept.
    features : xarray.Dataset
        With the attribute `grain`.
    periods : int, optional
        How many; those of 52 weeks, if not said.

    Returns
    -------
    xarray.DataArray, dims ``(...)``
    """
    periods = periods or PERIODS_PER_YEAR[features.attrs["grain"]]
    recent: xr.DataArray = values.isel(date=slice(-periods, None)).mean("date")
    return recent


def read_price(features: xr.Dataset) -> xr.DataArray:
    """Compute what exposure costs today: over the last 52 weeks, or over all where it was off.

    In a cell of a panel that never had any, it costs what it does in all cells together.

    Parameters
    ----------
    features : xarray.Dataset
        As for `mean_recent`, with ``is_bought (channel)``.

    Returns
    -------
    xarray.DataArray, dims ``(..., channel)``
        Currency per exposure: 1 where exposure is money, NaN where it is not bought.
    """
    exposure, spend = mean_recent(features, "exposure"), mean_recent(features, "spend")
    price = spend / exposure.where((exposure > 0) & (spend > 0))
    paid, shown = features["spend"].sum("date"), features["exposure"].sum("date")
    cells = [dim for dim in paid.dims if dim != "channel"]
    price = price.fillna(paid / shown).fillna(paid.sum(cells) / shown.sum(cells))
    known: xr.DataArray = price.where(features["is_bought"])
    return known

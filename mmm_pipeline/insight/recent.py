"""What is spent today."""

import xarray as xr

from mmm_pipeline.ingest.grain import PERIODS_PER_YEAR


def mean_recent_spend(features: xr.Dataset) -> xr.DataArray:
    """Average what is spent today: the last 52 weeks, or all there is if that is less.

    Parameters
    ----------
    features : xarray.Dataset
        With ``spend (date, channel)`` and the attribute `grain`.

    Returns
    -------
    xarray.DataArray, dims ``(channel,)``
        Currency per period.
    """
    periods = PERIODS_PER_YEAR[features.attrs["grain"]]
    recent: xr.DataArray = features["spend"].isel(date=slice(-periods, None)).mean("date")
    return recent

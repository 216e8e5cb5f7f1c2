"""How money is spread over the periods of a window."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.spec import Scenario

DECAY = 0.9
"""Weight of a period over that of the one before, where money is spent at the front."""
RAMP = (0.5, 1.5)
"""Weights of the first and the last period of a ramp, of the mean."""


def phase(
    scenario: Scenario, channels: Sequence[str], target: xr.DataArray, dates: pd.DatetimeIndex
) -> xr.DataArray:
    """Compute what part of its mean each channel spends in each period.

    Parameters
    ----------
    scenario : Scenario
        Its `phasing`: one for all channels, or by channel, the others evenly.
    channels : sequence of str
        Which.
    target : xarray.DataArray, dims ``(date, ...)``
        Of the past, for ``seasonal``.
    dates : pandas.DatetimeIndex
        Of the window.

    Returns
    -------
    xarray.DataArray, dims ``(date, channel)``
        Not negative, mean 1 over the dates.
    """
    said = scenario.phasing
    weights = {
        name: _weigh(said.get(name, "even") if isinstance(said, dict) else said, target, dates)
        for name in channels
    }
    values = np.stack([weights[name] / weights[name].mean() for name in channels], axis=1)
    coords = {"date": dates, "channel": list(channels)}
    return xr.DataArray(values, dims=("date", "channel"), coords=coords)


def _weigh(
    pattern: str | Sequence[float], target: xr.DataArray, dates: pd.DatetimeIndex
) -> np.ndarray:
    """Weigh the periods by a pattern, or by weights as they are stated."""
    n = len(dates)
    if not isinstance(pattern, str):
        return np.asarray(pattern, dtype=float)
    if pattern == "seasonal":
        return _follow_season(target, dates)
    patterns: dict[str, np.ndarray] = {
        "even": np.ones(n),
        "front": DECAY ** np.arange(n),
        "back": DECAY ** np.arange(n)[::-1],
        "ramp": np.linspace(*RAMP, n),
        "pulse": (np.arange(n) % 2 == 0).astype(float),
    }
    return patterns[pattern]


def _follow_season(target: xr.DataArray, dates: pd.DatetimeIndex) -> np.ndarray:
    """Weigh by the target's mean in the same calendar month; 1 where that is unknown."""
    cells = [dim for dim in target.dims if dim != "date"]
    past = target.sum(cells)
    months = past.groupby("date.month").mean() / past.mean()
    known = months.reindex(month=dates.month, fill_value=1.0)
    return np.asarray(known.clip(min=0.0))

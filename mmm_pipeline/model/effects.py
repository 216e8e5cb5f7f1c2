"""Parts of the baseline that PyMC-Marketing has not, or has wrong."""

from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pymc_marketing.mmm.additive_effect import MuEffect
from pytensor.xtensor.type import XTensorVariable

N_CHANGEPOINTS = 10
"""Changes of slope that a piecewise trend may take."""
CHANGEPOINT_RANGE = 0.8
"""Share of the window in which they lie: the last slope needs data behind it."""
SLOPE_SD = 0.5
"""Standard deviation of the change over the whole window, share of the target's maximum."""
CHANGE_SCALE = 0.1
"""Laplace scale of each change of slope, in the same unit."""


class TrendEffect(MuEffect):
    """A line from 0 whose slope may change, on a clock that never stops.

    The library's own linear trend divides time by the last date of whatever data are set, so a
    forecast starts again from the beginning. Here the clock is fixed by the training window.

    Attributes
    ----------
    prefix : str
        Of the variables' names.
    first_date : str
        ISO date at which the clock reads 0.
    span_days : float
        Days after which it reads 1.
    n_changepoints : int
        0 for a straight line.
    """

    prefix: str = "trend"
    first_date: str
    span_days: float
    n_changepoints: int = 0

    def create_data(self, mmm: Any) -> None:
        """Register the clock."""
        pmd.Data(f"{self.prefix}_clock", self._read_clock(mmm.model.coords["date"]), dims="date")

    def create_effect(self, mmm: Any) -> XTensorVariable:
        """Register slope, changes and the line they make."""
        model = mmm.model
        clock = model[f"{self.prefix}_clock"]
        line = clock * pmd.Normal(f"{self.prefix}_slope", mu=0, sigma=SLOPE_SD)
        if self.n_changepoints:
            dim = f"{self.prefix}_changepoint"
            model.add_coord(dim, range(self.n_changepoints))
            points = np.linspace(0, CHANGEPOINT_RANGE, self.n_changepoints + 1)[1:]
            change = pmd.Laplace(f"{self.prefix}_change", mu=0, b=CHANGE_SCALE, dims=(dim,))
            ramp = ptx.math.maximum(clock - ptx.as_xtensor(points, dims=(dim,)), 0.0)
            line = line + (ramp * change).sum(dim=dim)
        return pmd.Deterministic(f"{self.prefix}_effect_contribution", line)

    def set_data(self, mmm: Any, model: pm.Model, X: xr.Dataset) -> None:  # noqa: ARG002, N803
        """Read the clock at the dates of a forecast."""
        clock = self._read_clock(model.coords["date"])
        pm.set_data({f"{self.prefix}_clock": clock}, model=model)

    def _read_clock(self, dates: Any) -> np.ndarray:
        """Count the window's lengths since its first date."""
        days = (pd.DatetimeIndex(dates) - pd.Timestamp(self.first_date)).days
        return days.to_numpy().astype(float) / self.span_days

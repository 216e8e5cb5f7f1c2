"""Slow drifts: of the baseline, and of how well media work."""

from typing import Any, Literal

import numpy as np
import pandas as pd
import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pymc_marketing.mmm.additive_effect import MuEffect
from pytensor.xtensor.type import XTensorVariable
from scipy.interpolate import BSpline

from mmm_pipeline.model.adapted import draw_adapted, draw_spread
from mmm_pipeline.model.terms import freeze

N_CHANGEPOINTS = 10
"""Changes of slope that a piecewise trend may take."""
CHANGEPOINT_RANGE = 0.8
"""Share of the window in which they lie: the last slope needs data behind it."""
SLOPE_SD = 0.5
"""Standard deviation of the change over the whole window, share of the target's maximum."""
CHANGE_SCALE = 0.1
"""Laplace scale of each change of slope, in the same unit."""
N_KNOTS = 10
"""Knots of a spline, both ends included."""
SPLINE_DEGREE = 3
"""Cubic."""
STEP_MEAN = 0.1
"""Prior mean of the standard deviation from one coefficient of a spline to the next."""
N_WAVES = 24
"""Basis functions of a Gaussian process."""
BOUNDARY = 3.0
"""Half-width of the interval in which they live, in half-widths of the window.

With 24 functions it holds for length scales between 0.2 and 0.33 of the window, by the rules of
Riutort-Mayol et al. (2023) for a Matern covariance with smoothness 3/2.
"""
AMPLITUDE_MEAN = 0.15
"""Prior mean of the standard deviation of a Gaussian process."""
LENGTHSCALE = (-1.2, 0.4)
"""Mean and standard deviation of its log length scale, in lengths of the window; about 0.3."""
DRIFT = "media_drift"
"""Variable: by what factor all media work better than on average, dims ``(date,)``."""


class Clock(MuEffect):
    """What runs on a clock that never stops, fixed by the training window.

    The library's own linear trend divides time by the last date of whatever data are set, so a
    forecast starts again from the beginning.

    Attributes
    ----------
    prefix : str
        Of the variables' names.
    first_date : str
        ISO date at which the clock reads 0.
    span_days : float
        Days after which it reads 1.
    """

    prefix: str
    first_date: str
    span_days: float

    def create_data(self, mmm: Any) -> None:
        """Register the clock."""
        pmd.Data(f"{self.prefix}_clock", self._read_clock(mmm.model.coords["date"]), dims="date")

    def set_data(self, mmm: Any, model: pm.Model, X: xr.Dataset) -> None:  # noqa: ARG002, N803
        """Read the clock at the dates of a forecast."""
        clock = self._read_clock(model.coords["date"])
        pm.set_data({f"{self.prefix}_clock": clock}, model=model)

    def _read_clock(self, dates: Any) -> np.ndarray:
        """Count the window's lengths since its first date."""
        days = (pd.DatetimeIndex(dates) - pd.Timestamp(self.first_date)).days
        return days.to_numpy().astype(float) / self.span_days


class LineEffect(Clock):
    """A line from 0 whose slope may change; it goes on as it ended.

    Attributes
    ----------
    n_changepoints : int
        0 for a straight line.
    """

    n_changepoints: int = 0

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


class CurveEffect(Clock):
    """A smooth curve from 0: a spline or a Gaussian process; it stays where it ended.

    Neither knows a slope to go on with: what lies beyond the window is its last value.

    Attributes
    ----------
    form : {"spline", "hsgp"}
        Cubic B-spline whose coefficients are a random walk; or a Gaussian process.
    noise : float
        About the standard deviation of what nothing explains, in the curve's own unit.
    is_factor : bool
        Whether it is the logarithm of a factor on media, with mean 1 over the window, instead of a
        term of its own.
    """

    form: Literal["spline", "hsgp"]
    noise: float
    is_factor: bool = False

    def create_data(self, mmm: Any) -> None:
        """Register the basis at every date; the factor too, which media need."""
        model = mmm.model
        basis = self._read_basis(model.coords["date"])
        model.add_coord(f"{self.prefix}_basis_function", range(basis.shape[1]))
        pmd.Data(f"{self.prefix}_basis", basis, dims=("date", f"{self.prefix}_basis_function"))
        if self.is_factor:
            factor = ptx.math.exp(self._draw_curve(model))
            pmd.Deterministic(self.prefix, factor / freeze(factor.mean(dim="date"), model))

    def create_effect(self, mmm: Any) -> XTensorVariable:
        """Register the curve."""
        if self.is_factor:
            return ptx.as_xtensor(0.0, dims=())
        return pmd.Deterministic(f"{self.prefix}_effect_contribution", self._draw_curve(mmm.model))

    def set_data(self, mmm: Any, model: pm.Model, X: xr.Dataset) -> None:  # noqa: ARG002, N803
        """Read the basis at the dates of a forecast."""
        basis = self._read_basis(model.coords["date"])
        pm.set_data({f"{self.prefix}_basis": basis}, model=model)

    def _draw_curve(self, model: pm.Model) -> XTensorVariable:
        """Register the parameters and put the curve together."""
        basis = model[f"{self.prefix}_basis"]
        dim = f"{self.prefix}_basis_function"
        values = xr.DataArray(basis.get_value(), dims=basis.dims)
        error = self.noise / (values**2).sum("date") ** 0.5
        if self.form == "spline":
            scale = draw_spread(f"{self.prefix}_step", STEP_MEAN)
        else:
            amplitude = draw_spread(f"{self.prefix}_amplitude", AMPLITUDE_MEAN)
            mu, sigma = LENGTHSCALE
            length = pmd.LogNormal(f"{self.prefix}_lengthscale", mu=mu, sigma=sigma)
            density = spectral_density(_frequencies(dim), length)
            scale = amplitude * ptx.math.sqrt(density)
        weight = draw_adapted(f"{self.prefix}_weight", scale, error, (dim,))
        return (basis * weight).sum(dim=dim)

    def _read_basis(self, dates: Any) -> np.ndarray:
        """Evaluate the basis, 0 where the clock reads 0."""
        clock = np.clip(self._read_clock(dates), 0.0, 1.0)
        evaluate = _evaluate_splines if self.form == "spline" else _evaluate_waves
        basis: np.ndarray = evaluate(clock) - evaluate(np.zeros(1))
        return basis


def spectral_density(frequency: Any, lengthscale: Any) -> Any:
    """Compute the spectral density of a Matern covariance with smoothness 3/2 and variance 1.

    Parameters
    ----------
    frequency : array
        Angular, per unit of time.
    lengthscale : array
        In units of time, above 0.

    Returns
    -------
    array

    Notes
    -----
    ``4 (sqrt(3) / l)^3 / (3 / l^2 + w^2)^2``: Riutort-Mayol, Buerkner, Andersen, Solin and Vehtari
    (2023), "Practical Hilbert space approximate Bayesian Gaussian processes for probabilistic
    programming", with the basis functions ``sin(w_j (t + L)) / sqrt(L)``, ``w_j = j pi / (2 L)``.
    """
    rate = 3**0.5 / lengthscale
    return 4 * rate**3 / (rate**2 + frequency**2) ** 2


def _frequencies(dim: str) -> XTensorVariable:
    """List the angular frequencies of the waves."""
    count = np.arange(1, N_WAVES + 1)
    return ptx.as_xtensor(count * np.pi / (2 * BOUNDARY * 0.5), dims=(dim,))


def _evaluate_waves(clock: np.ndarray) -> np.ndarray:
    """Evaluate the eigenfunctions of a Gaussian process on an interval."""
    half = BOUNDARY * 0.5
    count = np.arange(1, N_WAVES + 1)
    angle = count * np.pi * (clock[:, None] - 0.5 + half) / (2 * half)
    waves: np.ndarray = np.sin(angle) / half**0.5
    return waves


def _evaluate_splines(clock: np.ndarray) -> np.ndarray:
    """Evaluate cubic B-splines, summed up so that their weights are steps of a random walk."""
    inner = np.linspace(0, 1, N_KNOTS)
    knots = np.concatenate([np.zeros(SPLINE_DEGREE), inner, np.ones(SPLINE_DEGREE)])
    basis = BSpline.design_matrix(clock, knots, SPLINE_DEGREE).toarray()
    sums: np.ndarray = np.cumsum(basis[:, ::-1], axis=1)[:, ::-1]
    return sums[:, 1:]

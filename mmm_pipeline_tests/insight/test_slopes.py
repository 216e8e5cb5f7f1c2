"""Slopes of curves and where they are reached, against numbers found otherwise."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.insight.slopes import (
    FIRST_STEP,
    MOST,
    differentiate,
    find_exposure,
    search_last,
)
from mmm_pipeline.model.formulas import saturate

RANGES = {
    "lam": (0.2, 12.0),
    "half_saturation": (0.05, 2.0),
    "exponent": (0.1, 0.9),
    "slope": (0.5, 4.0),
}
WORDS = {
    "logistic": ("lam",),
    "exponential": ("lam",),
    "michaelis_menten": ("half_saturation",),
    "hill": ("half_saturation", "slope"),
    "root": ("exponent",),
    "none": (),
}


@st.composite
def curves(draw: st.DrawFn) -> tuple[str, dict[str, xr.DataArray]]:
    form = draw(st.sampled_from(sorted(WORDS)))
    values = {word: draw(st.floats(*RANGES[word])) for word in WORDS[form]}
    return form, {word: xr.DataArray(value) for word, value in values.items()}


@given(curves(), st.floats(0.01, 3.0))
def test_a_slope_is_that_of_the_curve(
    curve: tuple[str, dict[str, xr.DataArray]], exposure: float
) -> None:
    form, taken = curve
    step = 1e-5 * exposure

    above, below = (saturate(form, xr.DataArray(exposure + s), **taken) for s in (step, -step))

    # A central difference errs by the square of its step, and by rounding over it.
    found = differentiate(form, xr.DataArray(exposure), **taken)
    assert float(found) == pytest.approx(float(above - below) / (2 * step), rel=1e-4, abs=1e-8)


@given(curves(), st.floats(0.0, FIRST_STEP))
def test_a_slope_is_finite_down_to_nothing(
    curve: tuple[str, dict[str, xr.DataArray]], exposure: float
) -> None:
    form, taken = curve

    found, first = (
        float(differentiate(form, xr.DataArray(at), **taken)) for at in (exposure, FIRST_STEP)
    )

    # What rises upright is read at the first step; the others hardly bend before it.
    assert found == first if form in {"hill", "root"} else found >= first > 0
    assert np.isfinite(found)


@given(curves(), st.floats(0.02, 5.0))
def test_up_to_an_exposure_a_curve_is_as_steep_as_a_root_finder_says(
    curve: tuple[str, dict[str, xr.DataArray]], steepness: float
) -> None:
    form, taken = curve
    grid = np.geomspace(1e-9, MOST, 2000)
    is_reached = differentiate(form, xr.DataArray(grid, dims="x"), **taken) >= steepness
    places = np.flatnonzero(is_reached)

    found = float(find_exposure(form, xr.DataArray(steepness), **taken))

    if not len(places):
        # Where the grid steps over a peak, it is as steep all the same.
        there = float(differentiate(form, xr.DataArray(max(found, 1e-12)), **taken))
        assert found < 1e-8 or there == pytest.approx(steepness, rel=1e-6)
    elif places[-1] == len(grid) - 1:
        assert found == pytest.approx(MOST)
    else:
        assert grid[places[-1]] <= found * (1 + 1e-9)
        assert found * (1 - 1e-9) <= grid[places[-1] + 1]
        there = float(differentiate(form, xr.DataArray(found), **taken))
        assert there == pytest.approx(steepness, rel=1e-6)


def test_the_breakeven_of_the_reference_is_found() -> None:
    # beta 0.5, lam 2, S 1e5, largest spend 1e4, T 1: checked by hand with arccosh(sqrt(5)).
    steepness = xr.DataArray(1e4 / (0.5 * 1e5))

    found = find_exposure("logistic", steepness, lam=xr.DataArray(2.0))

    assert float(found) == pytest.approx(1.4436355, abs=5e-8)


def test_a_curve_that_is_nowhere_as_steep_has_no_such_exposure() -> None:
    found = find_exposure(
        "hill", xr.DataArray(9.0), half_saturation=xr.DataArray(1.0), slope=xr.DataArray(2.0)
    )

    assert float(found) == 0.0


def test_the_last_place_counts_where_a_function_rises_first() -> None:
    most = xr.DataArray([100.0, 100.0, 100.0])
    height = xr.DataArray([1.0, 0.1, 1e6])

    # x exp(-x) passes 0.2 at 0.2592 and, falling, at 2.5426; or never; or not before 100.
    found = search_last(lambda x: height * x * np.exp(-np.minimum(x, 10)), 0.2, most)

    np.testing.assert_allclose(found, [2.542641, 0.0, 100.0], rtol=1e-6)

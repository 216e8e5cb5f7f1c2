"""Laws of carry-over and saturation, and the same formulas by others."""

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytensor.xtensor as ptx
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from pymc_marketing.mmm import transformers
from pytensor.graph.rewriting.utils import rewrite_graph

from mmm_pipeline.model.formulas import (
    CARRYOVER_PARAMETERS,
    SATURATION_PARAMETERS,
    saturate,
    weigh_lags,
)

VALUES = {
    "alpha": st.floats(0.001, 0.999),
    "delay": st.floats(0.0, 12.0),
    "scale": st.floats(0.05, 30.0),
    "lam": st.floats(0.01, 30.0),
    "half_saturation": st.floats(0.01, 5.0),
    "slope": st.floats(0.1, 6.0),
    "exponent": st.floats(0.05, 0.95),
}
FITTING = {"alpha": 0.6, "delay": 1.5, "scale": 2.5, "slope": 1.7}


@st.composite
def parameters(draw: st.DrawFn, words: tuple[str, ...]) -> dict[str, float]:
    return {word: draw(VALUES[word]) for word in words}


def weights_of(form: str, l_max: int, **given_values: float) -> np.ndarray:
    lags = xr.DataArray(np.arange(l_max, dtype=float), dims="lag")
    values: np.ndarray = weigh_lags(form, lags, l_max, "lag", **given_values).to_numpy()
    return values


@pytest.mark.parametrize("form", CARRYOVER_PARAMETERS)
@given(data=st.data(), l_max=st.integers(1, 52))
def test_weights_are_a_distribution_over_lags(form: str, data: st.DataObject, l_max: int) -> None:
    values = data.draw(parameters(CARRYOVER_PARAMETERS[form]))

    weights = weights_of(form, l_max, **values)

    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("form", ["geometric", "binomial"])
@given(alpha=VALUES["alpha"])
def test_what_decays_never_rises(form: str, alpha: float) -> None:
    assert (np.diff(weights_of(form, 13, alpha=alpha)) <= 1e-15).all()


@given(alpha=st.floats(0.05, 0.95), delay=st.integers(0, 7))
def test_a_delayed_effect_peaks_when_it_is_said_to(alpha: float, delay: int) -> None:
    assert weights_of("delayed", 8, alpha=alpha, delay=float(delay)).argmax() == delay


def test_nothing_is_carried_where_there_is_no_carryover() -> None:
    assert weights_of("none", 4).tolist() == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("form", "theirs", "names"),
    [
        ("geometric", transformers.geometric_adstock, {"alpha": "alpha"}),
        ("delayed", transformers.delayed_adstock, {"alpha": "alpha", "delay": "theta"}),
        ("binomial", transformers.binomial_adstock, {"alpha": "alpha"}),
    ],
)
def test_weights_are_those_of_the_library(form: str, theirs: Any, names: dict[str, str]) -> None:
    impulse = ptx.as_xtensor(np.eye(6)[0], dims=("date",))

    expected = theirs(
        impulse,
        **{their: FITTING[ours] for ours, their in names.items()},
        l_max=6,
        normalize=True,
        dim="date",
    ).eval()

    found = weights_of(form, 6, **{name: FITTING[name] for name in names})
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_weibull_weights_are_scipys_density() -> None:
    from scipy.stats import weibull_min

    density = weibull_min.pdf(np.arange(1, 9), c=FITTING["slope"], scale=FITTING["scale"])

    found = weights_of("weibull", 8, scale=FITTING["scale"], slope=FITTING["slope"])
    np.testing.assert_allclose(found, density / density.sum(), rtol=1e-12)


@pytest.mark.parametrize("form", SATURATION_PARAMETERS)
@given(data=st.data())
def test_response_rises_from_nothing(form: str, data: st.DataObject) -> None:
    values = data.draw(parameters(SATURATION_PARAMETERS[form]))
    exposure = np.linspace(0, 2, 41)

    response = saturate(form, exposure, **values)

    assert response[0] == 0.0
    assert np.isfinite(response).all()
    assert (np.diff(response) >= -1e-12).all()
    if form not in {"root", "none"}:
        assert (response <= 1 + 1e-12).all()


@pytest.mark.parametrize("form", ["michaelis_menten", "hill"])
@given(half=VALUES["half_saturation"], slope=VALUES["slope"])
def test_half_of_the_ceiling_is_at_half_saturation(form: str, half: float, slope: float) -> None:
    values = {"half_saturation": half} | ({"slope": slope} if form == "hill" else {})

    assert float(saturate(form, np.float64(half), **values)) == pytest.approx(0.5)


def test_a_hill_curve_of_slope_one_is_that_of_michaelis_and_menten() -> None:
    x = np.linspace(0, 3, 31)

    np.testing.assert_allclose(
        saturate("hill", x, half_saturation=0.4, slope=1.0),
        saturate("michaelis_menten", x, half_saturation=0.4),
    )


@pytest.mark.parametrize("form", ["hill", "root"])
@pytest.mark.parametrize("power", [0.3, 1.0, 2.5])
def test_a_dark_week_has_a_gradient(form: str, power: float) -> None:
    slope = pt.dscalar("slope")
    exponent = ptx.as_xtensor(slope)
    exposure = ptx.as_xtensor(np.array([0.0, 0.3]), dims=("date",)) * exponent
    hill = {"half_saturation": 0.4, "slope": exponent}

    response = saturate(form, exposure, **hill if form == "hill" else {"exponent": exponent})
    plain = rewrite_graph(response.sum().values, include=("lower_xtensor", "canonicalize"))
    gradient = pytensor.grad(plain, slope)

    assert np.isfinite(gradient.eval({slope: power}))

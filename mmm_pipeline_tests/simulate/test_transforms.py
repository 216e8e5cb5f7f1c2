import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmm_pipeline.simulate import geometric_adstock, logistic_saturation

series = arrays(float, 20, elements=st.floats(0, 1e3))
alphas = st.floats(0, 0.95)
lengths = st.integers(1, 12)


@given(one=series, other=series, alpha=alphas, l_max=lengths)
def test_adstock_is_linear(one: np.ndarray, other: np.ndarray, alpha: float, l_max: int) -> None:
    together = geometric_adstock(one + 3 * other, alpha, l_max)

    apart = geometric_adstock(one, alpha, l_max) + 3 * geometric_adstock(other, alpha, l_max)
    np.testing.assert_allclose(together, apart, rtol=1e-9, atol=1e-9)


@given(exposure=series, alpha=alphas, l_max=lengths, at=st.integers(0, 19))
def test_adstock_is_causal(exposure: np.ndarray, alpha: float, l_max: int, at: int) -> None:
    changed = exposure.copy()
    changed[at] += 100.0

    before = geometric_adstock(exposure, alpha, l_max)[:at]
    np.testing.assert_array_equal(geometric_adstock(changed, alpha, l_max)[:at], before)


@given(alpha=alphas, l_max=lengths)
def test_normalised_adstock_conserves_mass(alpha: float, l_max: int) -> None:
    impulse = np.zeros(20)
    impulse[0] = 5.0

    assert geometric_adstock(impulse, alpha, l_max).sum() == pytest.approx(5.0)


@given(exposure=series, l_max=lengths)
def test_adstock_without_survival_is_identity(exposure: np.ndarray, l_max: int) -> None:
    np.testing.assert_array_equal(geometric_adstock(exposure, 0.0, l_max), exposure)


@given(lam=st.floats(0.1, 10), exposure=st.floats(0, 5), more=st.floats(0.01, 1))
def test_saturation_rises_from_zero_below_one(lam: float, exposure: float, more: float) -> None:
    here, there = logistic_saturation([exposure, exposure + more], lam)

    assert logistic_saturation(0.0, lam) == 0.0
    assert here <= there <= 1.0


@given(lam=st.floats(0.1, 10))
def test_saturation_is_half_at_ln_3_over_lam(lam: float) -> None:
    assert float(logistic_saturation(np.log(3) / lam, lam)) == pytest.approx(0.5)


def test_saturation_gives_the_published_value() -> None:
    # Databricks' accelerator tests mu = 0.5 at x = 1 against 0.245.
    assert float(logistic_saturation(1.0, 0.5)) == pytest.approx(0.245, abs=5e-4)

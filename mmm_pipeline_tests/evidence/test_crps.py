import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mmm_pipeline.evidence.crps import compute_crps

FINITE = st.floats(-1e3, 1e3)


def label(draws: np.ndarray) -> xr.DataArray:
    return xr.DataArray(draws, dims=("chain", "draw", "date"))


@pytest.mark.parametrize("observed", [-1.0, 0.3, 5.0])
def test_it_is_that_of_a_normal(observed: float) -> None:
    mean, sd = 0.5, 2.0
    draws = label(np.random.default_rng(1).normal(mean, sd, (4, 5000, 1)))

    found = float(compute_crps(draws, xr.DataArray([observed], dims="date"))[0])

    # Gneiting and Raftery (2007), equation 21's closed form for a normal.
    z = (observed - mean) / sd
    expected = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.pi**0.5)
    # Twenty thousand draws: the standard error of each mean is about 0.01.
    assert found == pytest.approx(expected, abs=0.03)


@given(st.lists(FINITE, min_size=2, max_size=12), FINITE)
def test_it_is_the_mean_over_all_pairs(values: list[float], observed: float) -> None:
    draws = np.array(values)
    pairs = np.abs(draws[:, None] - draws).sum() / (len(draws) * (len(draws) - 1))

    found = compute_crps(label(draws[None, :, None]), xr.DataArray([observed], dims="date"))

    assert float(found[0]) == pytest.approx(np.abs(draws - observed).mean() - pairs / 2, abs=1e-9)


@given(FINITE, FINITE)
def test_of_a_point_it_is_the_absolute_error(point: float, observed: float) -> None:
    draws = label(np.full((2, 3, 1), point))

    found = compute_crps(draws, xr.DataArray([observed], dims="date"))

    assert float(found[0]) == pytest.approx(abs(point - observed), abs=1e-9)


def test_cells_are_scored_apart() -> None:
    draws = xr.DataArray(np.zeros((1, 2, 2, 3)), dims=("chain", "draw", "date", "geo"))
    observed = xr.DataArray(np.arange(6.0).reshape(3, 2), dims=("geo", "date"))

    found = compute_crps(draws, observed)

    np.testing.assert_allclose(found.transpose("geo", "date"), observed)

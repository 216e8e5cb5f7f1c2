import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.gate import admit
from mmm_pipeline.gate.completeness import SAMPLE_DIMS
from mmm_pipeline.gate.fitted import (
    autocorrelate,
    compute_fitted,
    compute_residual,
    measure_autocorrelation,
)
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_trace, settle_target


@pytest.mark.parametrize("memory", [-0.5, 0.0, 0.7])
def test_a_series_follows_itself_as_it_was_made_to(memory: float) -> None:
    noise = np.random.default_rng(1).standard_normal(20_000)
    for step in range(1, noise.size):
        noise[step] += memory * noise[step - 1]

    # The standard error of an autocorrelation is at most 1 / sqrt(20000) = 0.007.
    assert float(autocorrelate(xr.DataArray(noise, dims="date"))) == pytest.approx(memory, abs=0.03)


def test_of_a_panel_it_is_the_mean_over_the_cells() -> None:
    cells = xr.DataArray([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]], dims=("date", "geo"))

    assert measure_autocorrelation(cells) == pytest.approx((-0.75 + 0.25) / 2)
    assert measure_autocorrelation(xr.zeros_like(cells)) is None


def test_what_is_left_is_the_target_less_the_mean(trace: xr.DataTree) -> None:
    inputs, fitted = trace["/inputs"].to_dataset(), compute_fitted(trace)

    left = compute_residual(trace, fitted)

    mean = fitted["mu"].mean(SAMPLE_DIMS) * inputs["target_scale"]
    expected = (inputs["target"] - mean) / inputs["target_scale"]
    np.testing.assert_allclose(left.to_numpy(), expected.to_numpy(), atol=1e-12)


def test_a_model_that_lacks_something_is_to_be_looked_at(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    jump = np.where(np.arange(features.sizes["date"]) < 50, 0.0, 0.2 * features["target"].mean())

    well = admit(make_trace(spec, settle_target(spec, features)), spec)
    lacking = admit(make_trace(spec, settle_target(spec, features, added=jump)), spec)

    assert well.verdict.word == "PASS"
    assert lacking.verdict.word == "REVIEW"
    assert "something is missing" in lacking.verdict.reasons[0]

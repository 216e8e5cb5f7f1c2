"""What several test modules share."""

import gc

import pytest
import xarray as xr
from hypothesis import settings

from mmm_pipeline.gate import ConvergedFit, Examination, require_converged
from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_features, make_spec, make_trace

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
# Models and runs are made of many small objects that live long: at its usual thresholds the
# collector, which looks at all of them again and again, takes a fifth of the time.
gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session")
def spec() -> ModelSpec:
    """Two channels, a control, trend and season."""
    return make_spec(
        controls={"price": {"sign": "negative"}}, scenarios={"more": {"budget": "+10%"}}
    )


@pytest.fixture(scope="session")
def features(spec: ModelSpec) -> xr.Dataset:
    """Two years of weeks."""
    return make_features(spec)


@pytest.fixture(scope="session")
def trace(spec: ModelSpec, features: xr.Dataset) -> xr.DataTree:
    """Draws that mix perfectly."""
    return make_trace(spec, features)


@pytest.fixture(scope="session")
def examination(spec: ModelSpec, trace: xr.DataTree) -> Examination:
    """What the real diagnostics measure of them."""
    return examine(trace, spec.gate)


@pytest.fixture(scope="session")
def fit(trace: xr.DataTree, examination: Examination, spec: ModelSpec) -> ConvergedFit:
    """The same, through the gate."""
    return require_converged(trace, examination.numbers, spec)

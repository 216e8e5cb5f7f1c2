"""A fit's model is the gate's own, with the draws of that fit and of no other."""

import xarray as xr

from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.gate.completeness import build_without_experiments, name_model
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline_tests.factories import make_posterior, make_trace


def test_two_fits_of_one_model_have_their_own_draws(fit: ConvergedFit) -> None:
    posterior = make_posterior(fit.spec, fit.features, seed=4)
    other = admit(make_trace(fit.spec, fit.features, posterior), fit.spec)

    one, two = restore_model(fit), restore_model(other)

    assert one.model is two.model is build_without_experiments(name_model(fit.trace)).model
    xr.testing.assert_identical(one.idata["/posterior"].to_dataset(), fit.posterior)
    xr.testing.assert_identical(two.idata["/posterior"].to_dataset(), posterior)

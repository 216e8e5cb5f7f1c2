"""A replay with the same draws, with others of the same posterior, and with those of another."""

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.evidence.replay import compare_replay
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_posterior, make_trace


def make_fit(spec: ModelSpec, features: xr.Dataset, posterior: xr.Dataset) -> ConvergedFit:
    trace = make_trace(spec, features, posterior)
    return admit(trace, spec)


def test_the_same_draws_are_identical(
    fit: ConvergedFit, spec: ModelSpec, features: xr.Dataset
) -> None:
    replay = compare_replay(fit, make_fit(spec, features, make_posterior(spec, features)))

    assert (replay.is_identical, replay.agrees, replay.largest) == (True, True, 0)


def test_one_bit_is_enough_to_differ(
    fit: ConvergedFit, spec: ModelSpec, features: xr.Dataset
) -> None:
    posterior = make_posterior(spec, features)
    level = posterior["level"].to_numpy().copy()
    level[0, 0] = np.nextafter(level[0, 0], np.inf)

    replay = compare_replay(
        fit, make_fit(spec, features, posterior.assign(level=(("chain", "draw"), level)))
    )

    assert not replay.is_identical
    assert replay.agrees


@pytest.mark.parametrize("seed", range(4, 9))
def test_other_draws_of_one_posterior_agree(
    seed: int, fit: ConvergedFit, spec: ModelSpec, features: xr.Dataset
) -> None:
    replay = compare_replay(fit, make_fit(spec, features, make_posterior(spec, features, seed)))

    assert not replay.is_identical
    assert replay.agrees
    # Two-sided, 0.001 over the number of comparisons.
    assert replay.n_compared == 4 * 14
    assert replay.limit == pytest.approx(4.29, abs=0.01)


@pytest.mark.parametrize("change", ["mean", "spread"])
def test_a_parameter_that_is_another_is_found(
    change: str, fit: ConvergedFit, spec: ModelSpec, features: xr.Dataset
) -> None:
    posterior = make_posterior(spec, features, seed=4)
    sigma = posterior["y_sigma"]
    # A standard deviation of 5 %, of 1,000 independent draws: 0.16 % of Monte Carlo error.
    other = sigma * 1.02 if change == "mean" else sigma.mean() + 1.4 * (sigma - sigma.mean())

    replay = compare_replay(fit, make_fit(spec, features, posterior.assign(y_sigma=other)))

    assert not replay.agrees
    assert replay.where.endswith("of y_sigma")

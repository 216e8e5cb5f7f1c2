from typing import Any

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.gate import Verdict, judge
from mmm_pipeline.gate.diagnostics import assess_parameters, diagnose
from mmm_pipeline.spec import GateLimits
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace

SPEC = make_spec()
FEATURES = make_features(SPEC)


def judge_draws(posterior: xr.Dataset, **statistics: Any) -> Verdict:
    trace = make_trace(SPEC, FEATURES, posterior, **statistics)
    return judge(diagnose(trace, assess_parameters(posterior)), GateLimits())


def spoil(name: str) -> xr.Dataset:
    posterior = make_posterior(SPEC, FEATURES)
    rng = np.random.default_rng(1)
    roas = posterior["roas"].to_numpy().copy()
    if name == "unmixed chains":
        roas += np.arange(4)[:, None, None]
    elif name == "one stuck chain":
        roas[2] = roas[2, 0]
    elif name == "constant parameter":
        roas[:] = 1.0
    elif name == "not a number":
        roas[0, 0, 0] = np.nan
    elif name == "infinite":
        roas[0, 0, 0] = np.inf
    elif name == "slow":
        steps = 0.02 * rng.standard_normal(roas.shape)
        roas = 2 + np.cumsum(steps, axis=1)
    elif name == "other spread in one chain":
        roas[1] = roas[1].mean() + 6 * (roas[1] - roas[1].mean())
    return posterior.assign(roas=(posterior["roas"].dims, roas))


def test_draws_that_mix_pass() -> None:
    assert judge_draws(make_posterior(SPEC, FEATURES)).failures == {}


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("unmixed chains", "rhat"),
        ("one stuck chain", "draws"),
        ("constant parameter", "draws"),
        ("not a number", "draws"),
        ("infinite", "draws"),
        ("slow", "ess"),
        ("other spread in one chain", "rhat"),
    ],
)
def test_faulty_draws_fail(name: str, check: str) -> None:
    verdict = judge_draws(spoil(name))

    assert verdict.word == "FAIL"
    assert check in verdict.failures


@pytest.mark.parametrize("n_draws", [1, 2, 3, 20])
def test_too_few_draws_fail(n_draws: int) -> None:
    posterior = make_posterior(SPEC, FEATURES).isel(draw=slice(n_draws))

    assert judge_draws(posterior).word == "FAIL"


def test_one_chain_fails() -> None:
    assert "rhat" in judge_draws(make_posterior(SPEC, FEATURES).isel(chain=[0])).failures


def test_trouble_of_the_sampler_fails() -> None:
    diverging = np.zeros((4, 250), dtype=bool)
    diverging[1, 7] = True
    energy = np.cumsum(np.random.default_rng(2).standard_normal((4, 250)), axis=1)
    posterior = make_posterior(SPEC, FEATURES)

    assert list(judge_draws(posterior, diverging=diverging).failures) == ["divergences"]
    assert list(judge_draws(posterior, maxdepth_reached=~diverging).failures) == ["treedepth"]
    assert list(judge_draws(posterior, energy=energy).failures) == ["bfmi"]


def test_every_element_is_measured_and_named() -> None:
    parameters = assess_parameters(make_posterior(SPEC, FEATURES))

    assert {"roas[tv]", "roas[search]", "y_sigma"} <= set(parameters["parameter"])
    assert not parameters.isna().any().any()


def test_the_worst_parameter_is_named() -> None:
    posterior = make_posterior(SPEC, FEATURES)
    sigma = posterior["y_sigma"] + 0.01 * xr.DataArray(np.arange(4), dims="chain")
    spoiled = posterior.assign(y_sigma=sigma)

    numbers = diagnose(make_trace(SPEC, FEATURES, spoiled), assess_parameters(spoiled))

    assert numbers.worst["max_rhat"] == "y_sigma"

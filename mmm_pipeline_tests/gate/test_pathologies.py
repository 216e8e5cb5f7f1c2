"""What ails a posterior is told in words, and nothing is told of one that is well."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    draw_posterior,
    make_features,
    make_posterior,
    make_spec,
    make_trace,
)

SHARE = {"median": 0.1, "factor": 2}
SPEC = make_spec(media={"tv": {"roas": {"median": 1, "factor": 3}}, "search": {}})
FEATURES = make_features(SPEC)


def tell(posterior: xr.Dataset, spec: ModelSpec = SPEC) -> str:
    features = FEATURES if spec is SPEC else make_features(spec)
    trace = make_trace(spec, features, posterior)
    return "\n".join(map(str, examine(trace, spec.gate).pathologies))


def change(name: str, channel: int, values: np.ndarray) -> xr.Dataset:
    posterior = make_posterior(SPEC, FEATURES)
    draws = posterior[name].to_numpy().copy()
    draws[..., channel] = values
    return posterior.assign({name: (posterior[name].dims, draws)})


def draw(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((4, 250))


def test_a_posterior_that_is_well_is_left_in_peace() -> None:
    assert tell(make_posterior(SPEC, FEATURES)) == ""


def test_two_parameters_that_are_one_are_told() -> None:
    lam = make_posterior(SPEC, FEATURES)["saturation_lam"].to_numpy()[..., 0]
    spoiled = change("roas", 0, 3 / lam + 0.01 * draw())

    told = tell(spoiled)
    assert "roas[tv] and saturation_lam[tv] cannot be told apart (correlation -0.99)" in told


def test_two_channels_that_share_one_effect_are_told() -> None:
    tv = make_posterior(SPEC, FEATURES)["roas"].to_numpy()[..., 0]

    told = tell(change("roas", 1, 5 - tv + 0.02 * draw()))

    assert "roas of tv and of search are known together, not apart" in told
    assert "merge the two" in told


@pytest.mark.parametrize(("alpha", "what"), [(0.01, "nothing lasts"), (0.99, "everything lasts")])
def test_carry_over_at_its_edge_is_told(alpha: float, what: str) -> None:
    told = tell(change("adstock_alpha", 0, alpha + 0.002 * draw()))

    assert f"The carry-over of tv is at its edge: {what}" in told
    assert ("Raise `l_max`" in told) == (alpha > 0.5)


def test_chains_that_settled_apart_are_told() -> None:
    apart = 2 + np.array([0.0, 0.0, 0.0, 1.0])[:, None] + 0.05 * draw()

    assert "The chains have settled in different places on roas" in tell(change("roas", 0, apart))


def test_a_return_of_which_the_data_say_nothing_is_told() -> None:
    stated = state_returns(SPEC, FEATURES)["roas"].stated["tv"].parameters
    same = np.exp(stated["mu"] + stated["sigma"] * draw())

    assert "The data say nothing of the return on tv" in tell(change("roas", 0, same))
    assert "return on tv" not in tell(change("roas", 0, same * 3))


def test_nothing_is_said_of_draws_that_are_none() -> None:
    assert tell(change("roas", 0, np.full((4, 250), np.nan))) == ""


@pytest.mark.parametrize(
    "words",
    [
        {"media": {"tv": {"carryover": {"half_life": {"median": 2, "factor": 2}}}, "search": {}}},
        {"media": {"tv": {"carryover": "weibull"}, "search": {"saturation": "hill"}}},
        {
            "media": {
                "tv": {"effect": "HalfNormal(1)"},
                "search": {"share": {"median": 0.1, "factor": 2}},
            }
        },
        {"media": {"tv": {"carryover": "none", "saturation": "none"}, "search": {}}},
    ],
)
def test_draws_of_the_prior_say_what_was_believed(words: dict[str, Any]) -> None:
    spec = make_spec(**words)

    told = tell(draw_posterior(spec, make_features(spec), 400), spec)

    assert "that was not believed before" in told
    assert "cannot be told apart" not in told

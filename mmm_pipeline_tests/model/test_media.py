"""Channels of every kind, form and belief in one model: each brings exactly what is stated."""

from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from pymc_marketing.mmm import MMM

from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.model.sample import list_free_parameters
from mmm_pipeline.model.totals import CHANNEL_TOTAL
from mmm_pipeline.simulate import ChannelTruth, World
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_features, make_spec, make_world

MEDIA: dict[str, dict[str, Any]] = {
    "tv": {"carryover": "long", "saturation": "gradual"},
    "search": {"carryover": "delayed", "saturation": "hill", "roas": {"median": 2, "factor": 3}},
    "radio": {"carryover": {"half_life": {"median": 2, "factor": 2}}, "saturation": "exponential"},
    "print": {"carryover": "weibull", "saturation": "michaelis_menten"},
    "next_1": {"marginal_roas": {"low": 0.5, "mid": 1, "high": 2}, "carryover": "binomial"},
    "portion": {"share": {"median": 0.05, "factor": 2}, "saturation": "root"},
    "height": {"effect": "HalfNormal(0.5)", "carryover": {"alpha": "Beta(1, 3)"}},
    "shown": {"exposure": "shown", "cost_per_unit": 0.02, "carryover": {"alpha": "Uniform(0, 1)"}},
    "letter": {"kind": "owned", "carryover": "none", "saturation": "none"},
    "rival": {"kind": "competitor", "carryover": "short"},
}


def _world() -> World:
    plans = [
        ChannelTruth(20_000, 0.6, 2, 0.3, 2.0, 1.0),
        ChannelTruth(9_000, 1.0, 1, 0.2, 2.0, 1.0),
    ]
    return make_world(channels={name: plans[n % 2] for n, name in enumerate(MEDIA)})


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return make_spec(media=MEDIA)


@pytest.fixture(scope="module")
def features(spec: ModelSpec) -> xr.Dataset:
    return make_features(spec, _world())


@pytest.fixture(scope="module")
def model(spec: ModelSpec, features: xr.Dataset) -> MMM:
    return build_model(spec, features)


@pytest.fixture(scope="module")
def prior(model: MMM) -> xr.Dataset:
    names = [*list_free_parameters(model.model), "roas", "adstock_alpha", "channel_contribution"]
    drawn = pm.sample_prior_predictive(
        20,
        model=model.model,
        var_names=[*dict.fromkeys(names)],
        random_seed=1,
    )
    return drawn["/prior"].to_dataset()


@pytest.fixture(scope="module")
def brought(prior: xr.Dataset, features: xr.Dataset) -> xr.DataArray:
    total: xr.DataArray = prior["channel_contribution"].sum("date") * features["target_scale"]
    return total


def test_what_is_bought_returns_what_is_stated(
    brought: xr.DataArray, prior: xr.Dataset, features: xr.Dataset
) -> None:
    stated = prior["roas"].rename(roas_channel="channel")
    names = ["tv", "search", "radio", "print", "shown"]

    implied = (brought / features["spend"].sum("date")).sel(channel=names)

    assert stated["channel"].to_numpy().tolist() == names
    np.testing.assert_allclose(implied, stated.transpose(*implied.dims), rtol=1e-9)


def test_a_share_is_one_of_the_target_and_a_competitors_is_lost(
    brought: xr.DataArray, prior: xr.Dataset, features: xr.Dataset
) -> None:
    stated = prior["share"].rename(share_channel="channel")

    implied = (brought / features["target"].sum()).sel(channel=stated["channel"])

    assert stated["channel"].to_numpy().tolist() == ["portion", "letter", "rival"]
    sign = xr.DataArray([1.0, 1.0, -1.0], dims="channel")
    np.testing.assert_allclose(implied * sign, stated.transpose(*implied.dims), rtol=1e-9)
    assert (prior["channel_contribution"].sel(channel="rival") <= 0).all()


@pytest.mark.slow
def test_the_next_percent_returns_what_is_stated(
    model: MMM, prior: xr.Dataset, features: xr.Dataset
) -> None:
    free = prior[list_free_parameters(model.model)].isel(draw=slice(5))
    more = model.model.copy()
    pm.set_data({"channel_data": 1.01 * features["exposure"].to_numpy()}, model=more)

    now, then = (
        pm.compute_deterministics(free, var_names=[CHANNEL_TOTAL], model=one, progressbar=False)[
            CHANNEL_TOTAL
        ].sel(channel="next_1")
        for one in (model.model, more)
    )

    spent = 0.01 * float(features["spend"].sel(channel="next_1").sum())
    stated = free["marginal_roas"].isel(marginal_roas_channel=0)
    np.testing.assert_allclose((then - now) / spent, stated, rtol=1e-9)


def test_exposure_costs_its_price(features: xr.Dataset) -> None:
    shown = features.sel(channel="shown")

    np.testing.assert_allclose(shown["spend"], 0.02 * shown["exposure"])
    assert not features["is_bought"].sel(channel=["letter", "rival"]).any()


def test_a_parameter_of_several_families_is_put_together_in_the_order_of_the_spec(
    prior: xr.Dataset,
) -> None:
    alpha = prior["adstock_alpha"].rename(adstock_alpha_channel="channel")

    half_life = prior["adstock_half_life"].isel(adstock_half_life_channel=0)
    np.testing.assert_allclose(alpha.sel(channel="radio"), 0.5 ** (1 / half_life))
    uniform = prior["adstock_alpha_uniform"].isel(adstock_alpha_uniform_channel=0)
    np.testing.assert_allclose(alpha.sel(channel="shown"), uniform)
    beta = prior["adstock_alpha_beta"].rename(adstock_alpha_beta_channel="channel")
    for channel in ("tv", "search", "next_1", "height"):
        np.testing.assert_allclose(alpha.sel(channel=channel), beta.sel(channel=channel))
    assert {"print", "letter"}.isdisjoint(alpha["channel"].to_numpy())


def test_money_per_target_is_the_inverse_of_the_return() -> None:
    data = {"path": "data/acme.csv", "date": "week", "target": "sales", "kpi": "count"}
    belief = {"low": 10, "mid": 20, "high": 60}
    spec = make_spec(data=data, media={"tv": {"cost_per_target": belief}, "search": {}})

    model = build_model(spec, make_features(spec)).model
    drawn = pm.sample_prior_predictive(20, model, ["roas", "cost_per_target"], random_seed=1)[
        "/prior"
    ].to_dataset()

    np.testing.assert_allclose(drawn["roas"], 1 / drawn["cost_per_target"])
    assert "cost_per_target" in [variable.name for variable in model.free_RVs]
    stated = state_returns(spec, make_features(spec))["roas"].stated
    assert np.exp(stated["tv"].parameters["mu"]) == pytest.approx(20)
    features = make_features(spec)
    usual = features["spend"].sum() / (0.3 * features["target"].sum())
    assert np.exp(stated["search"].parameters["mu"]) == pytest.approx(float(usual))

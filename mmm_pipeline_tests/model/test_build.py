"""The model without sampling: its parameters, its arithmetic, its priors."""

from dataclasses import astuple

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from pymc_marketing.mmm import MMM

from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.formulas import saturate
from mmm_pipeline.model.plausibility import assess_prior
from mmm_pipeline.model.prior_predictive import sample_prior
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.model.sample import list_free_parameters
from mmm_pipeline.model.shape_priors import (
    CARRYOVER_MEAN,
    SHARPNESS,
    state_carryover,
    state_saturation,
)
from mmm_pipeline.model.tightening import TIGHTENING, read_factors
from mmm_pipeline.simulate import geometric_adstock, logistic_saturation
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec


@pytest.fixture(scope="module")
def model(spec: ModelSpec, features: xr.Dataset) -> MMM:
    return build_model(spec, features)


@pytest.fixture(scope="module")
def prior(spec: ModelSpec, features: xr.Dataset) -> xr.Dataset:
    return sample_prior(spec, features)


def test_roas_is_free_and_the_amplitude_follows(model: MMM) -> None:
    free = list_free_parameters(model.model)

    assert "roas" in free
    assert "saturation_beta" not in free
    assert "saturation_beta" in [variable.name for variable in model.model.deterministics]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"trend": "none", "seasonality": {"yearly": 0}}, set()),
        ({"trend": "linear", "seasonality": {"yearly": 0}}, {"trend_slope"}),
        ({"trend": "piecewise"}, {"trend_slope", "trend_change", "gamma_fourier"}),
        ({"events": {"fair": ["2023-03-08"]}}, {"gamma_control", "trend_slope", "gamma_fourier"}),
    ],
)
def test_the_spec_decides_what_is_in_the_model(
    overrides: dict[str, object], expected: set[str]
) -> None:
    spec = make_spec(**overrides)
    always = {"level", "adstock_alpha", "saturation_lam", "roas", "y_sigma"}

    assert (
        set(list_free_parameters(build_model(spec, make_features(spec)).model)) == always | expected
    )


def test_a_preset_of_the_library_draws_its_priors() -> None:
    spec = make_spec(preset="databricks")
    model = build_model(spec, make_features(spec)).model

    assert {variable.name: variable.owner.op.name for variable in model.free_RVs} == {
        "adstock_alpha": "beta",
        "saturation_lam": "gamma",
        "effect": "halfnormal",
        "level": "normal",
        "y_sigma": "halfnormal",
    }


@pytest.fixture(scope="module")
def draws(spec: ModelSpec, features: xr.Dataset) -> xr.Dataset:
    return make_posterior(spec, features).isel(chain=[0], draw=slice(20))


@pytest.fixture(scope="module")
def evaluated(model: MMM, draws: xr.Dataset) -> xr.Dataset:
    return pm.compute_deterministics(
        draws,
        var_names=["saturation_beta", "channel_contribution"],
        model=model.model,
        progressbar=False,
    )


def test_a_channel_earns_its_roas_whatever_its_shape(
    evaluated: xr.Dataset, features: xr.Dataset, draws: xr.Dataset
) -> None:
    earned = evaluated["channel_contribution"].sum("date") * features["target_scale"]

    stated = draws["roas"] * features["spend"].sum("date")
    np.testing.assert_allclose(earned, stated.transpose(*earned.dims), rtol=1e-9)


def test_the_contribution_is_that_of_independent_arithmetic(
    evaluated: xr.Dataset, features: xr.Dataset, draws: xr.Dataset
) -> None:
    scaled = features["spend"] / features["channel_scale"]

    for channel in features["channel"].to_numpy():
        at = {"chain": 0, "draw": 0, "channel": channel}
        one = {name: float(draws[name].sel(at)) for name in ("adstock_alpha", "saturation_lam")}
        spend = scaled.sel(channel=channel).to_numpy()
        adstocked = geometric_adstock(spend, one["adstock_alpha"], 8)
        shape = logistic_saturation(adstocked, one["saturation_lam"])
        expected = float(evaluated["saturation_beta"].sel(at)) * shape
        found = evaluated["channel_contribution"].sel(at).to_numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_a_stated_return_has_its_median_and_width() -> None:
    spec = make_spec(media={"tv": {"roas": {"low": 0.5, "mid": 1.5, "high": 4}}, "search": {}})

    stated = state_returns(spec, make_features(spec))["roas"].stated["tv"].parameters

    assert np.exp(stated["mu"]) == pytest.approx(1.5, rel=1e-6)
    assert stated["sigma"] == pytest.approx(np.log(4 / 0.5) / 4, rel=1e-6)


def test_the_default_return_does_not_depend_on_the_currency() -> None:
    spec = make_spec()
    features = make_features(spec)
    in_cents = features.assign(spend=features["spend"] * 100, target=features["target"] * 100)

    one, other = (
        state_returns(spec, f)["roas"].stated["tv"].parameters["mu"] for f in (features, in_cents)
    )

    assert one == pytest.approx(other)
    expected = 0.3 * features["target"].sum() / features["spend"].sum()
    assert np.exp(one) == pytest.approx(float(expected))


@pytest.mark.parametrize(("word", "mean"), CARRYOVER_MEAN.items())
def test_a_word_for_carryover_has_its_mean(word: str, mean: float) -> None:
    spec = make_spec(media={"tv": {"carryover": word}})

    stated = (
        state_carryover({"tv": spec.media["tv"].carryover}, ["tv"])["alpha"].stated["tv"].parameters
    )

    assert stated["alpha"] / (stated["alpha"] + stated["beta"]) == pytest.approx(mean)
    assert stated["alpha"] + stated["beta"] == pytest.approx(20)


@pytest.mark.parametrize("form", ["logistic", "exponential", "michaelis_menten", "hill"])
@pytest.mark.parametrize(("word", "sharpness"), [*SHARPNESS.items(), (0, 0), (100, 100)])
def test_half_of_the_ceiling_is_expected_at_its_percentile(
    form: str, word: str | int, sharpness: float
) -> None:
    spec = make_spec(media={"tv": {"saturation": {"form": form, "half": word}}, "search": {}})
    features = make_features(spec)

    stated = state_saturation(spec, features)

    parameters = {
        name: float(np.exp(vector.stated["tv"].parameters["mu"]))
        for name, vector in stated.items()
        if "tv" in vector.labels
    }
    scaled = (features["spend"] / features["channel_scale"]).sel(channel="tv").to_numpy()
    half = np.percentile(scaled[scaled > 0], 20 + 0.6 * sharpness) + 0.01
    assert float(saturate(form, np.float64(half), **parameters)) == pytest.approx(0.5)


def test_small_channels_are_tightened_where_the_spec_says_so() -> None:
    features = make_features(make_spec())
    # Search spends 4 % of all, tv the rest.
    tv, search = (float(features["spend"].sel(channel=c).sum()) for c in ("tv", "search"))
    small = features["spend"].copy()
    small.loc[{"channel": "search"}] *= 0.04 / 0.96 * tv / search
    features = features.assign(spend=small, exposure=small, channel_scale=small.max("date"))

    def spreads(tighten: bool) -> list[float]:
        spec = make_spec(tighten_low_spend=tighten)
        roas = state_returns(spec, features)["roas"].stated["search"].parameters["sigma"]
        carryovers = {name: media.carryover for name, media in spec.media.items()}
        lengths = state_carryover(carryovers, list(spec.media), read_factors(spec, features))
        beta = lengths["alpha"].stated["search"].parameters
        lam = state_saturation(spec, features)["lam"].stated["search"].parameters["sigma"]
        return [roas, beta["alpha"] + beta["beta"], lam]

    factors = np.array(spreads(tighten=True)) / spreads(tighten=False)
    np.testing.assert_allclose(factors, astuple(TIGHTENING[2][1]))


def test_a_sign_holds_for_every_draw() -> None:
    spec = make_spec(
        controls={"price": {"sign": "negative"}}, events={"fair": ["2023-03-08"]}, trend="none"
    )
    model = build_model(spec, make_features(spec)).model
    drawn = pm.sample_prior_predictive(500, model=model, var_names=["gamma_control"], random_seed=1)
    gamma = drawn["/prior"].to_dataset()["gamma_control"]

    assert (gamma.sel(control="price") < 0).all()
    assert {bool(value) for value in (gamma.sel(control="fair") < 0).to_numpy().ravel()} == {
        True,
        False,
    }


@pytest.mark.parametrize(
    "sign", ["positive", *(pytest.param(one, marks=pytest.mark.slow) for one in ("negative", None))]
)
def test_a_model_of_one_channel_and_one_control_draws(sign: str | None) -> None:
    spec = make_spec(media={"search": {}}, controls={"price": {"sign": sign}})

    prior = sample_prior(spec, make_features(spec))

    assert prior["implied_roas"].shape == (1000, 1)
    assert np.isfinite(prior["target"]).all()


def test_the_prior_reports_what_it_implies(prior: xr.Dataset, features: xr.Dataset) -> None:
    plausibility = assess_prior(prior, features)

    # Two channels share a median of 0.3 of the target; 1,000 log-normal draws of sd 1 each.
    assert plausibility.media_share == pytest.approx(0.36, abs=0.08)
    assert plausibility.absurdities == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": 200.0}, "times the largest observed"),
        ({"target": -1.0}, "expect a target below zero"),
        ({"implied_share": 9.0}, "returns add up to"),
    ],
)
def test_an_absurd_prior_is_told(
    change: dict[str, float], words: str, prior: xr.Dataset, features: xr.Dataset
) -> None:
    name, factor = next(iter(change.items()))

    spoiled = prior.assign({name: prior[name] * factor})

    assert any(words in absurdity for absurdity in assess_prior(spoiled, features).absurdities)


def test_the_trend_goes_on_past_the_data(spec: ModelSpec, features: xr.Dataset) -> None:
    mmm = build_model(spec, features)
    clock = mmm.model["trend_clock"].get_value()
    later = mmm.create_optimization_model("2024-12-30", "2025-03-24")["trend_clock"].get_value()

    step = clock[1] - clock[0]
    assert clock[0] == 0.0
    assert clock[-1] == pytest.approx(1.0)
    np.testing.assert_allclose(np.diff(later), step)
    assert later[-1] > 1.0

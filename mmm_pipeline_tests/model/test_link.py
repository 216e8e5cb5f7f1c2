"""Terms that multiply, and noise with heavy tails. No sampling."""

from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr

from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.decision.window import Window
from mmm_pipeline.errors import DataError
from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import (
    compute_contributions,
    compute_fitted_mean,
    measure_gap,
)
from mmm_pipeline.insight.curves import summarize_response_curves
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.prior_predictive import sample_prior
from mmm_pipeline.model.totals import CHANNEL_TOTAL
from mmm_pipeline.spec import Scenario
from mmm_pipeline_tests.factories import (
    draw_fit,
    draw_posterior,
    make_features,
    make_spec,
)

BELIEFS: dict[str, Any] = {
    "tv": {"roas": {"median": 2, "factor": 1.5}},
    "search": {"share": {"median": 0.1, "factor": 2}},
}


@pytest.fixture(scope="module", params=["log", pytest.param("log1p", marks=pytest.mark.slow)])
def fit(request: pytest.FixtureRequest) -> ConvergedFit:
    spec = make_spec(
        media=BELIEFS,
        link=request.param,
        likelihood="student_t",
        controls={"price": {}},
        events={"fair": ["2023-03-08"]},
        scenarios={"more": {"budget": "+20%"}},
    )
    features = make_features(spec)
    return draw_fit(spec, features)


def test_what_the_target_would_have_lost_is_what_was_stated(fit: ConvergedFit) -> None:
    returns = summarize_returns(fit)

    # Beyond a fifth of the target a draw may be bent: these channels are on air half of the time.
    target, spend = fit.features["target"], fit.features["spend"].sum("date")
    found = returns.draws["contribution"] / target.sum()
    stated = {
        "tv": fit.posterior["roas"] * float(spend.sel(channel="tv")) / float(target.sum()),
        "search": fit.posterior["share"],
    }
    for channel, share in stated.items():
        one = share.squeeze(drop=True)
        is_exact = one < 0.2
        assert float(is_exact.mean()) > 0.8
        mine = found.sel(channel=channel, drop=True)
        xr.testing.assert_allclose(mine.where(is_exact), one.where(is_exact), rtol=1e-6)
        assert (mine <= one * (1 + 1e-6)).all()


def test_components_add_up_to_the_fitted_median(fit: ConvergedFit) -> None:
    contributions = compute_contributions(fit)
    fitted = compute_fitted_mean(fit)

    assert measure_gap(contributions, fitted) < 1e-9
    terms, link = compute_terms(fit), read_link(fit.spec, fit.features)
    baseline = terms["mu"] - terms["channel_contribution"].sum("channel")
    without = baseline - terms["control_contribution"].sel(control="fair")
    lost = link.to_target(baseline) - link.to_target(without)
    lost = lost.transpose(*contributions.isel(component=0).dims)
    np.testing.assert_allclose(contributions.sel(component="fair"), lost, rtol=1e-9, atol=1e-6)


def test_media_contributions_are_those_of_the_returns(fit: ConvergedFit) -> None:
    total = compute_contributions(fit).sel(component=["tv", "search"]).sum("date")

    returns = summarize_returns(fit).draws["contribution"]
    np.testing.assert_allclose(total.transpose(*returns.dims[:2], "component"), returns, rtol=1e-9)


def test_the_curve_meets_what_the_channel_brings(fit: ConvergedFit) -> None:
    curves = summarize_response_curves(fit)
    tv = curves[curves["channel"] == "tv"].set_index("exposure")

    assert tv["response"].iloc[0] == 0
    assert (tv["response"].diff().dropna() > 0).all()


def test_a_plan_adds_more_than_its_channels_alone(fit: ConvergedFit) -> None:
    window = Window(fit, Scenario())

    both, tv, search = window.respond(1e6 * np.array([[1, 1], [1, 0], [0, 1]])).sum(axis=1)
    apart = tv + search

    assert (both >= apart).all()
    assert (both > apart * (1 + 1e-6)).mean() > 0.9
    summary = summarize_scenarios(fit)
    assert summary.table["spend"].sum() == pytest.approx(
        1.2 * summary.table["spend_current"].sum(), rel=1e-6
    )


def test_the_predictive_interval_knows_heavy_tails(fit: ConvergedFit) -> None:
    table = summarize_fit(fit)

    assert (table["lower"] < table["fitted"]).all()
    assert (table["fitted"] < table["upper"]).all()
    assert (table["lower"] > -1).all()


@pytest.mark.slow
def test_prior_targets_of_a_log_link_are_above_zero() -> None:
    spec = make_spec(link="log")
    features = make_features(spec)

    prior = sample_prior(spec, features)

    assert (prior["target"] > 0).all()
    assert (prior["media_share"] <= prior["implied_share"].sum("channel")).all()
    assert (prior["media_share"] < 1).all()
    ratio = prior["target"].median() / features["target"].median()
    assert 0.5 < float(ratio) < 2


def test_a_target_with_zeros_needs_another_link() -> None:
    spec = make_spec(link="log")
    features = make_features(spec)
    frame_target = features["target"].copy()
    frame_target[3] = 0.0

    from mmm_pipeline.model.features import _require_usable

    with pytest.raises(DataError, match=r"`link: log` needs a target above 0 everywhere; on 2023-"):
        _require_usable(frame_target, spec)
    _require_usable(frame_target, make_spec(link="log1p"))


@pytest.mark.parametrize("kind", ["paid", pytest.param("competitor", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_gradients_of_a_solved_height_are_those_of_differences(kind: str) -> None:
    media: dict[str, Any] = {
        "tv": {},
        "search": {"kind": kind, "share": {"median": 0.1, "factor": 2}},
    }
    if kind == "competitor":
        media["search"]["exposure"] = "search"
    spec = make_spec(media=media, link="log", trend="none", seasonality={"yearly": 0})
    model = build_model(spec, make_features(spec)).model
    point = model.initial_point()
    gradient = model.compile_dlogp()(point)

    logp = model.compile_logp()
    place = 0
    for name, value in point.items():
        for index in np.ndindex(np.shape(value)):
            step = np.zeros(np.shape(value))
            step[index] = 1e-6
            up, down = logp(point | {name: value + step}), logp(point | {name: value - step})
            assert gradient[place] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-3)
            place += 1


def test_student_noise_is_students() -> None:
    spec = make_spec(likelihood="student_t")
    model = build_model(spec, make_features(spec)).model

    assert "y_nu" in [variable.name for variable in model.free_RVs]
    assert isinstance(model, pm.Model)


def test_the_total_of_a_log_link_is_taken_from_the_observed_target() -> None:
    spec = make_spec(link="log")
    features = make_features(spec)
    draws = draw_posterior(spec, features, 5)

    both = compute_variables(
        build_model(spec, features).model, draws, [CHANNEL_TOTAL, "channel_contribution"]
    )

    lost = features["target"] * (1 - np.exp(-both["channel_contribution"]))
    np.testing.assert_allclose(lost.sum("date"), both[CHANNEL_TOTAL], rtol=1e-9)

"""Plans of models whose terms multiply, against the recipe in plain NumPy. No sampling."""

import numpy as np
import pytest

from mmm_pipeline.decision.window import Window
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.model.features import build_features
from mmm_pipeline.simulate import geometric_adstock, simulate_world
from mmm_pipeline.spec import Scenario
from mmm_pipeline_tests.factories import choose_fast, draw_fit, make_spec, make_world, validate

pytestmark = pytest.mark.slow

PERIODS, L_MAX = 13, 8
SMALL = 1e-5
"""Makes targets of about 4, so that 1 more is no trifle."""


@pytest.fixture(scope="module", params=choose_fast(["log", "log1p"], "log"))
def fit(request: pytest.FixtureRequest) -> ConvergedFit:
    spec = make_spec(link=request.param, controls={"price": {}})
    frame, _ = simulate_world(make_world())
    frame["sales"] = (frame["sales"] * SMALL).round(3)
    raw = frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).astype(str)
    features = build_features(validate(raw, spec), spec)
    return draw_fit(spec, features)


def test_a_plan_multiplies_what_is_there_without_media(fit: ConvergedFit) -> None:
    window = Window(fit, Scenario())
    plan = window.current * [1.5, 0.5]

    found = window.respond(plan[None])[0].sum(axis=0)

    terms = compute_terms(fit)["channel_contribution"].stack(sample=("chain", "draw"))
    offset = 1.0 if fit.spec.link == "log1p" else 0.0
    media = terms.sum("channel").transpose("sample", "date").to_numpy()
    target = fit.features["target"].to_numpy() + offset
    without = (target * np.exp(-media))[:, -52:].mean(axis=1)
    after = np.exp(_add_up(fit, window, plan)).sum(axis=1)
    before = np.exp(_add_up(fit, window, 0 * plan)).sum(axis=1)
    np.testing.assert_allclose(found, without * (after - before), rtol=1e-6)


@pytest.mark.parametrize("n_draws", [None, 30])
def test_controls_that_are_stated_act_as_they_are_stated(
    fit: ConvergedFit, n_draws: int | None
) -> None:
    prices = tuple(np.linspace(15.0, 25.0, PERIODS).tolist())
    window = Window(fit, Scenario(controls={"price": prices}), n_draws)
    plan = window.current * [1.5, 0.5]

    found = window.respond(plan[None])[0].sum(axis=0)

    features = fit.features.sel(control="price")
    scale, center = float(features["control_scale"]), float(features["control_center"])
    past = features["control_scaled"].to_numpy()
    # After the window, prices are those of the year before.
    after = past[len(past) - 52 + PERIODS :][: L_MAX - 1]
    stated = np.r_[(np.array(prices) - center) / scale, after]
    drawn = fit.posterior.stack(sample=("chain", "draw"))
    effect = drawn["gamma_control"].sel(control="price").to_numpy()[:, None]
    terms = compute_terms(fit)["channel_contribution"].stack(sample=("chain", "draw"))
    media = terms.sum("channel").transpose("sample", "date").to_numpy()
    target = fit.features["target"].to_numpy() + (1.0 if fit.spec.link == "log1p" else 0.0)
    without = (target * np.exp(-media - effect * past))[:, -52:].mean(axis=1, keepdims=True)
    gain = np.exp(_add_up(fit, window, plan)) - np.exp(_add_up(fit, window, 0 * plan))
    expected = (without * np.exp(effect * stated) * gain).sum(axis=1)
    step = 1 if n_draws is None else len(expected) // n_draws
    np.testing.assert_allclose(found, expected[::step], rtol=1e-6)


def _add_up(fit: ConvergedFit, window: Window, plan: np.ndarray) -> np.ndarray:
    """Terms of a plan and of the spend before it, by draw and date of the window and after."""
    height = read_response(fit).height
    posterior = fit.posterior.stack(sample=("chain", "draw"))
    total = np.zeros((height.sizes["sample"], PERIODS + L_MAX - 1))
    draws = [posterior["adstock_alpha"], posterior["saturation_lam"], height]
    for channel, money in zip(window.channels, plan, strict=True):
        past = fit.features["spend"].sel(channel=channel).to_numpy()
        spend = np.r_[past[-(L_MAX - 1) :], np.full(PERIODS, money / PERIODS), np.zeros(L_MAX - 1)]
        each = zip(*(one.sel(channel=channel).to_numpy() for one in draws), strict=True)
        for n, (alpha, lam, top) in enumerate(each):
            carried = geometric_adstock(spend / past.max(), alpha, L_MAX)[L_MAX - 1 :]
            total[n] += top * np.tanh(lam * carried / 2)
    return total

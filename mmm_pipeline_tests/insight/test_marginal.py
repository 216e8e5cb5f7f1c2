"""The next unit of money, against the response itself."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.insight.marginal import measure_saturation, read_spend_response
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.factories import draw_fit, make_panel, make_spec

DATA = {"path": "a.csv", "date": "week", "target": "sales"}
MODELS: dict[str, dict[str, Any]] = {
    "panel": {"data": {**DATA, "panel": ["geo"]}, "media": {"tv": {}, "search": {}}},
    "log": {"data": DATA, "link": "log", "media": {"tv": {}, "search": {}}},
    "reach": {
        "data": DATA,
        "media": {"tv": {"reach": "people", "exposure": "contacts", "spend": "tv"}, "search": {}},
    },
    "forms": {
        "data": DATA,
        "media": {
            "tv": {"saturation": "hill", "carryover": "delayed"},
            "search": {"saturation": "root"},
            "mail": {"kind": "owned"},
            "rival": {"kind": "competitor"},
        },
    },
    "count": {"data": {**DATA, "kpi": "count", "target_cost": 2.0}, "media": {"tv": {}}},
}


@pytest.fixture(scope="module", params=MODELS)
def other_fit(request: pytest.FixtureRequest) -> ConvergedFit:
    spec = make_spec(
        trend="none",
        seasonality={"yearly": 0},
        **MODELS[request.param],
    )
    cells = {"geo": ["north", "south"]} if spec.data.panel else {}
    columns = {"people": 10.0, "contacts": 25.0} if request.param == "reach" else {}
    features = build_features(make_panel(spec, cells, **columns), spec)
    return draw_fit(spec, features)


def test_the_next_unit_is_the_slope_of_the_response(other_fit: ConvergedFit) -> None:
    curve = read_spend_response(other_fit)
    now, step = curve.spend_now, 1e-5 * curve.spend_now

    rise = (curve.respond(now + step) - curve.respond(now - step)) / (2 * step)

    # Absolute beside the largest: differences of a flat curve lose digits.
    largest = float(abs(rise).max())
    np.testing.assert_allclose(
        *xr.broadcast(curve.earn_next(now), rise), rtol=1e-5, atol=1e-8 * largest
    )


def test_at_the_breakeven_the_next_unit_comes_back(other_fit: ConvergedFit) -> None:
    curve = read_spend_response(other_fit)
    level = float(curve.earn_next(curve.spend_now).median())

    spend = curve.find_breakeven(level)

    is_inside = (spend > 0) & (spend < 0.99 * curve.most)
    there = curve.earn_next(spend).where(is_inside)
    assert float(is_inside.mean()) > 0.2
    np.testing.assert_allclose(there / level, xr.ones_like(there).where(is_inside), rtol=1e-5)


def test_every_kind_of_media_has_its_row(other_fit: ConvergedFit) -> None:
    table = summarize_returns(other_fit).table.set_index("channel")

    assert table.index.tolist() == list(other_fit.spec.media)
    bought = other_fit.spec.bought_media
    others = table.index.difference(bought)
    assert (
        table.loc[bought, ["roas", "marginal_roas", "spend_now", "half_life"]]
        .notna()
        .all(axis=None)
    )
    assert table.loc[others, ["roas", "marginal_roas", "breakeven_spend"]].isna().all(axis=None)
    assert table["confidence"].between(0.3, 1).all()
    assert ("marginal_cost_per_target" in table) == (other_fit.spec.data.kpi == "count")


def test_a_pulse_on_top_of_steady_spend_brings_the_next_unit(fit: ConvergedFit) -> None:
    curve, response = read_spend_response(fit), read_response(fit)
    n_lags = response.weights.sizes["lag"]
    now = curve.spend_now.expand_dims(date=np.arange(4 * n_lags))
    step = 1e-4 * curve.spend_now
    pulse = now + step.where(now["date"] == 2 * n_lags, 0.0)

    brought = [
        response.bend(response.carry(one)).sel(date=slice(n_lags, None)) for one in (pulse, now)
    ]

    # All that an extra unit brings, in all periods in which it acts; to first order in the step.
    total = (brought[0] - brought[1]).sum("date") / step
    np.testing.assert_allclose(*xr.broadcast(total, curve.earn_next(curve.spend_now)), rtol=2e-4)


def test_the_marginal_return_of_a_logistic_curve_is_the_known_formula(fit: ConvergedFit) -> None:
    response, curve = read_response(fit), read_spend_response(fit)
    lam, scale = response.parameters["lam"], fit.features["channel_scale"]
    u = curve.spend_now / scale

    expected = response.height * 2 * lam * np.exp(-lam * u) / (1 + np.exp(-lam * u)) ** 2 / scale

    np.testing.assert_allclose(
        *xr.broadcast(curve.earn_next(curve.spend_now), expected), rtol=1e-10
    )


def test_saturation_is_the_share_of_the_ceiling(fit: ConvergedFit) -> None:
    response, curve = read_response(fit), read_spend_response(fit)
    u = curve.spend_now / fit.features["channel_scale"]

    found = measure_saturation(fit)

    np.testing.assert_allclose(
        *xr.broadcast(found, np.tanh(response.parameters["lam"] * u / 2)), rtol=1e-10
    )


def test_profit_follows_from_the_margin(trace: xr.DataTree, fit: ConvergedFit) -> None:
    data = fit.spec.data.model_copy(update={"margin": 0.4})
    spec = fit.spec.model_copy(update={"data": data})

    table = summarize_returns(require_converged(trace, fit.diagnostics, spec)).table

    np.testing.assert_allclose(table["roi"], 0.4 * table["roas"] - 1)
    np.testing.assert_allclose(table["profit"], 0.4 * table["contribution"] - table["spend"])
    worth = (0.4 * fit.posterior["roas"] - 1 > 0).mean(("chain", "draw"))
    np.testing.assert_allclose(table["probability_profitable"], worth)

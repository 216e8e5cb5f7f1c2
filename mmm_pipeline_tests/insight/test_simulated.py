"""A tenth more spend, against the model built anew and given that spend."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.simulated import simulate_more_spend
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.forecast import predict_mean
from mmm_pipeline_tests.factories import choose_fast, draw_fit, make_panel, make_spec

pytestmark = pytest.mark.slow

DATA = {"path": "a.csv", "date": "week", "target": "sales"}
MODELS: dict[str, dict[str, Any]] = {
    "drift": {
        "media": {"tv": {"saturation": "hill"}, "search": {}, "mail": {"kind": "owned"}},
        "time_varying_media": True,
    },
    "log_panel": {"data": {**DATA, "panel": ["geo"]}, "link": "log"},
    "reach": {
        "media": {"tv": {"reach": "people", "exposure": "contacts", "spend": "tv"}, "search": {}},
        "link": "log1p",
    },
}


@pytest.fixture(scope="module", params=choose_fast(MODELS, "log_panel"))
def one(request: pytest.FixtureRequest) -> ConvergedFit:
    spec = make_spec(
        **{"data": DATA, "trend": "none", "seasonality": {"yearly": 0}, "l_max": 4}
        | MODELS[request.param]
    )
    cells = {"geo": ["north", "south"]} if spec.data.panel else {}
    week = np.arange(30 * max(1, 2 * len(cells)))
    columns = {"people": 10.0 + week % 3, "contacts": 25.0} if request.param == "reach" else {}
    return draw_fit(spec, build_features(make_panel(spec, cells, **columns), spec), 75)


def test_it_is_what_the_model_predicts_of_that_spend(one: ConvergedFit) -> None:
    features, cells = one.features, list(one.spec.data.panel)
    offset = 1.0 if one.spec.link == "log1p" else 0.0
    before = predict_mean(one.trace, features) + offset

    found = simulate_more_spend(one)

    assert found["channel"].to_numpy().tolist() == one.spec.bought_media
    channel = one.spec.bought_media[0]
    raised = xr.where(features["channel"] == channel, 1.1, 1.0)
    after = predict_mean(one.trace, features.assign(exposure=raised * features["exposure"]))
    rise = after + offset - before
    if one.spec.link != "identity":  # By as much as it multiplies what was observed.
        rise = rise / before * (features["target"] + offset)
    money = 0.1 * features["spend"].sel(channel=channel).sum()
    expected = rise.sum(["date", *cells]).transpose("chain", "draw").to_numpy() / float(money)
    # The prediction is a difference of two large numbers: it loses some digits.
    np.testing.assert_allclose(
        found.sel(channel=channel), expected.ravel(), rtol=1e-6, atol=1e-9 * abs(expected).max()
    )


def test_it_has_its_columns(one: ConvergedFit) -> None:
    table = summarize_returns(one).table.set_index("channel")
    draws = simulate_more_spend(one)

    bought = table.loc[one.spec.bought_media]
    np.testing.assert_allclose(bought["mroas_10pct"], draws.mean("sample"))
    for bound, share in (("lower", 0.05), ("upper", 0.95)):
        np.testing.assert_allclose(bought[f"mroas_10pct_{bound}"], draws.quantile(share, "sample"))
    assert table.drop(index=one.spec.bought_media)["mroas_10pct"].isna().all()


def test_it_lies_between_nothing_and_the_return_of_all(fit: ConvergedFit) -> None:
    found = simulate_more_spend(fit).mean("sample")

    # Logistic curves bend downwards everywhere.
    returns = summarize_returns(fit).table.set_index("channel")["roas"]
    for channel in returns.index:
        assert 0 < float(found.sel(channel=channel)) < returns[channel]

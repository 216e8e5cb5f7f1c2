"""Channels of which reach and frequency are known. No sampling."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError

from mmm_pipeline.decision.window import Window
from mmm_pipeline.errors import DataError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.model.features import build_features, find_lost_features
from mmm_pipeline.model.fit import compute_variables, rebuild_model
from mmm_pipeline.simulate.reach import ReachWorld, simulate_reach
from mmm_pipeline.spec import ModelSpec, Scenario
from mmm_pipeline_tests.factories import (
    draw_fit,
    make_raw,
    make_spec,
    validate,
)

MEDIA: dict[str, Any] = {
    "video": {"reach": "video_reach", "frequency": "video_frequency", "saturation": "hill"},
    "search": {},
    "stream": {"reach": "stream_reach", "frequency": "stream_frequency"},
}


def _draw_world() -> pd.DataFrame:
    frame, _ = simulate_reach(ReachWorld(world="reach", weeks=60))
    return frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).astype(str)


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return make_spec(media=MEDIA, trend="none", seasonality={"yearly": 0})


@pytest.fixture(scope="module")
def fit(spec: ModelSpec) -> ConvergedFit:
    features = build_features(validate(_draw_world(), spec), spec)
    return draw_fit(spec, features)


def test_contacts_are_reach_times_frequency(spec: ModelSpec) -> None:
    raw = _draw_world()
    frame = validate(raw, spec)
    features = build_features(frame, spec)

    reach, stated = (raw[f"video_{word}"].to_numpy(float) for word in ("reach", "frequency"))
    contacts, is_on = reach * stated, reach > 0
    np.testing.assert_allclose(features["exposure"].sel(channel="video"), contacts)
    often = features["frequency"].sel(channel="video").to_numpy()
    np.testing.assert_allclose(often, np.where(is_on, stated, 1.0))
    assert (features["frequency"].sel(channel="search") == 1).all()
    assert find_lost_features(features, frame, spec) == []


def test_people_act_as_their_frequency_has_it(fit: ConvergedFit) -> None:
    names = ["channel_contribution", "frequency_half_saturation", "frequency_slope"]
    names += ["saturation_beta", "adstock_alpha"]
    draws = compute_variables(rebuild_model(fit.trace).model, fit.posterior, names)

    one = draws.isel(chain=1, draw=7)
    raw = _draw_world().drop(columns="week").astype(float)
    for place, name in enumerate(("video", "stream")):
        half, slope = (one[word].to_numpy()[place] for word in names[1:3])
        often = raw[f"{name}_frequency"].to_numpy()
        people = raw[f"{name}_reach"].to_numpy() * often**slope / (half**slope + often**slope)
        weights = float(one["adstock_alpha"].sel(channel=name)) ** np.arange(fit.spec.l_max)
        carried = np.convolve(people, weights / weights.sum())[: len(people)]
        scale = float(fit.features["channel_scale"].sel(channel=name))
        height = float(one["saturation_beta"].sel(channel=name))
        found = one["channel_contribution"].sel(channel=name)
        np.testing.assert_allclose(found, height * carried / scale, rtol=1e-9, atol=1e-12)


def test_a_channel_with_reach_earns_its_return_exactly(fit: ConvergedFit) -> None:
    returns = summarize_returns(fit).draws["roas"]

    np.testing.assert_allclose(returns, fit.posterior["roas"], rtol=1e-9)


def test_the_response_without_a_graph_is_that_of_the_model(fit: ConvergedFit) -> None:
    response = read_response(fit)

    found = response.bend(response.carry(response.weigh_past(fit.features)))

    terms = compute_terms(fit)["channel_contribution"] * fit.features["target_scale"]
    np.testing.assert_allclose(
        found.transpose("sample", "date", "channel").to_numpy().reshape(terms.shape),
        terms.transpose("chain", "draw", "date", "channel"),
        rtol=1e-9,
        atol=1e-6,
    )


def test_plans_reach_people_as_often_as_of_late(fit: ConvergedFit) -> None:
    features = fit.features
    exposure = features["exposure"].isel(date=slice(-52, None))
    response = read_response(fit)

    now = response.weigh_now(features)

    weighed = response.weigh_past(features).isel(date=slice(-52, None)).sum("date")
    xr.testing.assert_allclose(now * exposure.sum("date"), weighed)
    np.testing.assert_allclose(now.sel(channel="search"), 1, rtol=1e-12)
    # People can always be added: at one frequency, twice the money reaches twice as many.
    window = Window(fit, Scenario())
    spend = np.where(np.array(window.channels) == "search", 0.0, 1e5)
    once, twice = window.respond(np.array([spend, 2 * spend]))
    np.testing.assert_allclose(twice, 2 * once)


def test_contacts_that_reached_nobody_are_refused() -> None:
    spec = make_spec(media={"tv": {"exposure": "contacts", "reach": "people"}})
    contacts, people = ["50"] * 30, ["20"] * 30
    contacts[1], people[3] = "60", "0"

    with pytest.raises(DataError, match=r"'people' must be above 0 .* 2024-01-22") as caught:
        validate(make_raw(contacts=contacts, people=people), spec)

    assert [problem.code for problem in caught.value.problems] == ["contacts_without_reach"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"frequency": "f"}, "`frequency` needs `reach`"),
        ({"reach": "r"}, "`reach` needs either `exposure`"),
        ({"reach": "r", "exposure": "e", "frequency": "f"}, "`reach` needs either `exposure`"),
        ({"reach": ["r", "s"], "frequency": "f"}, "honoured with one column of `reach`"),
        ({"kind": "competitor", "reach": "r", "frequency": "f"}, "`reach` is not honoured"),
    ],
)
def test_reach_is_stated_whole_or_not_at_all(words: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_spec(media={"tv": words})


def test_records_that_are_added_up_have_no_frequency() -> None:
    data = {"path": "a.csv", "layout": "mff", "target": "sales"}

    with pytest.raises(ValidationError, match="whose records are added up"):
        make_spec(data=data, media={"tv": {"reach": "r", "frequency": "f"}})

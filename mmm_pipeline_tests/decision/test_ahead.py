"""What follows the data: assumed, planned, and as it came."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.decision.acceptance import Acceptance, accept_plan, expect_total
from mmm_pipeline.decision.ahead import (
    align_actual,
    continue_features,
    list_actual_conditions,
    list_planned_media,
    overwrite,
)
from mmm_pipeline.decision.comparison import compare_scenarios
from mmm_pipeline.decision.register import SCENARIOS
from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.decision.window import Window
from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.forecast import predict_mean
from mmm_pipeline.simulate.reach import ReachWorld, simulate_reach
from mmm_pipeline.spec import Scenario
from mmm_pipeline_tests.factories import (
    draw_posterior,
    make_panel,
    make_raw,
    make_spec,
    make_trace,
    validate,
)

GATE = {"max_rhat": 1.05, "min_ess": 100}
PANEL = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}
MEDIA = {"tv": {}, "search": {"exposure": "clicks", "spend": "search"}}


@pytest.fixture(scope="module")
def panel() -> ConvergedFit:
    """Two cells, 60 weeks, an event of the autumn; search is bought by the click."""
    spec = make_spec(
        data=PANEL,
        media=MEDIA,
        controls={"price": {}},
        events={"autumn": {"months": [10]}},
        gate=GATE,
    )
    rng = np.random.default_rng(9)
    clicks = np.tile([1.0, 10.0], 60) * (30 + 10 * rng.random(120))
    frame = make_panel(spec, {"geo": ["north", "south"]}, 60, clicks=clicks)
    features = build_features(frame, spec)
    trace = make_trace(spec, features, draw_posterior(spec, features, 60))
    return admit(trace, spec)


def follow(fit: ConvergedFit, weeks: int) -> pd.DatetimeIndex:
    last = pd.Timestamp(fit.features["date"].to_numpy()[-1])
    return pd.date_range(last + pd.Timedelta(weeks=1), periods=weeks, freq="7D")


def test_what_is_not_known_is_as_the_year_before(panel: ConvergedFit) -> None:
    past, dates = panel.features, follow(panel, 56)

    found = continue_features(panel, dates)

    places = np.r_[8:60, 8:12]
    for name in ("exposure", "spend", "control_scaled"):
        before = past[name].isel(date=places)
        after = found[name].sel(date=dates)
        if name == "control_scaled":
            before, after = before.sel(control="price"), after.sel(control="price")
        np.testing.assert_array_equal(after, before)
    autumn = found["control_scaled"].sel(control="autumn").isel(geo=0)
    np.testing.assert_array_equal(autumn, pd.DatetimeIndex(found["date"]).month == 10)
    assert np.isnan(found["target"].sel(date=dates)).all()
    assert found["target_scale"].identical(past["target_scale"])
    assert found.attrs == past.attrs


def test_a_past_of_less_than_a_year_goes_on_at_its_mean() -> None:
    spec = make_spec(controls={"price": {}}, gate=GATE)
    raw = make_raw(30, price=(10 + np.arange(30.0)).astype(str))
    features = build_features(validate(raw, spec), spec)
    trace = make_trace(spec, features, draw_posterior(spec, features, 60))
    young = admit(trace, spec)

    found = continue_features(young, follow(young, 3))

    mean = features[["exposure", "control_scaled"]].mean("date")
    for name in mean:
        ahead = found[name].isel(date=slice(-3, None))
        xr.testing.assert_allclose(ahead, mean[name].broadcast_like(ahead))


@pytest.mark.parametrize(
    "words", [{}, {"free_cells": True}, {"phasing": "ramp"}, {"prices": {"search": "+25%"}}]
)
def test_a_schedule_brings_what_the_window_says(panel: ConvergedFit, words: dict[str, Any]) -> None:
    window = Window(panel, Scenario(periods=4, **words))
    money = window.current * np.linspace(0.5, 1.5, window.current.size)
    tail = panel.spec.l_max - 1

    schedule = window.schedule(money)

    dates = follow(panel, 4 + tail)
    base = continue_features(panel, dates)
    quiet = overwrite(base, {"exposure": 0.0 * base["exposure"].sel(date=dates)})
    loud = overwrite(quiet, {"exposure": schedule["exposure"]})
    added = predict_mean(panel.trace, loud) - predict_mean(panel.trace, quiet)
    by_hand = added.sum(["date", "geo"]).to_numpy().ravel()
    # Each is the other's computation in another order.
    np.testing.assert_allclose(by_hand, window.respond(money[None])[0].sum(axis=0), rtol=1e-8)
    np.testing.assert_allclose(schedule["spend"].sum(), money.sum())


def test_a_schedule_waits_for_its_first_day(panel: ConvergedFit) -> None:
    dates = follow(panel, 5)
    window = Window(panel, Scenario(periods=3, start=dates[2].date()))

    schedule = window.schedule(2 * window.current)

    today = panel.features["spend"].isel(date=slice(-52, None)).mean("date")
    expected = [1.0, 1.0, 2.0, 2.0, 2.0]
    assert pd.DatetimeIndex(schedule["date"].to_numpy()).equals(dates)
    for factor, spend in zip(expected, schedule["spend"], strict=True):
        np.testing.assert_allclose(spend, factor * today)


@pytest.mark.slow
def test_a_plan_for_all_cells_counts_once_beside_one_for_each(panel: ConvergedFit) -> None:
    words = {"what_if": {"tv": "+10%"}, "periods": 4}
    scenarios = {"alike": words, "free": {**words, "free_cells": True}}
    spec = make_spec(**panel.spec.model_dump() | {"scenarios": scenarios})
    fit = replace(panel, spec=spec)
    plans = summarize_scenarios(fit)
    plans.table.attrs[SCENARIOS] = {
        name: one.model_dump(mode="json") for name, one in spec.scenarios.items()
    }

    compared = compare_scenarios(plans).set_index("scenario")

    told = plans.table.groupby("scenario")[["spend", "response"]].sum()
    moment = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
    for name in scenarios:
        accepted = accept_plan(fit, plans, Acceptance(name, None, moment, "run"))
        assert compared.loc[name, "response"] == pytest.approx(told.loc[name, "response"])
        assert accepted.record.response == pytest.approx(told.loc[name, "response"])
        assert float(accepted.arrays["spend"].sum()) == pytest.approx(told.loc[name, "spend"])


def test_people_are_reached_as_often_as_of_late() -> None:
    spec = make_spec(
        media={
            "video": {"reach": "video_reach", "frequency": "video_frequency"},
            "search": {},
        },
        trend="none",
        gate=GATE,
    )
    frame, _ = simulate_reach(ReachWorld(world="reach", weeks=70))
    weeks = frame["week"].dt.strftime("%Y-%m-%d")
    features = build_features(validate(frame.assign(week=weeks).astype(str), spec), spec)
    trace = make_trace(spec, features, draw_posterior(spec, features, 60))
    fit = admit(trace, spec)
    window = Window(fit, Scenario(periods=2))

    planned = list_planned_media(fit, window.schedule(window.current))

    late = features.isel(date=slice(-52, None)).sel(channel="video")
    often = float(late["exposure"].sum() / (late["exposure"] / late["frequency"]).sum())
    found = planned["frequency"].sel(channel="video").to_numpy()
    np.testing.assert_allclose(found, [often, often])
    np.testing.assert_allclose(planned["frequency"].sel(channel="search"), 1.0)


def test_what_came_is_put_on_the_scales_of_the_fit(panel: ConvergedFit) -> None:
    whole = panel.features
    actual = whole.assign_coords(date=whole["date"] + np.timedelta64(20 * 7, "D"))
    actual = actual.assign(control_center=whole["control_center"] + 1.0)
    dates = follow(panel, 30)

    came = align_actual(panel, actual, dates)

    assert len(came["date"]) == 20
    shifted = whole["control_scaled"].isel(date=slice(-20, None))
    shifted = shifted + (1.0 / whole["control_scale"])
    np.testing.assert_allclose(
        came["control_scaled"].sel(control="price"), shifted.sel(control="price")
    )
    conditions = list_actual_conditions(panel, came)
    assert conditions["control_scaled"]["control"].to_numpy().tolist() == ["price"]
    with pytest.raises(StaleFitError, match="must have the geos that fit"):
        align_actual(panel, actual.assign_coords(geo=["north", "west"]), dates)


@pytest.mark.slow
def test_what_is_expected_of_a_panel_is_that_of_all_its_cells(panel: ConvergedFit) -> None:
    dates = follow(panel, 2)
    base = continue_features(panel, dates)
    more = overwrite(base, {"exposure": 2.0 * base["exposure"].sel(date=dates)})

    found = expect_total(panel, more, dates, seed=1) - expect_total(panel, base, dates, seed=1)

    # The same noise is drawn for both, so that the means alone differ.
    means = predict_mean(panel.trace, more) - predict_mean(panel.trace, base)
    added = means.sel(date=dates).sum("geo").transpose("chain", "draw", "date").to_numpy()
    assert found.dims == ("sample", "date")
    np.testing.assert_allclose(found, added.reshape(240, 2), rtol=1e-8)

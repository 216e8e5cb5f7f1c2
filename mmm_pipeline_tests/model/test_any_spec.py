"""Whatever a spec may say, a model can be built from it."""

from typing import Any, get_args

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest
import xarray as xr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mmm_pipeline.ingest.lift_tests import validate_lift_tests
from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.lift_arrays import arrange_lift_tests
from mmm_pipeline.model.terms import list_terms
from mmm_pipeline.spec import CarryoverForm, ModelSpec, SaturationForm, Trend
from mmm_pipeline_tests.factories import make_panel, make_raw, make_spec, validate

CELLS = {"geo": ["north", "south", "west"], "brand": ["old", "new"]}
BELIEFS = st.sampled_from(
    [{"low": 0.5, "mid": 1, "high": 4}, {"median": 2, "factor": 1.5}, {"median": 0.1, "factor": 3}]
)
CARRYOVERS = st.one_of(
    st.sampled_from(["short", "medium", "long", *get_args(CarryoverForm.__value__)]),
    st.fixed_dictionaries({"half_life": BELIEFS}),
    st.fixed_dictionaries({"alpha": st.sampled_from(["Beta(1, 3)", "Uniform(0, 1)", "short"])}),
)
SATURATIONS = st.one_of(
    st.sampled_from(["gradual", "sharp", *get_args(SaturationForm.__value__)]),
    st.integers(0, 100),
    st.fixed_dictionaries({"form": st.just("hill"), "slope": st.just("LogNormal(0, 0.3)")}),
)
TEST = {
    "start": "2024-02-05",
    "end": "2024-02-18",
    "spend": "0.1",
    "lift": "2",
    "standard_error": "1",
    "market": "0.5",
}
STATEMENTS = st.sampled_from(
    ["roas", "marginal_roas", "cost_per_target", "share", "effect", "nothing"]
)


@st.composite
def channels(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A channel of any kind, in any form; most of what is drawn makes sense."""
    kind = draw(st.sampled_from(["paid", "owned", "competitor"]))
    channel: dict[str, Any] = {"kind": kind, "carryover": draw(CARRYOVERS)}
    if kind != "competitor":
        channel["saturation"] = draw(SATURATIONS)
    statement = draw(STATEMENTS)
    if statement == "effect":
        channel["effect"] = "HalfNormal(0.3)"
    elif statement != "nothing":
        channel[statement] = draw(BELIEFS)
    if kind == "paid" and draw(st.booleans()):
        channel |= {"exposure": name, "cost_per_unit": 0.5}
    elif kind != "competitor" and draw(st.booleans()):
        channel |= {"spend": name, "reach": f"{name}_reach", "frequency": f"{name}_frequency"}
    return channel


@st.composite
def specs(draw: st.DrawFn) -> ModelSpec:
    """A spec that is accepted."""
    panel = draw(st.sampled_from([[], [], ["geo"], ["geo", "brand"]]))
    names = ["tv", "search", "mail", "rival"][: draw(st.integers(1, 4))]
    signs = st.sampled_from([None, "positive", "negative"])
    controls = {
        f"c{one}": {
            "sign": draw(signs),
            "scale": draw(st.sampled_from(["standard", "max_abs", "none"])),
            "carryover": draw(CARRYOVERS),
            "confounder": draw(st.booleans()),
        }
        for one in range(draw(st.integers(0, 4)))
    }
    settings: dict[str, Any] = {
        "data": {"path": "a.csv", "date": "week", "target": "sales", "panel": panel},
        "media": {name: draw(channels(name)) for name in names},
        "controls": controls,
        "trend": draw(st.sampled_from(get_args(Trend.__value__))),
        "seasonality": {"yearly": draw(st.integers(0, 2)), "monthly": draw(st.integers(0, 1))},
        "time_varying_media": draw(st.booleans()),
        "likelihood": draw(st.sampled_from(["normal", "student_t"])),
        "link": draw(st.sampled_from(["identity", "log", "log1p"])),
        "l_max": draw(st.sampled_from([1, 4, 8])),
        "tighten_low_spend": draw(st.booleans()),
    }
    settings["data"]["kpi"] = draw(st.sampled_from(["revenue", "revenue", "count"]))
    if draw(st.booleans()):
        settings["events"] = {"fair": {"days": ["2024-02-05"], "after": 7, "sign": draw(signs)}}
    if draw(st.booleans()):
        methods = st.sampled_from(["horseshoe", "spike_slab", "lasso"])
        settings["control_selection"] = draw(methods)
    if draw(st.booleans()):
        settings["experiments"] = "data/tests.csv"
    if panel:
        words = st.sampled_from(["complete", "partial"])
        settings["pooling"] = {"media": draw(words), "controls": draw(words)}
    try:
        return make_spec(**settings)
    except ValidationError:
        assume(False)
        raise


def build_any_features(spec: ModelSpec) -> xr.Dataset:
    """Features of small data that have what the spec asks for."""
    if spec.data.panel:
        frame = make_panel(spec, {dim: CELLS[dim] for dim in spec.data.panel})
    else:
        rng = np.random.default_rng(3)
        contacts = [f"{name}_{word}" for name in spec.media for word in ("reach", "frequency")]
        names = (*spec.media, *contacts, *spec.controls)
        series = {name: rng.random(30) + 1 for name in names}
        columns = {name: values.astype(str) for name, values in series.items()}
        frame = validate(make_raw(**columns), spec)
    features = build_features(frame, spec)
    if spec.experiments:
        raw = pd.DataFrame([TEST | {"channel": name} for name in spec.bought_media[:2]])
        tests = validate_lift_tests(raw, spec, features)
        features = features.merge(arrange_lift_tests(tests, features, spec))
    return features


def build(spec: ModelSpec) -> pm.Model:
    """Build a model on small data that have what the spec asks for."""
    return build_model(spec, build_any_features(spec)).model


UNHURRIED: dict[str, Any] = {
    "suppress_health_check": [HealthCheck.filter_too_much, HealthCheck.too_slow],
}


@settings(max_examples=8, **UNHURRIED)
@given(specs())
def test_a_spec_that_is_accepted_builds_a_model(spec: ModelSpec) -> None:
    model = build(spec)

    assert {"channel_contribution", "intercept_contribution"} <= set(list_terms(model))
    assert all(np.isfinite(value).all() for value in model.initial_point().values())


@pytest.mark.slow
@settings(max_examples=15, **UNHURRIED)
@given(specs())
def test_a_model_of_any_spec_has_a_density_and_a_gradient(spec: ModelSpec) -> None:
    model = build(spec)

    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        value = model.compile_logp()(model.initial_point())
        gradient = model.compile_dlogp()(model.initial_point())

    assert np.isfinite(value)
    assert np.isfinite(gradient).all()

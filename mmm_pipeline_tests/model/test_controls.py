"""Controls and events: scales, carry-over, selection. No sampling."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.sample import list_free_parameters
from mmm_pipeline.model.selection import INCLUSION
from mmm_pipeline.simulate import geometric_adstock
from mmm_pipeline_tests.factories import (
    draw_posterior,
    make_features,
    make_raw,
    make_spec,
    validate,
)

MANY: dict[str, Any] = {f"c{one}": {} for one in range(4)}


def make_controls(**overrides: Any) -> xr.Dataset:
    """Features with a control that is neither centred nor of size 1."""
    spec = make_spec(controls={"price": overrides})
    price = 100 + 10 * np.sin(np.arange(30))
    return build_features(validate(make_raw(price=price.astype(str)), spec), spec)


def make_many(periods: int = 30, **overrides: Any) -> tuple[Any, xr.Dataset]:
    """Several controls, of which one is wanted in, one is signed, and one an event."""
    controls = MANY | {"kept": {"confounder": True}, "price": {"sign": "negative"}}
    spec = make_spec(controls=controls, events={"fair": ["2024-02-05"]}, **overrides)
    rng = np.random.default_rng(2)
    columns = {name: rng.standard_normal(periods).astype(str) for name in controls}
    return spec, build_features(validate(make_raw(periods, **columns), spec), spec)


@pytest.mark.parametrize(
    ("scale", "mean", "largest"),
    [("standard", 0.0, None), ("max_abs", None, 1.0), ("none", None, None)],
)
def test_a_control_is_scaled_as_it_is_said(
    scale: str, mean: float | None, largest: float | None
) -> None:
    features = make_controls(scale=scale)
    scaled = features["control_scaled"].sel(control="price")

    if mean is not None:
        assert float(scaled.mean()) == pytest.approx(mean, abs=1e-12)
        assert float(scaled.std()) == pytest.approx(1)
    if largest is not None:
        assert float(scaled.max()) == pytest.approx(largest)
    if scale == "none":
        assert float(scaled.max()) > 100


def test_a_control_that_lasts_is_carried_over() -> None:
    spec = make_spec(
        controls={"promo": {"carryover": "short"}, "price": {}}, events={"fair": ["2024-02-05"]}
    )
    promo, price = np.zeros(30), np.arange(30.0)
    promo[10] = 1.0
    raw = make_raw(promo=promo.astype(str), price=price.astype(str))
    features = build_features(validate(raw, spec), spec)
    draws = draw_posterior(spec, features, 5)
    model = build_model(spec, features).model

    added = compute_variables(model, draws, ["control_contribution"])["control_contribution"]

    one = {"chain": 0, "draw": 0}
    alpha = float(draws["control_alpha"].isel(one).squeeze())
    gamma = draws["gamma_control"].isel(one)
    expected = float(gamma.sel(control="promo")) * geometric_adstock(promo, alpha, 8)
    np.testing.assert_allclose(added.isel(one).sel(control="promo"), expected, atol=1e-12)
    for name in ("price", "fair"):
        plain = gamma.sel(control=name) * features["control_scaled"].sel(control=name)
        np.testing.assert_allclose(added.isel(one).sel(control=name), plain, atol=1e-12)


def test_half_lives_of_media_and_controls_are_different_parameters() -> None:
    half_life = {"half_life": {"median": 2, "factor": 2}}
    spec = make_spec(
        media={"tv": {"carryover": half_life}, "search": {}},
        controls={"price": {"carryover": half_life}},
    )

    free = list_free_parameters(build_model(spec, make_features(spec)).model)

    assert {"adstock_half_life", "control_half_life"} <= set(free)


def test_an_event_acts_before_and_after_its_days() -> None:
    event = {"days": ["2024-02-05"], "before": 7, "after": 14}
    spec = make_spec(events={"fair": event})

    features = build_features(validate(make_raw(), spec), spec)

    on = np.flatnonzero(features["control_scaled"].sel(control="fair"))
    assert on.tolist() == [4, 5, 6, 7]


@pytest.mark.parametrize("method", ["horseshoe", "spike_slab", "lasso"])
def test_only_what_may_be_left_out_is_selected(method: str) -> None:
    spec, features = make_many(control_selection=method)
    draws = draw_posterior(spec, features, 100)
    model = build_model(spec, features).model

    computed = compute_variables(model, draws, [INCLUSION, "gamma_control"])

    assert computed[INCLUSION]["selectable_control"].to_numpy().tolist() == list(MANY)
    assert float(computed[INCLUSION].min()) >= 0
    assert float(computed[INCLUSION].max()) <= 1
    gamma = computed["gamma_control"]
    assert gamma["control"].to_numpy().tolist() == [*MANY, "kept", "price", "fair"]
    assert (gamma.sel(control="price") <= 0).all()
    kept = draws["gamma_kept"].sel(kept_control="kept", drop=True)
    np.testing.assert_allclose(gamma.sel(control="kept", drop=True), kept)


@pytest.mark.slow
def test_the_lasso_is_a_laplace_distribution() -> None:
    spec, features = make_many(control_selection="lasso")
    draws = draw_posterior(spec, features, 2000)
    model = build_model(spec, features).model

    gamma = compute_variables(model, draws, ["gamma_control"])["gamma_control"]
    ratio = abs(gamma.sel(control=list(MANY)) / draws["control_shrinkage"])

    # Of a Laplace distribution with scale 1: mean of the size 1, of the square 2; 32,000 draws.
    assert float(ratio.mean()) == pytest.approx(1.0, abs=0.03)
    assert float((ratio**2).mean()) == pytest.approx(2.0, abs=0.15)


@pytest.mark.slow
def test_a_horseshoe_lets_few_through_and_those_whole() -> None:
    spec, features = make_many(control_selection={"method": "horseshoe", "expected": 1})
    draws = draw_posterior(spec, features, 500)

    inside = compute_variables(build_model(spec, features).model, draws, [INCLUSION])[INCLUSION]

    # Its shape gave it the name: most of it lies near 0 and near 1.
    assert float(((inside < 0.2) | (inside > 0.8)).mean()) > 0.6
    assert 0.1 < float(inside.mean()) < 0.6


@pytest.mark.parametrize(
    ("controls", "selection", "message"),
    [
        ({"price": {}}, "lasso", "needs at least two controls"),
        ({"price": {}, "promo": {"confounder": True}}, "lasso", "needs at least two controls"),
        (MANY, {"method": "horseshoe", "expected": 4}, "`control_selection.expected` must not"),
        (MANY, {"method": "lasso", "expected": 2}, "`expected` is honoured with `method: horse"),
        (MANY, "ridge", "spike_slab"),
    ],
)
def test_a_selection_needs_a_choice(controls: dict[str, Any], selection: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_spec(controls=controls, control_selection=selection)

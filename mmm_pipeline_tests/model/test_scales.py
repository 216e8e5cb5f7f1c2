"""Scales of the promoted fit, or of the last that passed, are those of the next."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.lineage.fits import Fits, Promotion
from mmm_pipeline.model.features import build_features, find_lost_features
from mmm_pipeline.model.identity import digest_arrays
from mmm_pipeline.model.scales import find_new_scales, hold_scales
from mmm_pipeline.model.trace import note_prespecification
from mmm_pipeline.spec import Prespecification
from mmm_pipeline_tests.factories import make_posterior, make_raw, make_spec, make_trace, validate
from mmm_pipeline_tests.lineage.projects import make_project, materialize, store_fit

pytestmark = pytest.mark.slow

MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
SPEC = make_spec(controls={"price": {}, "promo": {}, "rate": {"scale": "max_abs"}})


def make(periods: int, **factors: float) -> xr.Dataset:
    rng = np.random.default_rng(3)
    raw = make_raw(
        periods,
        price=10 + rng.normal(size=periods),
        promo=rng.integers(0, 2, periods),
        rate=rng.normal(size=periods),
    )
    for column, factor in factors.items():
        raw[column] = raw[column].astype(float) * factor
    return build_features(validate(raw.astype(str), SPEC), SPEC)


def test_the_same_data_are_the_same_features_to_the_last_bit() -> None:
    features = make(60)

    assert digest_arrays(hold_scales(features, features)) == digest_arrays(features)


@settings(max_examples=20)  # Features are built for each.
@given(factor=st.floats(0.55, 1.9))
def test_what_has_grown_a_little_keeps_its_scale(factor: float) -> None:
    before, now = make(60), make(70, tv=factor, sales=factor, price=factor)

    held = hold_scales(now, before)

    for name in ("target_scale", "channel_scale", "control_scale"):
        np.testing.assert_array_equal(held[name], before[name])
    assert float(held["clock_days"]) == float(before["clock_days"])
    assert find_new_scales(held, before) == []
    # And nothing is lost: the same values, in other units.
    undone = held["control_scaled"] * held["control_scale"] + held["control_center"]
    np.testing.assert_allclose(
        undone, now["control_scaled"] * now["control_scale"] + now["control_center"], rtol=1e-9
    )


def test_what_comes_in_another_unit_gets_a_scale_of_its_own() -> None:
    before, now = make(60), make(150, tv=1000, price=1000)

    held = hold_scales(now, before)

    assert find_new_scales(held, before) == ["tv", "price", "trend"]
    price = held["control_scaled"].sel(control="price")
    xr.testing.assert_identical(price, now["control_scaled"].sel(control="price"))


def test_what_is_new_has_a_scale_of_its_own() -> None:
    before = make(60).drop_sel(channel="tv").drop_sel(control="price")

    held = hold_scales(make(70), before)

    own = make(70)
    assert float(held["channel_scale"].sel(channel="tv")) == float(
        own["channel_scale"].sel(channel="tv")
    )
    np.testing.assert_array_equal(
        held["control_scaled"].sel(control="price"), own["control_scaled"].sel(control="price")
    )


@pytest.mark.parametrize(
    ("passed", "is_own", "promoted"),
    [
        (True, True, False),
        (False, True, False),
        (True, False, False),
        (False, True, True),
        (True, True, True),
    ],
)
def test_a_refit_is_on_the_scales_of_the_promoted_fit_or_the_last_that_passed(
    passed: bool, is_own: bool, promoted: bool, tmp_path: Path
) -> None:
    spec = make_spec()
    raw: Any = make_raw(60)
    before = build_features(validate(raw, spec), spec)
    project = make_project(tmp_path, make_raw(61, tv=np.full(61, 40.0) + np.arange(61) / 2))
    fits = Fits(project.outputs, spec.name)
    largest = {"last": float(before["channel_scale"].sel(channel="tv"))}
    if promoted:
        earlier = build_features(validate(raw.assign(tv=raw["tv"].astype(float) * 1.2), spec), spec)
        largest["promoted"] = float(earlier["channel_scale"].sel(channel="tv"))
        trace = make_trace(spec, earlier)
        fits.keep(trace, {})
        fits.promote(Promotion(fit_id=trace.attrs["fit_id"], promoted_at=MOMENT, run_id="1"))
    posterior = make_posterior(spec, before)
    if not passed:
        posterior["roas"] = posterior["roas"] + xr.DataArray(np.arange(4.0), dims="chain")
    trace = make_trace(spec, before, posterior)
    if is_own:  # A fold of a backtest is not.
        trace = note_prespecification(trace, Prespecification.take(spec, MOMENT), [])
    trace.attrs["fitted_at"] = "2099-01-01T00:00:00+00:00"
    fits.keep(trace, {})
    fits.keep_examination(examine(trace, spec.gate))
    store_fit(spec, project, trace)

    result = materialize(spec, project, '+key:"acme/features"')

    assert result.success
    found = xr.load_dataset(tmp_path / "outputs" / "acme" / "features.nc")
    scale = float(found["channel_scale"].sel(channel="tv"))
    expected = largest.get("promoted", largest["last"] if passed and is_own else 70.0)
    assert scale == pytest.approx(expected)
    frame = validate(make_raw(61, tv=np.full(61, 40.0) + np.arange(61) / 2).astype(str), spec)
    assert find_lost_features(found, frame, spec) == []

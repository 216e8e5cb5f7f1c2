"""What carries the target without media: level, drifts, seasons. No sampling."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad

from mmm_pipeline.errors import DataError
from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.totals import CHANNEL_TOTAL
from mmm_pipeline.model.trend import (
    BOUNDARY,
    DRIFT,
    N_WAVES,
    CurveEffect,
    _evaluate_splines,
    _evaluate_waves,
    spectral_density,
)
from mmm_pipeline.spec import Trend
from mmm_pipeline_tests.factories import draw_posterior, make_features, make_spec

TRENDS: tuple[Trend, ...] = ("none", "linear", "piecewise", "spline", "hsgp")


def compute(names: list[str], **overrides: Any) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """Variables of a model at draws from its priors, with draws and features."""
    spec = make_spec(**overrides)
    features = make_features(spec)
    draws = draw_posterior(spec, features, 5)
    return compute_variables(build_model(spec, features).model, draws, names), draws, features


@pytest.mark.parametrize("trend", TRENDS)
def test_the_level_is_the_mean_of_all_that_is_in_the_model(trend: Trend) -> None:
    computed, draws, _ = compute(
        ["mu"],
        trend=trend,
        time_varying_media=trend == "linear",
        controls={"price": {}},
        events={"fair": ["2023-03-08"]},
        seasonality={"yearly": 1, "monthly": 1},
    )

    np.testing.assert_allclose(computed["mu"].mean("date"), draws["level"], rtol=1e-9)


@pytest.mark.parametrize("trend", TRENDS[1:])
def test_a_trend_begins_at_0_and_moves(trend: Trend) -> None:
    computed, _, _ = compute(["trend_effect_contribution"], trend=trend)

    line = computed["trend_effect_contribution"]
    np.testing.assert_allclose(line.isel(date=0), 0.0, atol=1e-12)
    assert (line.std("date") > 0).all()


def test_media_that_vary_with_time_still_earn_their_return() -> None:
    computed, draws, features = compute([DRIFT, CHANNEL_TOTAL], time_varying_media=True)

    np.testing.assert_allclose(computed[DRIFT].mean("date"), 1.0, rtol=1e-9)
    assert (computed[DRIFT].std("date") > 1e-3).any()
    earned = computed[CHANNEL_TOTAL] / features["spend"].sum("date")
    np.testing.assert_allclose(earned, draws["roas"], rtol=1e-9)


@pytest.mark.parametrize("lengthscale", [0.1, 0.3, 1.0])
def test_the_spectral_density_is_that_of_variance_1(lengthscale: float) -> None:
    power, _ = quad(lambda frequency: spectral_density(frequency, lengthscale), 0, np.inf)

    assert power / np.pi == pytest.approx(1.0, rel=1e-6)


def test_waves_make_the_covariance_of_a_matern_process() -> None:
    clock, lengthscale = np.linspace(0, 1, 41), 0.3
    frequency = np.arange(1, N_WAVES + 1) * np.pi / BOUNDARY
    waves = _evaluate_waves(clock)
    found = (waves * spectral_density(frequency, lengthscale)) @ waves.T

    distance = np.sqrt(3) * abs(clock[:, None] - clock) / lengthscale
    expected = (1 + distance) * np.exp(-distance)
    # What the waves leave out: beyond the 24th lies 0.5 % of the power.
    assert abs(found - expected).max() < 0.01


def test_steps_of_a_spline_add_up_to_a_curve() -> None:
    clock = np.linspace(0, 1, 50)
    basis = _evaluate_splines(clock)

    # The sum of all B-splines is 1: equal steps from the first on make what rises everywhere.
    assert (np.diff(basis, axis=0) >= -1e-12).all()
    np.testing.assert_allclose(basis[-1], 1.0)
    np.testing.assert_allclose(basis[0], 0.0, atol=1e-12)


@pytest.mark.parametrize("form", ["spline", "hsgp"])
def test_a_curve_stays_where_it_ended(form: Any) -> None:
    curve = CurveEffect(
        prefix="trend", form=form, noise=0.1, first_date="2024-01-01", span_days=364
    )

    end, later = curve._read_basis(["2024-12-30", "2026-06-01"])
    np.testing.assert_array_equal(end, later)


def test_a_season_within_the_month_has_waves_of_its_own() -> None:
    spec = make_spec(seasonality={"yearly": 0, "monthly": 2})

    model = build_model(spec, make_features(spec)).model

    assert model.initial_point()["gamma_monthly"].shape == (4,)
    assert "gamma_fourier" not in model.named_vars


def test_a_season_shorter_than_a_period_is_refused() -> None:
    with pytest.raises(DataError, match=r"`seasonality\.weekly` must be left out of data by week"):
        make_features(make_spec(seasonality={"weekly": 1}))

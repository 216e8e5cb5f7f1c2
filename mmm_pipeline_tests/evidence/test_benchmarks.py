"""Benchmarks on series whose future is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.benchmarks import (
    BENCHMARKS,
    Forecast,
    Series,
    forecast_benchmarks,
    forecast_naive,
    forecast_ridge,
    forecast_seasonal_naive,
    measure_usual_errors,
)
from mmm_pipeline.evidence.smoothing import forecast_ets
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.factories import make_panel, make_spec


def make_series(known: np.ndarray, horizon: int = 6, drivers: np.ndarray | None = None) -> Series:
    blank = np.zeros((len(known) + horizon, 1))
    return Series(known, blank if drivers is None else drivers, year=12, season=12)


def test_naive_repeats_the_last_value_ever_less_surely() -> None:
    mean, sd = forecast_naive(make_series(np.array([1.0, 3.0, 1.0, 3.0]), 4))

    assert mean.tolist() == [3.0] * 4
    assert sd.tolist() == pytest.approx([2, 2 * 2**0.5, 2 * 3**0.5, 4])


def test_seasonal_naive_repeats_the_year_and_errs_more_in_the_next() -> None:
    known = np.concatenate([np.arange(12.0), np.arange(12.0) + 5])

    mean, sd = forecast_seasonal_naive(make_series(known, 14))

    assert mean.tolist() == [*known[12:], *known[12:14]]
    assert sd.tolist() == pytest.approx([5.0] * 12 + [5 * 2**0.5] * 2)


def test_seasonal_naive_needs_a_year() -> None:
    short = make_series(np.arange(19.0))

    assert forecast_seasonal_naive(short)[0].tolist() == forecast_naive(short)[0].tolist()
    assert not short.has_year


def test_a_regression_finds_what_drives_the_target() -> None:
    rng = np.random.default_rng(1)
    drivers = rng.standard_normal((120, 3))
    target = 50 + drivers @ [3.0, -2.0, 0.0] + 0.5 * rng.standard_normal(120)

    mean, sd = forecast_ridge(make_series(target[:100], drivers=drivers))

    # 100 periods tell three effects to about 0.5 / sqrt(100); noise is all that is left.
    assert abs(mean - target[100:]).mean() < 0.8
    assert sd[0] == pytest.approx(0.5, rel=0.35)


def test_smoothing_rests_at_the_level_of_noise() -> None:
    rng = np.random.default_rng(1)

    mean, sd = forecast_ets(100 + 5 * rng.standard_normal(200), 10, season=52)

    assert mean == pytest.approx(np.full(10, 100), abs=2.5)
    assert sd == pytest.approx(np.full(10, 5), rel=0.2)


def test_smoothing_follows_a_random_walk() -> None:
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.standard_normal(300))

    mean, sd = forecast_ets(walk, 16, season=52)

    assert mean[0] == pytest.approx(walk[-1], abs=0.5)
    assert sd[15] / sd[0] == pytest.approx(4, rel=0.2)


def test_smoothing_lets_the_season_recur() -> None:
    rng = np.random.default_rng(1)
    time = np.arange(72)
    wave = 100 + 20 * np.sin(2 * np.pi * time / 12)

    mean, _ = forecast_ets(wave[:60] + rng.standard_normal(60), 12, season=12)

    # Five years of noise 1: a first state errs by about 1 / sqrt(5).
    assert mean == pytest.approx(wave[60:], abs=2.0)


def test_smoothing_goes_on_with_a_slope_that_tires() -> None:
    mean, _ = forecast_ets(np.arange(80.0), 20, season=52)

    assert 79 < mean[0] <= 80
    assert (np.diff(mean) > 0).all()
    assert (np.diff(mean, 2) < 1e-9).all()


def test_smoothing_is_as_sure_as_its_errors_were() -> None:
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(60):
        noise = rng.standard_normal(130)
        level = 50 + 0.3 * np.concatenate([[0.0], np.cumsum(noise[:-1])])
        values = level + noise
        mean, sd = forecast_ets(values[:120], 10, season=52)
        inside += list(abs(values[120:] - mean) < 1.2816 * sd)

    # 600 forecasts, ten of a series alike: as good as 60 to 600; 0.8 ± 2.5 x 0.03.
    assert np.mean(inside) == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize("forecast", BENCHMARKS.values(), ids=BENCHMARKS)
def test_a_benchmark_does_not_mind_the_unit(forecast: Callable[[Series], Forecast]) -> None:
    rng = np.random.default_rng(3)
    drivers = rng.standard_normal((46, 2))
    known = 10 + drivers[:40, 0] + rng.random(40)

    one, thousand = (forecast(make_series(k * known, 6, drivers)) for k in (1.0, 1000.0))

    np.testing.assert_allclose(np.array(one) * 1000, thousand, rtol=1e-6)


def test_every_cell_has_its_forecasts_and_none_looks_ahead() -> None:
    spec = make_spec(
        data={"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]},
        controls={"price": {}},
    )
    whole = build_features(make_panel(spec, {"geo": ["north", "south"]}, 40), spec)
    changed = whole.copy()
    changed["target"] = whole["target"].where(whole["date"] < whole["date"][32], 1.0)

    forecasts, others = (forecast_benchmarks(one, 32) for one in (whole, changed))

    assert list(forecasts) == list(BENCHMARKS)
    for method, forecast in forecasts.items():
        xr.testing.assert_identical(forecast, others[method])
        assert forecast["mean"].dims == ("date", "geo")
        # The southern cell is ten times as large.
        ratio = forecast["mean"].sel(geo="south") / forecast["mean"].sel(geo="north")
        assert ratio.to_numpy() == pytest.approx(np.full(8, 10), rel=0.2)


def test_the_usual_error_is_that_of_repeating_the_past() -> None:
    dates = pd.date_range("2022-01-01", periods=24, freq="MS")
    known = xr.DataArray(np.arange(24.0), dims="date", coords={"date": dates})

    assert float(measure_usual_errors(known, "month")) == 12.0
    assert float(measure_usual_errors(known, "week")) == 1.0

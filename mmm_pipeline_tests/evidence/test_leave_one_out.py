import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm, t

from mmm_pipeline.evidence.leave_one_out import (
    compute_log_density,
    find_influential,
    find_uncalibrated,
    leave_out,
    measure_calibration,
    summarize_leave_one_out,
)
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.model.fit import compute_variables, rebuild_model
from mmm_pipeline_tests.factories import (
    draw_fit,
    make_features,
    make_spec,
)


def leave_out_of_normal(observed: np.ndarray) -> xr.Dataset:
    """A normal whose mean alone is unknown, under a flat prior: its posterior is known."""
    rng = np.random.default_rng(3)
    mean = rng.normal(observed.mean(), len(observed) ** -0.5, (4, 1000))
    mu = xr.DataArray(mean, dims=("chain", "draw"), coords={"chain": range(4), "draw": range(1000)})
    residual = xr.DataArray(observed, dims="date") - mu
    residual = residual.transpose("chain", "draw", "date")
    density, below = (residual.copy(data=one(residual)) for one in (norm.logpdf, norm.cdf))
    return leave_out(density, below, mu.to_dataset(name="mu"))


def test_it_is_exact_where_the_answer_is_known() -> None:
    observed = np.random.default_rng(1).normal(size=40)

    found = leave_out_of_normal(observed)

    others = (observed.sum() - observed) / 39
    left = norm(others, (1 + 1 / 39) ** 0.5)
    # Importance sampling of 4000 draws from a posterior that one of 40 hardly moves.
    np.testing.assert_allclose(found["elpd"], left.logpdf(observed), atol=0.01)
    np.testing.assert_allclose(found["pit"], left.cdf(observed), atol=0.01)
    assert found.attrs["elpd"] == pytest.approx(left.logpdf(observed).sum(), abs=0.1)
    assert found.attrs["p_loo"] == pytest.approx(1, abs=0.4)
    assert found.attrs["good_k"] == pytest.approx(min(1 - 1 / np.log10(4000), 0.7))
    assert not found["is_influential"].any()


def test_an_observation_that_moves_the_fit_is_found() -> None:
    observed = np.append(np.random.default_rng(1).normal(size=6), 12.0)

    found = leave_out_of_normal(observed)

    assert found["is_influential"].to_numpy().tolist() == [False] * 6 + [True]


def test_every_period_of_a_fit_has_its_row(fit: ConvergedFit) -> None:
    table = summarize_leave_one_out(fit)

    assert table["date"].tolist() == pd.DatetimeIndex(fit.features["date"].to_numpy()).tolist()
    assert table["elpd"].sum() == pytest.approx(table.attrs["elpd"])
    assert table["pit"].between(0, 1).all()
    assert len(find_influential(table)) == table["is_influential"].sum()
    assert table.attrs["fit_id"] == fit.fit_id


@pytest.mark.parametrize("link", ["identity", "log", pytest.param("log1p", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "likelihood", ["normal", pytest.param("student_t", marks=pytest.mark.slow)]
)
def test_the_density_is_that_of_the_target_in_its_own_units(link: str, likelihood: str) -> None:
    spec = make_spec(link=link, likelihood=likelihood, seasonality={"yearly": 0}, trend="none")
    features = make_features(spec)
    fit = draw_fit(spec, features)

    density, below = compute_log_density(fit)

    # The target's distribution function, by finite differences about what was observed.
    mu = compute_variables(rebuild_model(fit.trace).model, fit.posterior, ["mu"])["mu"]
    mu, sigma = mu.isel(chain=1, draw=7), fit.posterior["y_sigma"].isel(chain=1, draw=7)
    target, scale = features["target"].to_numpy(), float(features["target_scale"])
    offset = {"log1p": 1.0}.get(link, 0.0)
    noise = (
        t(float(fit.posterior["y_nu"].isel(chain=1, draw=7))) if likelihood != "normal" else norm
    )

    def cumulate(values: np.ndarray) -> np.ndarray:
        ratio = (values + offset) / (scale + offset)
        seen = ratio if link == "identity" else np.log(ratio)
        return noise.cdf((seen - mu.to_numpy()) / float(sigma))

    step = 1e-4 * scale
    slope = (cumulate(target + step) - cumulate(target - step)) / (2 * step)
    is_likely = slope * scale > 1e-6  # Beyond, the difference is all rounding.
    found = density.isel(chain=1, draw=7).to_numpy()[is_likely]
    assert is_likely.sum() > 20
    np.testing.assert_allclose(found, np.log(slope[is_likely]), atol=1e-3)
    np.testing.assert_allclose(below.isel(chain=1, draw=7), cumulate(target), atol=1e-9)


def make_probabilities(pit: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"pit": pit})


def test_even_probabilities_are_calibrated() -> None:
    assert find_uncalibrated(make_probabilities(np.linspace(0.005, 0.995, 100))) == ()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (lambda u: 0.5 + 0.5 * (u - 0.5), "less sure than it could be"),
        (lambda u: norm.cdf(2.5 * norm.ppf(u)), "surer than it should be"),
        (lambda u: u**0.4, "too low"),
        (lambda u: u**2.5, "too high"),
    ],
    ids=["wide", "narrow", "low", "high"],
)
def test_what_is_wrong_with_predictions_is_said(shape, words: str) -> None:  # type: ignore[no-untyped-def]
    table = make_probabilities(shape(np.linspace(0.005, 0.995, 100)))

    assert f"is {words}:" in find_uncalibrated(table)[0]


def test_chance_hardly_ever_looks_uncalibrated() -> None:
    rng = np.random.default_rng(5)

    found = [measure_calibration(pd.Series(rng.random(156))) for _ in range(2000)]

    # 5 % by Kolmogorov's distribution; three standard errors of 2000 are 1.5 %.
    assert np.mean(np.array(found) > 1.36) == pytest.approx(0.05, abs=0.02)

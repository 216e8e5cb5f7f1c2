"""What a fit says, on draws that nobody sampled: the arithmetic is exact."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.errors import DecompositionError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight import contributions as module
from mmm_pipeline.insight.contributions import (
    compute_contributions,
    compute_fitted_mean,
    measure_gap,
    summarize_contributions,
)
from mmm_pipeline.insight.curves import REACH, summarize_response_curves
from mmm_pipeline.insight.recent import mean_recent
from mmm_pipeline.insight.returns import compute_roas, summarize_returns
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.simulate import geometric_adstock, logistic_saturation


@pytest.fixture(scope="module")
def contributions(fit: ConvergedFit) -> Summary:
    return summarize_contributions(fit)


@pytest.fixture(scope="module")
def returns(fit: ConvergedFit) -> Summary:
    return summarize_returns(fit)


def test_the_components_add_up_in_every_draw(fit: ConvergedFit) -> None:
    assert measure_gap(compute_contributions(fit), compute_fitted_mean(fit)) < 1e-12


def test_the_table_adds_up_to_the_fitted_mean_on_every_date(
    contributions: Summary, fit: ConvergedFit
) -> None:
    summed = contributions.table.groupby("date")["contribution"].sum()

    fitted = compute_fitted_mean(fit).mean(("chain", "draw")).to_numpy()
    np.testing.assert_allclose(summed.to_numpy(), fitted, rtol=1e-6)


def test_the_table_has_the_columns_and_kinds_that_are_promised(contributions: Summary) -> None:
    table = contributions.table

    assert table.columns.tolist() == ["date", "component", "kind", "contribution", "lower", "upper"]
    kinds = table.drop_duplicates("component").set_index("component")["kind"].to_dict()
    assert kinds == {
        "tv": "media",
        "search": "media",
        "price": "control",
        "seasonality": "seasonality",
        "trend": "trend",
        "intercept": "intercept",
    }
    assert (table["lower"] <= table["contribution"]).all()
    assert (table["contribution"] <= table["upper"]).all()


def test_quarterly_draws_are_the_same_target(contributions: Summary, fit: ConvergedFit) -> None:
    total = contributions.draws["contribution"].sum(["quarter", "component"])

    np.testing.assert_allclose(total, compute_fitted_mean(fit).sum("date"), rtol=1e-9)
    assert contributions.draws["quarter"].to_numpy()[0] == "2023Q1"


def test_parts_that_do_not_add_up_are_refused(
    fit: ConvergedFit, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compute_fitted_mean(fit)
    monkeypatch.setattr(module, "compute_fitted_mean", lambda _: whole * 1.01)

    with pytest.raises(DecompositionError) as caught:
        summarize_contributions(fit)

    # One per cent of a draw, as a fraction of the mean over the draws.
    assert caught.value.gap == pytest.approx(0.01, rel=0.5)


def test_the_return_is_the_free_parameter_itself(returns: Summary, fit: ConvergedFit) -> None:
    np.testing.assert_allclose(returns.draws["roas"], fit.posterior["roas"], rtol=1e-9)


def test_the_table_of_returns_has_one_row_per_channel(returns: Summary, fit: ConvergedFit) -> None:
    table = returns.table

    known = ("contribution", "roas", "marginal_roas", "breakeven_spend", "headroom")
    bounds = {f"{word}{end}" for word in known for end in ("", "_lower", "_upper")}
    assert set(table.columns) >= {"channel", "kind", "spend", "spend_now", "confidence", *bounds}
    assert {"probability_above_1", "probability_profitable"} <= set(table.columns)
    for word in known:
        assert (table[f"{word}_lower"] <= table[word]).all()
        assert (table[word] <= table[f"{word}_upper"]).all()
    assert table["channel"].tolist() == ["tv", "search"]
    np.testing.assert_allclose(table["spend"], fit.features["spend"].sum("date"))
    bounds = fit.posterior["roas"].quantile([0.05, 0.95], ("chain", "draw")).to_numpy()
    np.testing.assert_allclose(table[["roas_lower", "roas_upper"]].to_numpy().T, bounds, rtol=1e-9)


@pytest.mark.parametrize("rate", [0.01, 1.0, 130.0])
def test_roas_is_the_same_in_any_currency(rate: float) -> None:
    rng = np.random.default_rng(1)
    coords = {"channel": ["tv", "radio"]}
    earned = xr.DataArray(
        rng.random((2, 5, 3, 2)), dims=("chain", "draw", "date", "channel"), coords=coords
    )
    spent = xr.DataArray(rng.random((3, 2)), dims=("date", "channel"), coords=coords)

    xr.testing.assert_allclose(
        compute_roas(earned * rate, spent * rate), compute_roas(earned, spent)
    )


def test_roas_refuses_other_channels() -> None:
    earned = xr.DataArray(
        [[[[1.0]]]], dims=("chain", "draw", "date", "channel"), coords={"channel": ["tv"]}
    )
    spent = xr.DataArray([[1.0]], dims=("date", "channel"), coords={"channel": ["radio"]})

    with pytest.raises(xr.AlignmentError):
        compute_roas(earned, spent)


def test_a_curve_is_the_response_to_constant_spend(fit: ConvergedFit) -> None:
    curves = summarize_response_curves(fit)

    for channel in ("tv", "search"):
        curve = curves[curves["channel"] == channel]
        scale = float(fit.features["channel_scale"].sel(channel=channel))
        draws = fit.posterior.sel(channel=channel)
        spend = curve["spend"].to_numpy()
        assert spend[0] == 0.0
        assert spend[-1] == pytest.approx(REACH * scale)
        assert (np.diff(curve["response"]) > 0).all()
        # Amplitude from the definition of ROAS, apart from the library's own graph.
        beta = _amplitude(fit, channel)
        shape = np.tanh(draws["saturation_lam"] * spend[30] / scale / 2)
        expected = float((beta * shape).mean()) * float(fit.features["target_scale"])
        assert curve["response"].iloc[30] == pytest.approx(expected, rel=1e-9)


def _amplitude(fit: ConvergedFit, channel: str) -> xr.DataArray:
    """From the definition of ROAS, in plain NumPy."""
    features, draws = fit.features.sel(channel=channel), fit.posterior.sel(channel=channel)
    scaled = (features["spend"] / features["channel_scale"]).to_numpy()

    def height(alpha: float, lam: float, roas: float) -> float:
        shape = logistic_saturation(geometric_adstock(scaled, alpha, 8), lam).sum()
        return float(roas * features["spend"].sum() / (features["target_scale"] * shape))

    names = ("adstock_alpha", "saturation_lam", "roas")
    heights: xr.DataArray = xr.apply_ufunc(height, *(draws[n] for n in names), vectorize=True)
    return heights


def test_what_is_spent_today_is_the_mean_of_52_weeks() -> None:
    dates = pd.date_range("2023-01-02", periods=60, freq="W-MON")
    spend = xr.DataArray(
        np.r_[np.full(8, 1000.0), np.arange(52.0)][:, None],
        dims=("date", "channel"),
        coords={"date": dates, "channel": ["tv"]},
    )
    features = xr.Dataset({"spend": spend}, attrs={"grain": "week"})

    assert mean_recent(features, "spend").to_numpy().tolist() == [25.5]

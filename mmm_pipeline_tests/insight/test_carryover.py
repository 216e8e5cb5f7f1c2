"""What earlier exposure still brings, on impulses whose echo is known."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.carryover import (
    measure_carried_over,
    measure_half_life,
    summarize_carryover_curves,
)
from mmm_pipeline.insight.response import MediaResponse
from mmm_pipeline.model.formulas import weigh_lags

ALPHA = 0.6
LAGS = xr.DataArray(np.arange(8.0), dims="lag")


def make_response(form: str = "geometric", **parameters: float) -> MediaResponse:
    """One channel, one draw."""
    taken = {word: xr.DataArray(value) for word, value in parameters.items()}
    weights = weigh_lags(form, LAGS, 8, "lag", **taken) + 0 * LAGS
    one = xr.DataArray([[1.0]], dims=("sample", "channel"), coords={"channel": ["tv"]})
    return MediaResponse(
        weights=weights.expand_dims(sample=1, channel=["tv"]),
        forms={"tv": "none"},
        parameters={},
        height=one,
        scale=one.isel(sample=0),
    )


def make_exposure(*values: float) -> xr.DataArray:
    dates = pd.date_range("2024-01-01", periods=len(values), freq="W-MON")
    return xr.DataArray(
        np.array(values)[:, None],
        dims=("date", "channel"),
        coords={"date": dates, "channel": ["tv"]},
    )


def test_of_an_impulse_nothing_is_carried_over_at_once_and_all_later() -> None:
    share = measure_carried_over(
        make_response(alpha=ALPHA), make_exposure(0, 5, 0, 0, 0, 0, 0, 0, 0, 0)
    ).squeeze()

    # The period before it and the one after its last lag see nothing.
    np.testing.assert_allclose(share, [0, 0, 1, 1, 1, 1, 1, 1, 1, 0])


def test_two_impulses_share_a_period_by_their_weights() -> None:
    share = measure_carried_over(make_response(alpha=ALPHA), make_exposure(4, 2, 0)).squeeze()

    assert float(share[1]) == pytest.approx(4 * ALPHA / (4 * ALPHA + 2))


def test_a_steady_exposure_carries_over_all_but_the_first_weight() -> None:
    response = make_response(alpha=ALPHA)

    share = measure_carried_over(response, make_exposure(*[3.0] * 20)).squeeze()

    first = response.weights.isel(lag=0).item()
    assert float(share[-1]) == pytest.approx(1 - first)


def test_the_half_life_of_a_geometric_carry_over_is_that_of_its_prior() -> None:
    found = measure_half_life(make_response(alpha=0.5 ** (1 / 3)), {"tv": "geometric"})

    assert found.item() == pytest.approx(3.0)


def test_the_half_life_of_another_form_is_when_half_has_come() -> None:
    response = make_response("binomial", alpha=0.5)
    weights = response.weights.squeeze().to_numpy()

    found = measure_half_life(response, {"tv": "binomial"}).item()

    come = np.interp(found, np.arange(9), np.r_[0, np.cumsum(weights)])
    assert come == pytest.approx(0.5)


def test_what_lasts_no_longer_than_its_period_has_no_half_life() -> None:
    assert measure_half_life(make_response("none"), {"tv": "none"}).item() == 0.0


def test_the_curves_add_up_to_all_of_it(fit: ConvergedFit) -> None:
    table = summarize_carryover_curves(fit)

    sums = table.groupby("channel", sort=False)["weight"].sum()
    assert sums.index.tolist() == ["tv", "search"]
    np.testing.assert_allclose(sums, 1.0, rtol=1e-12)
    last = table[table["lag"] == fit.spec.l_max - 1]
    np.testing.assert_allclose(last["cumulative"], 1.0, rtol=1e-12)
    alpha = fit.posterior["adstock_alpha"].sel(channel="tv")
    first = (1 - alpha) / (1 - alpha**fit.spec.l_max)
    assert table["weight"].iloc[0] == pytest.approx(float(first.mean()))

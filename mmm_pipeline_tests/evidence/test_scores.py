import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.evidence.scores import score_draws, score_normal, summarize_scores


@given(mean=st.floats(-5, 5), sd=st.floats(0.1, 10), observed=st.floats(-20, 20))
def test_the_crps_of_a_normal_is_the_area_between_the_distributions(
    mean: float, sd: float, observed: float
) -> None:
    from scipy.stats import norm

    low, high = min(mean - 12 * sd, observed) - 1, max(mean + 12 * sd, observed) + 1
    grid = np.linspace(low, high, 20_001)
    squares = (norm.cdf(grid, mean, sd) - (grid >= observed)) ** 2

    found = score_normal(xr.DataArray(mean), xr.DataArray(sd), xr.DataArray(observed))

    # The step of the observation lies between two points of the grid.
    assert float(found["crps"]) == pytest.approx(
        np.trapezoid(squares, grid), abs=grid[1] - grid[0] + 1e-6
    )


def test_the_crps_of_draws_is_that_of_their_distribution() -> None:
    rng = np.random.default_rng(1)
    draws = xr.DataArray(3 + 2 * rng.standard_normal((4, 5000, 3)), dims=("chain", "draw", "date"))
    observed = xr.DataArray([3.0, 6.0, -2.0], dims="date")

    found = score_draws(draws, observed)
    exact = score_normal(xr.full_like(observed, 3), xr.full_like(observed, 2), observed)

    # 20,000 draws: a standard error of 2 / sqrt(20,000) = 0.014 of a mean, 0.05 of a far quantile.
    xr.testing.assert_allclose(found["crps"], exact["crps"], atol=0.06)
    xr.testing.assert_allclose(found, exact, atol=0.25)
    assert float(found["lower_95"][0]) < float(found["lower_50"][0]) < float(found["predicted"][0])


def test_a_certain_forecast_is_scored_by_its_error() -> None:
    found = score_normal(xr.DataArray(3.0), xr.DataArray(0.0), xr.DataArray(5.0))
    draws = xr.full_like(xr.DataArray(np.zeros((2, 4)), dims=("chain", "draw")), 3.0)

    assert float(found["crps"]) == 2.0
    assert float(score_draws(draws, xr.DataArray(5.0))["crps"]) == 2.0
    assert float(found["lower_80"]) == float(found["upper_95"]) == 3.0


def make_scores(method: str, fold: int, predicted: list[float]) -> pd.DataFrame:
    rows = pd.DataFrame({"fold": fold, "method": method, "observed": [10.0, 20.0]})
    rows["predicted"], rows["crps"], rows["usual_error"] = predicted, 1.5, 4.0
    for level, width in ((50, 1), (80, 3), (95, 9)):
        rows[f"lower_{level}"] = rows["predicted"] - width
        rows[f"upper_{level}"] = rows["predicted"] + width
    return rows


def test_the_scores_are_those_of_their_definitions() -> None:
    scores = summarize_scores(make_scores("mmm", 1, [12.0, 26.0])).iloc[0]

    assert scores["mape"] == pytest.approx((0.2 + 0.3) / 2)
    assert scores["wmape"] == pytest.approx(8 / 30)
    assert scores["mase"] == pytest.approx(1.0)
    assert scores[["coverage_50", "coverage_80", "coverage_95"]].tolist() == [0.0, 0.5, 1.0]


def test_a_fold_that_has_no_forecast_counts_for_nobody() -> None:
    table = pd.concat(
        [
            make_scores("mmm", 1, [10.0, 20.0]),
            make_scores("naive", 1, [11.0, 21.0]),
            make_scores("mmm", 2, [np.nan, np.nan]),
            make_scores("naive", 2, [99.0, 99.0]),
        ]
    )

    scores = summarize_scores(table).set_index("method")

    assert scores["n_folds"].tolist() == [1, 1]
    assert scores.loc["naive", "wmape"] == pytest.approx(2 / 30)
    assert summarize_scores(table[table["fold"] == 2]).empty

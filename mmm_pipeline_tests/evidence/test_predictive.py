import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from mmm_pipeline.evidence.predictive import (
    QUANTILES,
    STATISTICS,
    compare_statistics,
    find_unlike,
    summarize_predictive_checks,
)
from mmm_pipeline.gate import ConvergedFit


def replicate(series: np.ndarray) -> xr.DataArray:
    return xr.DataArray(series, dims=("chain", "draw", "date"))


def compare(observed: np.ndarray) -> pd.DataFrame:
    """Hold a series against normal noise."""
    draws = np.random.default_rng(6).normal(100, 10, (4, 250, len(observed)))
    return compare_statistics(xr.DataArray(observed, dims="date"), replicate(draws))


def make_series() -> np.ndarray:
    """A series that is as normal as can be, in no order."""
    values = norm.ppf((np.arange(120) + 0.5) / 120)
    return 100 + 10 * np.random.default_rng(7).permutation(values)


def test_a_series_of_the_same_kind_is_not_unlike() -> None:
    assert find_unlike(compare(make_series())) == ()


@pytest.mark.parametrize(
    ("change", "statistic"),
    [
        (lambda series: series + 10, "total"),
        (lambda series: 100 + 1.5 * (series - 100), "sd"),
        (lambda series: np.where(np.arange(120) == 60, 180.0, series), "maximum"),
        (lambda series: np.where(np.arange(120) == 60, 20.0, series), "minimum"),
        (np.sort, "autocorrelation"),
        (lambda series: 100 + np.expm1((series - 100) / 10) * 6, "skewness"),
        (lambda series: np.r_[series[:60], 140.0, 60.0, series[62:]], "largest_jump"),
    ],
    ids=list(STATISTICS),
)
def test_what_is_unlike_is_found(change, statistic: str) -> None:  # type: ignore[no-untyped-def]
    table = compare(change(make_series())).set_index("statistic")

    assert table["p_value"][statistic] < 0.05


def test_statistics_are_those_of_their_names() -> None:
    series = xr.DataArray([1.0, 2.0, 4.0, 3.0], dims="date")

    found = {name: float(compute(series)) for name, compute in STATISTICS.items()}

    centered = np.array([-1.5, -0.5, 1.5, 0.5])
    assert found == pytest.approx(
        {
            "total": 10.0,
            "sd": 1.25**0.5,
            "minimum": 1.0,
            "maximum": 4.0,
            "autocorrelation": (0.75 - 0.75 + 0.75) / 5,
            "skewness": (centered**3).mean() / 1.25**1.5,
            "largest_jump": 2.0,
        }
    )


def test_the_p_value_is_twice_the_smaller_tail() -> None:
    totals = np.arange(100.0)
    draws = np.stack([totals / 2, totals / 2], axis=1)[None]

    row = compare_statistics(xr.DataArray([2.0, 0.5], dims="date"), replicate(draws)).iloc[0]

    assert row["probability_above"] == 0.97
    assert row["p_value"] == pytest.approx(0.06)
    assert row[list(QUANTILES)].is_monotonic_increasing


def test_a_fit_is_held_against_its_own_series(fit: ConvergedFit) -> None:
    table = summarize_predictive_checks(fit)

    assert table["statistic"].tolist() == list(STATISTICS)
    assert table["observed"][0] == pytest.approx(float(fit.features["target"].sum()))
    assert table.attrs["fit_id"] == fit.fit_id

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.evidence.residuals import (
    find_remarkable_runs,
    find_runs,
    limit_run,
    list_worst,
    measure_patterns,
    tabulate_months,
)
from mmm_pipeline_tests.evidence.series import make_noise, make_table


def measure(residual: np.ndarray, fitted: np.ndarray | None = None) -> pd.Series:
    return measure_patterns(make_table(residual, fitted)).loc[""]


def follow(share: float, periods: int = 156) -> np.ndarray:
    """Noise of which a share goes on into the next period."""
    noise = make_noise(periods)
    for place in range(1, periods):
        noise[place] += share * noise[place - 1]
    return noise


def test_noise_has_no_pattern() -> None:
    found = measure(make_noise())

    # Two standard errors of a correlation in 156 periods are 0.16.
    assert found[["autocorrelation", "heteroscedasticity", "drift"]].abs().max() < 0.16
    assert found["durbin_watson"] == pytest.approx(2, abs=0.32)


def test_residuals_that_follow_each_other_are_found() -> None:
    found = measure(follow(0.7))

    # The standard error of an autocorrelation of 0.7 is 0.06.
    assert found["autocorrelation"] == pytest.approx(0.7, abs=0.15)
    assert found["durbin_watson"] == pytest.approx(2 * (1 - found["autocorrelation"]), abs=0.05)


def test_noise_that_grows_is_found() -> None:
    fitted = np.linspace(100, 1000, 156)

    assert measure(make_noise() * fitted / 500, fitted)["heteroscedasticity"] > 0.3


def test_a_drift_is_found() -> None:
    assert measure(make_noise() + np.linspace(-20, 20, 156))["drift"] > 0.2


def test_where_nothing_is_left_there_is_no_pattern() -> None:
    found = measure(np.zeros(156))

    assert found.drop("longest_run").isna().all()
    assert found["longest_run"] == 0


def test_a_step_is_a_run_with_its_dates_and_direction() -> None:
    residual = make_noise()
    residual[20:27] = 80.0
    residual[19] = residual[27] = -5.0

    (run,) = find_remarkable_runs(make_table(residual))

    assert (f"{run.start:%Y-%m-%d}", f"{run.end:%Y-%m-%d}") == ("2023-05-22", "2023-07-03")
    assert (run.length, run.direction) == (7, "underestimated")
    assert run.share == pytest.approx(0.08, abs=0.01)


def test_a_short_run_that_chance_makes_is_not_remarkable() -> None:
    residual = make_noise()
    residual[20:29] = 5.0

    assert find_runs(make_table(residual))[0].length >= 9
    assert find_remarkable_runs(make_table(residual)) == []


@given(st.integers(0, 2**32 - 1))
def test_runs_cover_all_that_is_left(seed: int) -> None:
    table = make_table(make_noise(60, seed))

    runs = find_runs(table)

    assert sum(run.length for run in runs) == 60
    total = sum(run.strength * run.length**0.5 for run in runs)
    expected = table["residual"].sum() / table["residual"].std(ddof=0)
    assert total == pytest.approx(expected, abs=1e-6)


def test_chance_rarely_makes_a_run_as_long_as_the_limit() -> None:
    rng = np.random.default_rng(4)
    limit = limit_run(156)
    signs = rng.choice([-1.0, 1.0], (2000, 156))

    lengths = [find_longest(one) for one in signs]

    # The bound is 1 %; three standard errors of 2000 series are 0.7 %.
    assert np.mean(np.array(lengths) > limit) < 0.017


def find_longest(sign: np.ndarray) -> int:
    ends = np.flatnonzero(np.diff(sign, append=0.0))
    return int(np.diff(ends, prepend=-1).max())


def test_the_worst_periods_come_first() -> None:
    residual = make_noise()
    residual[[5, 50]] = 300.0, -400.0

    worst = list_worst(make_table(residual))

    assert len(worst) == 10
    assert worst["residual"].tolist()[:2] == [-400.0, 300.0]
    assert worst["share"][0] == pytest.approx(-400 / worst["observed"][0])


def test_months_are_shares_of_what_was_observed() -> None:
    table = make_table(np.full(60, 10.0), np.full(60, 990.0))

    months = tabulate_months(table)

    assert months["year"].tolist() == [2023, 2024]
    assert months.columns.tolist() == ["year", *range(1, 13)]
    assert months[1].tolist() == [0.01, 0.01]
    assert months.loc[1, [3, 12]].isna().all()


def test_cells_of_a_panel_are_measured_apart() -> None:
    cells = {"north": make_table(), "south": make_table(follow(0.9))}
    table = pd.concat([cell.assign(geo=name) for name, cell in cells.items()])

    found = measure_patterns(table)["autocorrelation"]

    assert found["south"] > 0.7
    assert abs(found["north"]) < 0.16

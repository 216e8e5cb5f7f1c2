import pandas as pd
import pytest

from mmm_pipeline.ingest.grain import build_calendar, detect_grain, extend_calendar


@pytest.mark.parametrize(
    ("dates", "grain"),
    [
        (pd.date_range("2024-01-01", periods=5, freq="D"), "day"),
        (pd.date_range("2024-01-07", periods=5, freq="W-SUN"), "week"),
        (pd.date_range("2024-01-01", periods=14, freq="MS"), "month"),
        (pd.date_range("2024-01-31", periods=14, freq="ME"), "month"),
        (pd.date_range("2024-01-01", periods=5, freq="2W"), None),
        (pd.DatetimeIndex(["2024-01-01"]), None),
    ],
)
def test_the_grain_is_recognised(dates: pd.DatetimeIndex, grain: str | None) -> None:
    assert detect_grain(dates) == grain


def test_the_grain_of_a_panel_is_that_of_its_distinct_dates() -> None:
    dates = pd.date_range("2024-01-01", periods=5, freq="W-MON").repeat(3)

    assert detect_grain(dates) == "week"


FREQUENCIES = ["D", "W-WED", "MS"]


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_a_regular_history_is_its_own_calendar(freq: str) -> None:
    dates = pd.date_range("2023-01-31", periods=26, freq=freq)
    grain = detect_grain(dates)

    assert grain is not None
    assert list(build_calendar(dates, grain)) == list(dates)


@pytest.mark.parametrize("freq", FREQUENCIES)
@pytest.mark.parametrize("known", [1, 13, 60])
@pytest.mark.parametrize("periods", [1, 24])
def test_the_calendar_goes_on_as_it_was(freq: str, known: int, periods: int) -> None:
    dates = pd.date_range("2023-01-31", periods=100, freq=freq)
    grain = detect_grain(dates)

    assert grain is not None
    expected = list(dates[known : known + periods])
    assert list(extend_calendar(dates[known - 1], grain, periods)) == expected

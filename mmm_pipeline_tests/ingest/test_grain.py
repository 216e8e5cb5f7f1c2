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


FREQUENCIES = ["D", "W-WED", "MS", "ME"]


@pytest.mark.parametrize("freq", FREQUENCIES)
@pytest.mark.parametrize("start", ["2023-01-31", "2023-02-28", "2024-04-30"])
def test_a_regular_history_is_its_own_calendar(freq: str, start: str) -> None:
    dates = pd.date_range(start, periods=26, freq=freq)
    grain = detect_grain(dates)

    assert grain is not None
    assert list(build_calendar(dates, grain)) == list(dates)


@pytest.mark.parametrize("freq", FREQUENCIES)
@pytest.mark.parametrize("known", [13, 14, 20])
def test_the_calendar_goes_on_as_it_was(freq: str, known: int) -> None:
    dates = pd.date_range("2023-01-31", periods=40, freq=freq)
    grain = detect_grain(dates)

    assert grain is not None
    assert list(extend_calendar(dates[:known], grain, 13)) == list(dates[known : known + 13])


def test_months_may_start_on_any_day() -> None:
    dates = pd.DatetimeIndex(["2024-01-15", "2024-02-15", "2024-03-15"])

    assert extend_calendar(dates, "month", 2).strftime("%m-%d").tolist() == ["04-15", "05-15"]

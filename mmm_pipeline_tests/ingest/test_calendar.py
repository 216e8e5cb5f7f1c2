from typing import Any

import pandas as pd
import pytest

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.calendar import mark_events
from mmm_pipeline_tests.factories import make_spec

WEEKS = pd.date_range("2024-01-01", periods=104, freq="7D")
DAYS = pd.date_range("2024-01-01", "2024-12-31")


def mark(event: Any, dates: pd.DatetimeIndex = WEEKS) -> list[str]:
    columns = mark_events(make_spec(events={"x": event}), dates)
    return dates[columns["x"] == 1].strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize(
    ("event", "weeks"),
    [
        (["2024-01-10"], ["2024-01-08"]),
        ({"days": ["2024-01-07", "2024-01-08"]}, ["2024-01-01", "2024-01-08"]),
        ([{"start": "2024-01-07", "end": "2024-01-10"}], ["2024-01-01", "2024-01-08"]),
        ({"country": "US", "only": "Thanksgiving Day"}, ["2024-11-25", "2025-11-24"]),
        ({"country": "DE", "region": "BY", "only": "Epiphany"}, ["2024-01-01", "2025-01-06"]),
    ],
)
def test_a_period_is_on_when_a_day_of_it_is(event: Any, weeks: list[str]) -> None:
    assert mark(event) == weeks


def test_a_month_is_on_in_the_periods_that_begin_in_it() -> None:
    assert mark({"months": [1]})[:5] == [f"2024-01-{day:02d}" for day in (1, 8, 15, 22, 29)]
    assert mark({"months": [1]}, pd.date_range("2024-01-01", periods=24, freq="MS")) == [
        "2024-01-01",
        "2025-01-01",
    ]


def test_public_holidays_of_2024_in_the_united_states() -> None:
    expected = ["01-01", "01-15", "02-19", "05-27", "06-19", "07-04", "09-02", "10-14", "11-11"]
    expected += ["11-28", "12-25"]  # The federal holidays of 5 U.S.C. 6103, by their dates in 2024.

    assert mark({"country": "US"}, DAYS) == [f"2024-{day}" for day in expected]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"country": "XX"}, "must name a country and region that are known"),
        ({"country": "DE", "region": "TX"}, "must name a country and region that are known"),
        ({"country": "US", "only": "Thanksgivin Day"}, "Did you mean 'Thanksgiving Day'"),
        (["2030-01-01"], "must be on in some periods of the data and off in others"),
        ({"months": list(range(1, 13))}, "must be on in some periods"),
    ],
)
def test_an_event_that_cannot_be_is_refused(event: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        mark(event)

    assert caught.value.problems[0].is_of_spec
    assert caught.value.problems[0].setting[:2] == ("events", "x")

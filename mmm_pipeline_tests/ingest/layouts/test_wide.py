from typing import Any

import pandas as pd
import pytest

from mmm_pipeline.ingest.layouts.wide import arrange_wide
from mmm_pipeline_tests.factories import make_spec

RAW = pd.DataFrame(
    {
        "day": ["01/02/2024", "8/2/2024"],
        "geo": [" North", "South "],
        "sales": ["1.000,5", "7"],
        "tv": ["NaN", ""],
        "event": ["none", " Sale"],
    }
)
DATA: dict[str, Any] = {
    "path": "a.csv",
    "date": "day",
    "target": "sales",
    "dayfirst": True,
    "panel": ["geo"],
    "csv": {"decimal": ",", "thousands": "."},
}


def test_what_the_spec_names_is_taken_and_typed() -> None:
    spec = make_spec(
        data=DATA, media={"tv": {}}, controls={"sale": {"column": "event", "equals": "Sale"}}
    )

    arranged = arrange_wide(RAW, spec)

    expected = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-02-01", "2024-02-08"]).astype("datetime64[us]"),
            "geo": ["North", "South"],
            "sales": [1000.5, 7.0],
            "tv": [float("nan"), float("nan")],
            "event [=Sale]": [0.0, 1.0],
        }
    )
    pd.testing.assert_frame_equal(arranged.frame, expected)
    assert arranged.dims == ("geo",)
    assert arranged.problems == []


def test_to_say_nan_is_more_than_to_be_empty() -> None:
    arranged = arrange_wide(RAW, make_spec(data=DATA, media={"tv": {}}))

    assert arranged.says_nan["tv"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("window", "days"),
    [
        ({"start": "2024-02-02"}, ["02-08"]),
        ({"end": "2024-02-07"}, ["02-01"]),
        ({"start": "2024-02-01", "end": "2024-02-08"}, ["02-01", "02-08"]),
    ],
)
def test_rows_outside_the_window_are_not_looked_at(window: Any, days: list[str]) -> None:
    spec = make_spec(data=DATA | {"window": window}, media={"tv": {}})

    assert arrange_wide(RAW, spec).frame["date"].dt.strftime("%m-%d").tolist() == days


def test_a_row_outside_the_window_may_be_wrong() -> None:
    raw = RAW.assign(sales=["?", "7"])
    spec = make_spec(data=DATA | {"window": {"start": "2024-02-02"}}, media={"tv": {}})

    assert arrange_wide(raw, spec).problems == []


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["20240201", "20240208"], {"date_format": "%Y%m%d"}),
        ([20240201, 20240208], {"date_format": "%Y%m%d"}),
        (["01-Feb-24", "08-Feb-24"], {"date_format": "%d-%b-%y"}),
        (["1.2.2024", "08-02-2024"], {"dayfirst": True}),
        (["2024-02-01T00:00:00Z", "2024-02-08 13:00"], {}),
    ],
)
def test_dates_are_read_as_the_spec_says(cells: list[Any], words: dict[str, Any]) -> None:
    data = {"path": "a.csv", "date": "day", "target": "sales"} | words

    frame = arrange_wide(RAW.assign(day=cells), make_spec(data=data, media={"tv": {}})).frame

    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-01", "2024-02-08"]

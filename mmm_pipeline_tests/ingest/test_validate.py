import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.quality import find_warnings
from mmm_pipeline_tests.factories import make_raw, make_spec, validate


def change(row: int, column: str, value: Any) -> pd.DataFrame:
    raw = make_raw()
    raw.loc[row, column] = value
    return raw


def test_a_good_source_becomes_one_row_per_period() -> None:
    spec = make_spec(controls={"price": {"column": "list price"}})
    raw = make_raw(**{"list price": [str(n) for n in range(30)], "left behind": "x"})

    frame = validate(raw, spec)

    assert frame.columns.tolist() == ["date", "target", "spend_tv", "spend_search", "price"]
    assert frame.dtypes.astype(str).tolist() == ["datetime64[us]", *["float64"] * 4]
    assert frame["price"].tolist() == [float(n) for n in range(30)]


@settings(max_examples=30)  # A frame is validated for each.
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    raw = make_raw()
    shuffled = raw.sample(frac=1, random_state=np.random.default_rng(seed))

    one = validate(raw, make_spec())
    pd.testing.assert_frame_equal(validate(shuffled, make_spec()), one)


WEEKS = tuple(make_raw()["week"])

BAD: dict[str, tuple[pd.DataFrame, str, str | None, tuple[str, ...]]] = {
    "nan in a spend": (change(3, "tv", "NaN"), "missing_value", "tv", ("2024-01-22",)),
    "empty spend": (change(3, "tv", None), "missing_value", "tv", ("2024-01-22",)),
    "empty target": (change(3, "sales", ""), "missing_value", "sales", ("2024-01-22",)),
    "text in a number": (change(3, "tv", "a lot"), "not_a_number", "tv", ("2024-01-22",)),
    "currency in a number": (change(3, "tv", "12 €"), "not_a_number", "tv", ("2024-01-22",)),
    "thousands in a number": (change(3, "tv", "1,200"), "not_a_number", "tv", ("2024-01-22",)),
    "formula in a number": (change(3, "tv", "=1+1"), "not_a_number", "tv", ("2024-01-22",)),
    "infinity as text": (change(3, "tv", "inf"), "not_a_number", "tv", ("2024-01-22",)),
    "hexadecimal": (change(3, "tv", "0x1F"), "not_a_number", "tv", ("2024-01-22",)),
    "negative spend": (change(3, "tv", "-1"), "negative_media", "tv", ("2024-01-22",)),
    "duplicate week": (
        change(3, "week", "2024-01-15"),
        "duplicate_period",
        "week",
        ("2024-01-15", "2024-01-15"),
    ),
    "missing week": (make_raw().drop(index=3), "missing_period", "week", ("2024-01-22",)),
    "odd day": (change(3, "week", "2024-01-23"), "irregular_calendar", "week", ("2024-01-23",)),
    "not a date": (change(3, "week", "22/01/2024"), "not_a_date", "week", ("row 4",)),
    "impossible date": (change(3, "week", "2024-02-30"), "not_a_date", "week", ("row 4",)),
    "no date": (change(3, "week", None), "not_a_date", "week", ("row 4",)),
    "too short": (make_raw(19), "too_few_periods", "week", ()),
    "all zero": (make_raw(tv="0"), "idle_channel", "tv", ()),
    "constant target": (make_raw(sales="5"), "constant_column", "sales", ()),
    "month ends": (
        make_raw(24, week=pd.date_range("2022-01-31", periods=24, freq="ME").strftime("%Y-%m-%d")),
        "irregular_calendar",
        "week",
        tuple(pd.date_range("2022-01-31", periods=24, freq="ME").strftime("%Y-%m-%d")),
    ),
    "empty column": (make_raw(tv=None), "missing_value", "tv", WEEKS),
    "no target": (make_raw(sales=None), "missing_value", "sales", WEEKS),
    "infinite": (make_raw(tv=np.r_[np.inf, np.ones(29)]), "infinite_value", "tv", WEEKS[:1]),
    "far future": (
        change(29, "week", "9999-12-01"),
        "irregular_calendar",
        "week",
        ("9999-12-01",),
    ),
    "missing column": (make_raw().drop(columns="tv"), "missing_column", "tv", ()),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_source_is_refused_by_code_column_and_date(name: str) -> None:
    raw, code, column, dates = BAD[name]

    with pytest.raises(DataError) as caught:
        validate(raw, make_spec())

    problem = next(p for p in caught.value.problems if p.code == code)
    assert problem.column == column
    assert problem.dates[: len(dates)] == dates
    assert str(column) in problem.message
    assert all(day in problem.message for day in dates[:5])


@pytest.mark.parametrize("name", [name for name in BAD if name != "duplicate week"])
def test_one_fault_is_told_once(name: str) -> None:
    raw = BAD[name][0]

    with pytest.raises(DataError) as caught:
        validate(raw, make_spec())

    assert [problem.code for problem in caught.value.problems] == [BAD[name][1]]


def test_all_faults_are_told_at_once() -> None:
    raw = change(3, "tv", "-1")
    raw.loc[5, "search"] = "?"
    raw.loc[7, "search"] = None

    with pytest.raises(DataError) as caught:
        validate(raw, make_spec())

    assert {p.code for p in caught.value.problems} == {
        "negative_media",
        "not_a_number",
        "missing_value",
    }


def test_a_missing_column_is_told_with_those_there_are() -> None:
    spec = make_spec(data={"path": "acme.csv", "date": "week", "target": "slaes"})

    with pytest.raises(DataError, match=r"It has: week, sales, tv, search\. Did you mean 'sales'"):
        validate(make_raw(), spec)


@pytest.mark.parametrize(
    "week",
    [
        pd.to_datetime,
        lambda text: pd.to_datetime(text).dt.tz_localize("Europe/Berlin"),
        lambda text: text + "T00:00:00",
        lambda text: text + "T00:00:00Z",
        lambda text: [day + ("T00:00:00+00:00" if n % 2 else "") for n, day in enumerate(text)],
        lambda text: [dt.date.fromisoformat(day) for day in text],
    ],
)
def test_dates_of_every_kind_are_the_same_days(week: Any) -> None:
    raw = make_raw()

    frame = validate(raw.assign(week=week(raw["week"])), make_spec())

    pd.testing.assert_frame_equal(frame, validate(raw, make_spec()))


def test_a_number_of_seconds_is_no_date() -> None:
    with pytest.raises(DataError, match="must hold ISO 8601 dates"):
        validate(make_raw(week=range(30)), make_spec())


def test_braces_in_a_name_are_only_braces() -> None:
    raw = change(3, "tv", None).rename(columns={"tv": "tv {eur}"})
    spec = make_spec(media={"tv": {"spend": "tv {eur}"}})

    with pytest.raises(DataError, match=r"'tv \{eur\}' must hold a number in every row"):
        validate(raw, spec)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"tv": ["5"] * 4 + ["0"] * 26}, "rarely_active"),
        ({"search": make_raw()["tv"]}, "collinear_channels"),
        ({"tv": "100"}, "constant_spend"),
        ({"sales": ["-5", *make_raw()["sales"][1:]]}, "negative_target"),
        ({"sales": ["99999", *make_raw()["sales"][1:]]}, "target_outlier"),
        ({"sales": ["0"] * 4 + list(make_raw()["sales"][4:])}, "zero_target"),
    ],
)
def test_what_is_odd_but_allowed_is_warned_about(columns: dict[str, Any], code: str) -> None:
    frame = validate(make_raw(**columns), make_spec())

    assert code in {problem.code for problem in find_warnings(frame, make_spec())}


def test_an_ordinary_source_raises_no_warning() -> None:
    frame = validate(make_raw(60), make_spec())

    assert find_warnings(frame, make_spec()) == []
